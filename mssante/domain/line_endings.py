"""Line endings of a message: what a relay could take for the end of another message."""

from __future__ import annotations

import re
from enum import Enum

from mssante.codes import LINE_MAX

_OVERLONG = re.compile(rb"[^\n]{%d,}" % (LINE_MAX + 1))


class LineEndings(Enum):
    """CRLF: as it must be. LF: LF alone throughout, harmless. AMBIGUOUS: everything else.

    A lone CR, LF alone among CRLF, or a line of one dot between LF are how one message is
    smuggled into another, or a header into a message.
    """

    CRLF = "CRLF"
    LF = "LF"
    AMBIGUOUS = "ambiguës"


def line_endings(content: bytes) -> LineEndings:
    """Of a message after dot-unstuffing, its last line ended by CRLF."""
    inner = content.removesuffix(b"\r\n")
    lines = inner.count(b"\r\n")
    if inner.count(b"\r") > lines or b"\0" in inner:
        return LineEndings.AMBIGUOUS
    if inner.count(b"\n") == lines:
        return LineEndings.CRLF
    if lines or b"\n.\n" in b"\n" + inner + b"\n":
        return LineEndings.AMBIGUOUS
    return LineEndings.LF


def overlong_line(content: bytes) -> int:
    """Length of the longest line over 998, its ending apart; 0 when there is none."""
    lengths = (len(found[0].rstrip(b"\r")) for found in _OVERLONG.finditer(content))
    return max((length for length in lengths if length > LINE_MAX), default=0)
