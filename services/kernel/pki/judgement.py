"""The verdict on a client certificate: chain, revocation, dates on the tenant's clock, usage.

OpenSSL's own verification is only a hint: it uses the machine's clock, knows no tenant, and one of
its errors hides others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from cryptography import x509

from services.kernel.clock import from_datetime, iso
from services.kernel.database import Database
from services.kernel.pki import reading
from services.kernel.pki.authority import Pki
from services.kernel.pki.foreign import Lists, revoked_at
from services.kernel.pki.issuing import serial_text
from services.kernel.pki.register import Register, fingerprint
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.kernel.tls import TlsPeer

LONGEST_CHAIN = 8
RULE = "SOCLE-TLS-CERTIFICAT"


class Status(StrEnum):
    """What a certificate is worth; the worst that applies, in this order."""

    NONE = "none"
    UNTRUSTED = "untrusted"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_USAGE = "wrong_usage"
    VALID = "valid"


Refused = tuple[Status, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to tell of a client certificate.

    person: whether it is a person's; cn: name of the software, or the person's national id; ou:
    national id of the structure; subject, issuer: RFC 4514; serial, fingerprint (SHA-256):
    hexadecimal; detail: one French sentence when it is not valid.
    """

    status: Status
    detail: str = ""
    person: bool = False
    cn: str = ""
    ou: str = ""
    subject: str = ""
    issuer: str = ""
    serial: str = ""
    fingerprint: str = ""

    @property
    def valid(self) -> bool:
        return self.status is Status.VALID


@rule(RULE, severity="warning", message="Le certificat client présenté doit être valable.",
      source=SOCLE.at("ce que jugerait la frontale du service réel"))
def presented_certificate_is_valid(verdict: Verdict) -> Iterator[Mismatch]:
    if verdict.status not in (Status.NONE, Status.VALID):
        yield Mismatch("certificat client", Status.VALID, f"{verdict.status} : {verdict.detail}")


@rule("SOCLE-TLS-SERVEUR", severity="error", message="Un logiciel n'appelle pas un serveur dont le "
      "certificat n'est pas valable.", source=SOCLE.at("ce que vérifie tout client TLS"))
def bad_server_certificate_was_refused(peer: TlsPeer) -> Iterator[Mismatch]:
    if peer.flaw:
        yield Mismatch("certificat serveur", "connexion refusée", f"acceptée ({peer.flaw})")


