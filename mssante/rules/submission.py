"""What every rule looks at: a mail as submitted by an authenticated mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from mssante.domain.line_endings import LineEndings
from mssante.domain.mail import Mail
from services.population import Mailbox


@dataclass(frozen=True, slots=True)
class Submission:
    """recipients: envelope addresses; dsn_asked: a NOTIFY other than NEVER was given;
    overlong_line: length of the longest line over 998 characters, 0 when there is none."""

    mail: Mail
    sender: Mailbox
    recipients: tuple[str, ...]
    dsn_asked: bool
    endings: LineEndings
    overlong_line: int
