"""Who calls a téléservice of the assurance maladie (TLSi), as the header of its message says it:
the context of the software (`ctxlps`), and the professional of a SAML assertion.

Shared by the services of that family: INSi and the appli carte Vitale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from services.kernel.clock import SECOND, from_datetime
from services.kernel.exchange import Exchange
from services.kernel.pki import reading
from services.kernel.pki.judgement import Status, judge
from services.kernel.tls import TlsPeer
from services.soap.envelope import content_of, first_children
from services.soap.namespaces import SAML
from services.soap.saml import VITALE, Assertion
from services.soap.signature import Signed

NS_LPS: Final = "urn:siram:lps:ctxlps"
NS_BAM: Final = "urn:siram:bam:ctxbam"
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
PSC = "PSC"
"""NameQualifier of an assertion of Pro Santé Connect."""
X509_SUBJECT: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
FUTURE: Final = -300
"""Seconds that a client's clock may be ahead."""


class Contexte(NamedTuple):
    """ContexteLPS or ContexteBAM. at: its place; couverture: whether ContexteBAM has COUVERTURE,
    remplie: whether that says anything, assure: the insured's number in it; idam, idam_r, instance,
    logiciel: of LPS."""

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
    remplie: bool = False
    assure: str = ""


@dataclass(frozen=True, slots=True)
class Identite:
    """The professional of an assertion. at: its place; name_id: national identifier; age:
    seconds since IssueInstant, None when it cannot be read; flaw: of its signature, French, "" when
    it is right or not expected; foreign: authority of the card when it is not the sandbox's;
    certificate: DER of the sandbox's card that signed, titulaire: whom it names; qualifier: of the
    NameID; issuer, issuer_format: of the Issuer; superflus: elements that no assertion of a card
    has."""

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
    certificate: bytes = b""
    titulaire: str = ""
    qualifier: str = "CPS"
    issuer_format: str = X509_SUBJECT
    superflus: tuple[str, ...] = ()
    issuer: str = ""


def told_apart(
    several: Iterable[Assertion],
) -> tuple[Assertion | None, Assertion | None]:
    """The first assertion of a professional, and the first of a carte Vitale."""
    own = vitale = None
    for each in several:
        if each.name_qualifier == VITALE:
            vitale = vitale or each
        else:
            own = own or each
    return own, vitale


def contexte_of(block: etree._Element | None, namespace: str) -> Contexte | None:
    """A context block of the header."""
    if block is None:
        return None
    ns = f"{{{namespace}}}"
    own = first_children(block)
    software = first_children(own.get(f"{ns}LPS"))
    idam, cover = software.get(f"{ns}IDAM"), own.get(f"{ns}COUVERTURE")
    filled = cover if cover is not None and len(cover) else None
    number = f"{ns}ASSURE/{ns}Id/{ns}Num"
    return Contexte(
        at="/Envelope/Header/" + str(block.tag).rpartition("}")[2],
        version=block.get("Version", ""), nature=block.get("Nature", ""),
        id=content_of(own.get(f"{ns}Id")), temps=content_of(own.get(f"{ns}Temps")),
        emetteur=content_of(own.get(f"{ns}Emetteur")), couverture=cover is not None,
        idam=content_of(idam), idam_r=idam.get("R", "") if idam is not None else "",
        instance=content_of(software.get(f"{ns}Instance")),
        logiciel=content_of(software.get(f"{ns}Nom")), remplie=filled is not None,
        assure=filled.findtext(number) or "" if filled is not None else "",
    )


def identite_of(exchange: Exchange, assertion: Assertion, *, signed: bool, now: int) -> Identite:
    """The professional. signed: whether a card must have signed it; now: the tenant's instant."""
    signature = assertion.signed() if signed else None
    certificate = signature.certificate if signature is not None else None
    foreign, ours, flaw = "", b"", _flaw(signature, now) if signed else ""
    if certificate is not None:
        above = exchange.sandbox.pki.persons.certificate
        if reading.issued_by(certificate, above):
            ours = certificate.public_bytes(Encoding.DER)
        else:
            foreign = certificate.issuer.rfc4514_string()
            if certificate.issuer == above.subject:
                flaw = flaw or "l'autorité que nomme le certificat ne l'a pas signé"
    issuer = assertion.element.find(f"{{{SAML}}}Issuer")
    return Identite(
        at=assertion.at, name_id=assertion.name_id, issue_instant=assertion.issue_instant,
        age=age_of(assertion, now), facturation=assertion.first("identifiantFacturation"),
        secteur=assertion.first("secteurActivite"),
        specialite=assertion.first("codeSpecialite", "codeSpecialiteAMO"),
        profession=assertion.first("gipProfessionCode"), flaw=flaw, foreign=foreign,
        certificate=ours,
        titulaire=reading.common_name(certificate.subject) if certificate and ours else "",
        qualifier=assertion.name_qualifier,
        issuer_format=issuer.get("Format", "") if issuer is not None else "",
        superflus=tuple(name for name in ("Conditions", "AuthnStatement")
                        if assertion.element.find(f"{{{SAML}}}{name}") is not None),
        issuer=assertion.issuer,
    )


async def reconnue(exchange: Exchange, who: Identite) -> Identite:
    """The same, once the tenant's register has been asked about the card that signed: it may be
    revoked, or be of another tenant."""
    if who.flaw or not who.certificate:
        return who
    verdict = await judge(exchange.sandbox, exchange.tenant, TlsPeer(who.certificate))
    known = verdict.status not in (Status.REVOKED, Status.UNTRUSTED)
    return who if known else replace(who, flaw=verdict.detail)


def age_of(assertion: Assertion, now: int) -> float | None:
    """Seconds since it was made, None when it does not say."""
    return (now - assertion.issued) / SECOND if assertion.issued is not None else None


def is_recent(age: float | None, minutes: int) -> bool:
    """Whether an assertion of that age (seconds) was made at most so long ago, and not in the
    future."""
    return age is not None and FUTURE <= age <= 60 * minutes


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
