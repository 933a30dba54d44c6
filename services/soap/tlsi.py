"""Faults of the téléservices of the assurance maladie (TLSi): `siram:Erreur` in the detail.

Two shapes are public: that of the application (A) and that of its gateway (B).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.soap.addressing import sought_message_id
from services.soap.faults import Code, Fault, SoapDialect, explained, legal

NS_ERREUR: Final = "urn:siram"
PREFIXES = {"A": ("S", "S"), "B": ("soap", "env")}


@dataclass(frozen=True, slots=True)
class Forme:
    """How one code is written. shape: A (application) or B (gateway); subcode: siram family;
    severite: as live answers say it, which is not always in the XSD; reason: "" for the label."""

    shape: Literal["A", "B"]
    code: Code
    subcode: str
    severite: str
    reason: str = ""


class TlsiDialect(SoapDialect):
    """siram:Erreur in the detail, the request's MessageID echoed. formes: by code."""

    name = "soap"

    def __init__(self, formes: Mapping[str, Forme]) -> None:
        self._formes = formes

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        """Whatever the téléservice refuses is a 500."""
        told = super().refuse(refusal, exchange)
        return replace(told, status=500) if refusal.error.code in self._formes else told

    def fault(self, refusal: Refusal, exchange: Exchange | None) -> Fault:
        forme = self._formes.get(refusal.error.code)
        if forme is None:
            plain = super().fault(refusal, exchange)
            detail = _erreur(refusal.error.code, "erreur", explained(refusal), exchange)
            return Fault(plain.code, plain.reason, plain.subcode, detail)
        exact = refusal.error.fidelity != "default"
        text = refusal.error.label if exact else explained(refusal)
        own, _ = PREFIXES[forme.shape]
        # QUIRK(TLSi, live answers): shape A says "en" over a French text.
        return Fault(
            forme.code, forme.reason or refusal.error.label, f"{own}:{forme.subcode}",
            _erreur(refusal.error.code, forme.severite, text, exchange),
            "en" if forme.shape == "A" else "fr", PREFIXES[forme.shape],
        )


def _erreur(code: str, severite: str, text: str, exchange: Exchange | None) -> str:
    message_id = legal(sought_message_id(exchange.body)) if exchange is not None else ""
    echoed = f" messageID={quoteattr(message_id)}" if message_id else ""
    return (
        f'<siram:Erreur code="{code}"{echoed} severite="{severite}" xmlns:siram="{NS_ERREUR}">'
        f"{escape(text)}</siram:Erreur>"
    )
