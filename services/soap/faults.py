"""SOAP 1.2 faults, and the dialect that makes them of refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from services.kernel.errors import SIMULATED, CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange
from services.soap.errors import ERRORS
from services.soap.namespaces import ADDRESSING, ENVELOPE, MEDIA_TYPE

Code = Literal["Sender", "Receiver", "VersionMismatch", "MustUnderstand"]
LONG = 300
"""Characters of what was found, as a fault quotes it."""
CONTENT_TYPE = f"{MEDIA_TYPE}; charset=utf-8"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
_CODES: tuple[Code, ...] = ("Sender", "Receiver", "VersionMismatch", "MustUnderstand")


@dataclass(frozen=True, slots=True)
class Fault:
    """prefixes: of the envelope and the fault, and of the body; subcode: a QName, "" for none;
    detail: XML, "" for none; lang: of the reason."""

    code: Code
    reason: str
    subcode: str = ""
    detail: str = ""
    lang: str = "fr"
    prefixes: tuple[str, str] = ("soap", "soap")

    def xml(self) -> bytes:
        """The whole envelope."""
        own, body = self.prefixes
        reason = escape(self.reason)
        declared = "" if body == own else f' xmlns:{body}="{ENVELOPE}"'
        addressing = f' xmlns:wsa="{ADDRESSING}"' if self.subcode.startswith("wsa:") else ""
        subcode = (
            f"<{own}:Subcode><{own}:Value{addressing}>{escape(self.subcode)}</{own}:Value>"
            f"</{own}:Subcode>" if self.subcode else ""
        )
        detail = f"<{own}:Detail>{self.detail}</{own}:Detail>" if self.detail else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<{own}:Envelope xmlns:{own}="{ENVELOPE}"><{body}:Body{declared}><{own}:Fault>'
            f"<{own}:Code><{own}:Value>{own}:{self.code}</{own}:Value>{subcode}</{own}:Code>"
            f'<{own}:Reason><{own}:Text xml:lang="{self.lang}">{reason}</{own}:Text>'
            f"</{own}:Reason>{detail}</{own}:Fault></{body}:Body></{own}:Envelope>"
        ).encode()


class SoapDialect:
    """A fault per refusal; a service overrides `fault` where its own have a shape."""

    name = "soap"
    errors: tuple[CatalogueError, ...] = ERRORS

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        # SOAP 1.2 over HTTP: what the message is wrong in is 500 here, as the real services say.
        told = refusal.error.status in (400, 422) and refusal.error.code != SIMULATED.code
        return Answer(
            500 if told else refusal.error.status, self.fault(refusal, exchange).xml(),
            CONTENT_TYPE, tuple(refusal.headers.items()),
        )

    def fault(self, refusal: Refusal, exchange: Exchange | None) -> Fault:
        """A plain SOAP fault: code of the catalogue as subcode, what was wrong as reason."""
        prefix, _, name = refusal.error.code.rpartition(":")
        code = next((each for each in _CODES if prefix == "env" and each == name), None)
        subcode = refusal.error.code if prefix == "wsa" else ""
        sender: Code = "Receiver" if refusal.error.status >= 500 and not prefix else "Sender"
        return Fault(code or sender, explained(refusal), subcode)


def explained(refusal: Refusal) -> str:
    """The label, and what was wrong and where as far as the refusal knows."""
    said = " ".join(filter(None, (refusal.error.label, refusal.details)))
    found = refusal.found if len(refusal.found) <= LONG else refusal.found[:LONG] + "…"
    facts = (("emplacement", refusal.at), ("attendu", refusal.expected), ("trouvé", found))
    told = ", ".join(f"{name} : {value}" for name, value in facts if value)
    return legal(f"{said} ({told})" if told else said)


def legal(text: str) -> str:
    """The text with `?` for what XML cannot hold: a fault may quote what could not be read."""
    return _ILLEGAL.sub("?", text)
