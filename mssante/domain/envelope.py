"""The SMTP envelope of a mail, and the delivery receipts that it asks for (RFC 3461)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a sender wants to be told about a recipient. orcpt: `type;address` or ""."""

    notify: frozenset[str] = frozenset()
    orcpt: str = ""


@dataclass(slots=True)
class Envelope:
    """sender: "" for the null path of receipts; envid: decoded or ""."""

    sender: str
    envid: str = ""
    recipients: dict[str, Wishes] = field(default_factory=dict)

    @property
    def dsn_asked(self) -> bool:
        """Whether some recipient is to be reported on."""
        return any(wishes.notify - {"NEVER"} for wishes in self.recipients.values())

    @property
    def receipts(self) -> dict[str, Wishes]:
        """Recipients whose delivery is to be reported."""
        return {address: wishes for address, wishes in self.recipients.items()
                if "SUCCESS" in wishes.notify}


def new_envelope(address: str, parameters: Mapping[str, str]) -> Envelope:
    """From the path and the parameters of MAIL."""
    return Envelope(address, xtext(parameters.get("ENVID", "")))


def wishes_of(parameters: Mapping[str, str]) -> Wishes:
    """From the parameters of RCPT."""
    notify = parameters.get("NOTIFY", "").upper()
    kind, separator, address = parameters.get("ORCPT", "").partition(";")
    return Wishes(
        frozenset(notify.split(",")) if notify else frozenset(),
        f"{kind};{xtext(address)}" if separator else "",
    )


def xtext(value: str) -> str:
    """Decoded (RFC 3461 §4), with `?` for what could break a header."""
    decoded = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), value)
    return "".join(each if " " <= each <= "~" else "?" for each in decoded)