RULES = (presented_certificate_is_valid, bad_server_certificate_was_refused)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a certificate says, whoever asks and whenever. home: see `home`; instants in µs."""

    certificate: x509.Certificate
    home: str
    for_clients: bool
    start: int
    end: int
    verdict: Verdict


async def judge(sandbox: Sandbox, tenant: Tenant, peer: TlsPeer | None) -> Verdict:
    """The verdict on what a peer presented, for this tenant, now on its clock."""
    if peer is None or not peer.certificate:
        return Verdict(Status.NONE, "Aucun certificat client.")
    facts = _facts(sandbox.pki, peer.certificate)
    if facts is None:
        return Verdict(Status.UNTRUSTED, "Le certificat est illisible.")
    register = Register(sandbox.database, tenant)
    if facts.home:
        refused = await _ours(facts, tenant, register)
    else:
        refused = await _theirs(facts, sandbox.pki, peer.chain, tenant, sandbox.database)
    if refused is None and not facts.for_clients:
        refused = (
            Status.WRONG_USAGE, "L'usage du certificat n'est pas l'authentification client."
        )
    if refused is None:
        return facts.verdict
    return replace(facts.verdict, status=refused[0], detail=refused[1])


def home(pki: Pki, peer: TlsPeer | None) -> str:
    """The tenant in which the sandbox made this certificate, whatever it is worth; else ""."""
    facts = _facts(pki, peer.certificate) if peer is not None and peer.certificate else None
    return facts.home if facts is not None else ""


@lru_cache(maxsize=512)
def _facts(pki: Pki, der: bytes) -> _Facts | None:
    """None for a certificate that cannot be read."""
    leaf = reading.parse(der)
    if leaf is None:
        return None
    above = (pki.organisations.certificate, pki.persons.certificate)
    ours = any(reading.issued_by(leaf, each) for each in above)
    return _Facts(
        leaf, reading.issuing_tenant(leaf) if ours else "", reading.is_for_clients(leaf),
        *_period(leaf), Verdict(
            Status.VALID, "", reading.is_person(leaf.subject), reading.common_name(leaf.subject),
            reading.unit(leaf.subject), leaf.subject.rfc4514_string(),
            leaf.issuer.rfc4514_string(), serial_text(leaf.serial_number), fingerprint(leaf),
        ),
    )


async def _ours(facts: _Facts, tenant: Tenant, register: Register) -> Refused | None:
    if facts.home != tenant.name:
        return Status.UNTRUSTED, f"Le certificat a été délivré par l'espace « {facts.home} »."
    at = await register.revoked_at(facts.certificate.serial_number)
    if at is not None:
        return Status.REVOKED, f"Le certificat est révoqué depuis le {iso(at)}."
    return _dates(facts.start, facts.end, tenant.clock.now())


async def _theirs(
    facts: _Facts, pki: Pki, presented: tuple[bytes, ...], tenant: Tenant, database: Database
) -> Refused | None:
    register = Register(database, tenant)
    leaf, trusted = facts.certificate, [*pki.anchors, *await register.anchors()]
    parsed = (reading.parse(each) for each in presented[:LONGEST_CHAIN])
    others = [each for each in parsed if each is not None]
    chain = _chain(leaf, others, trusted)
    if chain is None:
        return Status.UNTRUSTED, (
            "Le certificat est auto-signé." if reading.issued_by(leaf, leaf) else
            f"L'autorité du certificat n'est pas reconnue : {facts.verdict.issuer}."
        )
    now = tenant.clock.now()
    lists = [*pki.lists, *await Lists(database, tenant).all()]
    for each, issuer in pairwise(_upwards(chain, trusted)):
        at = revoked_at(each, issuer, lists)
        if at is not None and at <= now:
            return Status.REVOKED, f"L'autorité a révoqué le certificat le {iso(at)}."
    return next(filter(None, (_dates(*_period(each), now) for each in chain)), None)


def _chain(
    leaf: x509.Certificate, presented: Iterable[x509.Certificate],
    anchors: Iterable[x509.Certificate],
) -> list[x509.Certificate] | None:
    """From the leaf to the last certificate below an anchor, or None. A leaf can be an anchor."""
    trusted = list(anchors)
    others = list(presented)
    chain = [leaf]
    while len(chain) <= LONGEST_CHAIN:
        current = chain[-1]
        if current in trusted or _issuer(current, trusted) is not None:
            return chain
        above = _issuer(current, others)
        if above is None or above in chain:
            return None
        chain.append(above)
    return None


def _upwards(
    chain: list[x509.Certificate], trusted: list[x509.Certificate]
) -> list[x509.Certificate]:
    """The chain with the anchors above it, up to the highest that is known."""
    path = list(chain)
    while (above := _issuer(path[-1], trusted)) is not None and above not in path:
        path.append(above)
    return path


def _issuer(
    certificate: x509.Certificate, candidates: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    def signers() -> Iterator[x509.Certificate]:
        for each in candidates:
            if (each.subject == certificate.issuer and reading.is_authority(each)
                    and reading.issued_by(certificate, each)):
                yield each

    return next(signers(), None)


def _period(certificate: x509.Certificate) -> tuple[int, int]:
    return (from_datetime(certificate.not_valid_before_utc),
            from_datetime(certificate.not_valid_after_utc))


def _dates(start: int, end: int, now: int) -> Refused | None:
    if now > end:
        return Status.EXPIRED, f"Le certificat est expiré depuis le {iso(end)}."
    if now < start:
        return Status.NOT_YET_VALID, f"Le certificat n'est valable qu'à partir du {iso(start)}."
    return None
