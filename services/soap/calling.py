"""Who calls a téléservice of the assurance maladie (TLSi), as the header of its message says it:
the context of the software (`ctxlps`), and the professional of a SAML assertion.

Shared by the services of that family: INSi and the appli carte Vitale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from lxml import etree

from services.kernel.clock import SECOND, from_datetime
from services.kernel.exchange import Exchange
from services.kernel.pki import reading
from services.soap.envelope import first_texts
from services.soap.saml import Assertion
from services.soap.signature import Signed

NS_LPS: Final = "urn:siram:lps:ctxlps"
NS_BAM: Final = "urn:siram:bam:ctxbam"
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
FUTURE: Final = -300
"""Seconds that a client's clock may be ahead."""


@dataclass(frozen=True, slots=True)
class Contexte:
    """ContexteLPS or ContexteBAM. at: its place; couverture: whether ContexteBAM has COUVERTURE;
    idam, idam_r, instance, logiciel: of LPS."""

    at: str
    version: str = ""
    nature: str = ""
    id: str = ""
    temps: str = ""
    emetteur: str = ""
    couverture: bool = False
    idam: str = ""
    idam_r: str = ""
    instance: str = ""
    logiciel: str = ""


@dataclass(frozen=True, slots=True)
class Identite:
    """The professional of an assertion. at: its place; name_id: national identifier; age:
    seconds since IssueInstant, None when it cannot be read; flaw: of its signature, French, "" when
    it is right or not expected; foreign: authority of the card when it is not the sandbox's."""

    at: str
    name_id: str
    issue_instant: str
    age: float | None
    facturation: str
    secteur: str
    specialite: str
    profession: str
    flaw: str = ""
    foreign: str = ""

    def is_recent(self, minutes: int) -> bool:
        """Whether it was made at most so long ago, and not in the future."""
        return self.age is not None and FUTURE <= self.age <= 60 * minutes


def contexte_of(block: etree._Element | None, namespace: str) -> Contexte | None:
    """A context block of the header."""
    if block is None:
        return None
    ns = f"{{{namespace}}}"
    texts = first_texts(block)
    lps = block.find(f"{ns}LPS") if f"{ns}LPS" in texts else None
    software = first_texts(lps)
    idam = lps.find(f"{ns}IDAM") if lps is not None else None
    return Contexte(
        "/Envelope/Header/" + str(block.tag).rpartition("}")[2], block.get("Version", ""),
        block.get("Nature", ""), texts.get(f"{ns}Id", ""), texts.get(f"{ns}Temps", ""),
        texts.get(f"{ns}Emetteur", ""), f"{ns}COUVERTURE" in texts,
        software.get(f"{ns}IDAM", ""), idam.get("R", "") if idam is not None else "",
        software.get(f"{ns}Instance", ""), software.get(f"{ns}Nom", ""),
    )


def identite_of(exchange: Exchange, assertion: Assertion, *, signed: bool, now: int) -> Identite:
    """The professional. signed: whether a card must have signed it; now: the tenant's instant."""
    signature = assertion.signed() if signed else None
    foreign = ""
    if signature is not None and signature.certificate is not None:
        above = exchange.sandbox.pki.persons.certificate
        if not reading.issued_by(signature.certificate, above):
            foreign = signature.certificate.issuer.rfc4514_string()
    return Identite(
        assertion.at, assertion.name_id, assertion.issue_instant, age_of(assertion, now),
        assertion.first("identifiantFacturation"), assertion.first("secteurActivite"),
        assertion.first("codeSpecialite", "codeSpecialiteAMO"),
        assertion.first("gipProfessionCode"), _flaw(signature, now) if signed else "", foreign,
    )


def age_of(assertion: Assertion, now: int) -> float | None:
    """Seconds since it was made, None when it does not say."""
    return (now - assertion.issued) / SECOND if assertion.issued is not None else None


def _flaw(signed: Signed | None, now: int) -> str:
    if signed is None:
        return "l'assertion n'est pas signée"
    certificate = signed.certificate
    if signed.problem or certificate is None:
        return signed.problem
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not from_datetime(start.astimezone(UTC)) <= now <= from_datetime(end.astimezone(UTC)):
        return "le certificat de la carte n'est pas en cours de validité"
    return ""
