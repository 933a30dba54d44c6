"""ITI-30 in PAM FR: identities that other systems create (A28), change (A31) and merge (A40).

One message in, one acknowledgement out, one line of the journal; AA leaves after the write.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass, replace

from ins.rniv import errors, store
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.reception import recevoir
from ins.rniv.fhir.guichet import Guichet, Ouverte, annonce, ouvrir, suite, versions_of
from ins.rniv.fhir.merge import reunir
from ins.rniv.fhir.rendu import liens_de, rendre
from ins.rniv.rules import pam
from ins.rniv.rules.actes import Doublon, Naissance, deja_ne, matricule_unique
from ins.rniv.wire.acquittement import HL7V2, acquitter
from ins.rniv.wire.er7 import Entete, Message, en_octets, entete_of, lire
from ins.rniv.wire.pid import Recu, identifiants, lire_pid, seul
from ins.rniv.wire.porteur import signaler
from ins.rniv.wire.sortant import kick
from services.kernel import errors as kernel_errors
from services.kernel.clock import real_now
from services.kernel.database import Conflict, Duplicate, StorageFailure
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.kernel.guards import is_admitted, is_shared
from services.kernel.journal import Entry, outcome_of
from services.kernel.rules import observe, rules_of
from services.kernel.sandbox import Sandbox
from services.kernel.staging import NO_ANSWER, Dropped, is_staged, strike
from services.kernel.tenants import DEFAULT, NAME
from services.kernel.transactions import Transaction

log = logging.getLogger("socle.rniv")
_SPEC = "IHE ITI-30 ; PAM FR 2.11"
THREAD_BYTES = 2048
"""Longer messages are parsed aside: the library is slow."""
ATTEMPTS = 4
SECURITY = 7
"""Rank of MSH-8 among what separators part."""


A28 = Transaction(
    "ITI-30.A28", "Création d'une identité par un autre système", _SPEC, HL7V2,
    ("MLLP ADT^A28",), "derived", None,
)
A31 = Transaction(
    "ITI-30.A31", "Mise à jour d'une identité par un autre système", _SPEC, HL7V2,
    ("MLLP ADT^A31",), "derived", None,
)
A40 = Transaction(
    "ITI-30.A40", "Fusion d'identités par un autre système", _SPEC, HL7V2,
    ("MLLP ADT^A40",), "derived", None,
)
AUTRE = Transaction(
    "rniv.mllp", "Tout autre message HL7 v2, ou ce qui n'en est pas un", "HL7 v2.5, MLLP", HL7V2,
    ("MLLP message",), "derived", None,
)
SORTANT = Transaction(
    "rniv.pam-sortant", "Identité annoncée à un système abonné", _SPEC, HL7V2,
    ("MLLP abonnement",), "derived", None, outgoing=True,
)
TRANSACTIONS = (A28, A31, A40, AUTRE, SORTANT)
_BY_EVENT = {"A28": A28, "A31": A31, "A40": A40}
_OF_MESSAGE = (pam.jeu_declare, pam.version_francaise, pam.structure_annoncee)
_OF_IDENTITY = tuple(
    each for each in rules_of(pam) if each not in (*_OF_MESSAGE, pam.ins_de_la_personne)
)


@dataclass(frozen=True, slots=True)
class Acquittement:
    """What goes back. whole: unless a fault cut it short; then the frame has no end."""

    content: bytes
    whole: bool = True


async def repondre(sandbox: Sandbox, peer: str, content: bytes) -> Acquittement | None:
    """The acknowledgement of a message; None when the connection is to be cut instead."""
    await sandbox.journal.room()
    at, entete = real_now(), entete_of(content)
    tenant = await sandbox.tenants.recall(espace_de(entete))
    exchange = Exchange(
        tenant.ids.exchange(), sandbox, tenant, _BY_EVENT.get(entete.evenement, AUTRE)
        if entete.type == "ADT" else AUTRE, "MLLP", entete.code, b"", [], content, peer,
        asdict(entete),
    )
    bug, answer = False, b""
    try:
        await _strike(exchange)
        done = await _recu(exchange, entete)
        exchange.outcome_note = done
        answer = en_octets(acquitter(tenant, entete, "AA"), entete.charset)
    except Dropped:
        pass
    except Refusal as refusal:
        answer = _refused(exchange, refusal)
    except StorageFailure as failure:
        log.error("storage: %s", failure)
        answer = _refused(exchange, kernel_errors.STORAGE())
    except Exception:
        log.exception("sandbox bug in MLLP")
        bug = True
        answer = _refused(exchange, kernel_errors.SANDBOX_BUG())
    length = len(answer)
    if exchange.struck is not None:
        answer = answer[:exchange.struck.cut]
    _record(exchange, at, kept(sandbox, content), answer, entete, bug=bug)
    kick(sandbox, tenant)
    return Acquittement(answer, len(answer) == length) if length else None


def kept(sandbox: Sandbox, content: bytes) -> bytes:
    """What the journal keeps of a message: all of it, but the secret of a shared installation."""
    if not is_shared(sandbox.settings) or not content.lstrip(b"\x0b").startswith(b"MSH"):
        return content
    line, end, rest = content.partition(b"\r")
    start = line.index(b"MSH")
    separator = line[start + 3:start + 4]
    fields = line.split(separator) if separator else []
    if len(fields) <= SECURITY or not fields[SECURITY]:
        return content
    fields[SECURITY] = b"***"
    return separator.join(fields) + end + rest


def espace_de(entete: Entete) -> str:
    """The tenant: `t/name` in MSH-6 or MSH-5, as in addresses; else the default one."""
    for each in (entete.site, entete.destinataire):
        prefix, _, name = each.partition("/")
        if prefix == "t" and NAME.fullmatch(name):
            return name
    return DEFAULT


async def _strike(exchange: Exchange) -> None:
    if is_staged(exchange.tenant) and exchange.transaction is not None:
        await strike(exchange, "ins", exchange.transaction.code)


async def _recu(exchange: Exchange, entete: Entete) -> str:
    """Read, observe, act; one French line. Raises refusals."""
    content = exchange.body
    aside = len(content) > THREAD_BYTES
    message = await asyncio.to_thread(lire, content) if aside else lire(content)
    _require_secret(exchange, entete)
    _require_known(entete)
    observe(exchange, _OF_MESSAGE, message, strict=errors.HORS_TABLE)
    guichet = Guichet(
        exchange.sandbox, exchange.tenant,
        "@".join(filter(None, (entete.application, entete.etablissement))) or "HL7", "mllp",
    )
    if entete.evenement == "A40":
        return await _fusion(guichet, message)
    read = lire_pid(message)
    observe(exchange, _OF_IDENTITY, read, strict=errors.HORS_TABLE)
    await signaler(exchange, read)
    observe(exchange, (deja_ne,), Naissance(
        read.traits.date_naissance, guichet.today, "PID^1^7"
    ))
    act = _creation if entete.evenement == "A28" else _mise_a_jour
    id, statut = await act(guichet, read)
    if read.validee and read.ins is not None:
        others = await store.with_ins(exchange.sandbox.database, exchange.tenant, read.ins.ins)
        observe(exchange, (matricule_unique,), Doublon(
            read.ins.ins, tuple(each for each in others if each != id), "PID^1^3"
        ))
    return f"Patient/{id} : {statut}"


def _require_known(entete: Entete) -> None:
    if not entete.identifiant:
        raise errors.CHAMP_ABSENT("Le message n'a pas d'identifiant.", at="MSH^1^10",
                                  expected="un identifiant de message")
    if entete.type != "ADT":
        raise errors.MESSAGE_INCONNU(at="MSH^1^9^1^1", expected="ADT", found=entete.type)
    if entete.evenement not in _BY_EVENT:
        raise errors.EVENEMENT_INCONNU(at="MSH^1^9^1^2", expected=", ".join(_BY_EVENT),
                                       found=entete.evenement)
    if entete.traitement not in ("P", "D", "T"):
        raise errors.TRAITEMENT_INCONNU(at="MSH^1^11", expected="P, D ou T",
                                        found=entete.traitement)
    if not entete.version.startswith("2.5"):
        raise errors.VERSION_INCONNUE(at="MSH^1^12", expected="2.5", found=entete.version)


def _require_secret(exchange: Exchange, entete: Entete) -> None:
    """A shared installation asks for the tenant's secret in MSH-8: MLLP has no other place."""
    given = entete.securite.encode("latin-1", "replace")
    if not is_admitted(given, exchange.sandbox.settings, exchange.tenant):
        raise errors.ERREUR_INTERNE(
            "Cette installation est partagée : le secret de l'espace est attendu en MSH-8.",
            at="MSH^1^8",
        )


async def _creation(guichet: Guichet, read: Recu) -> tuple[str, str]:
    for system, value in read.ipp:
        if await store.by_ipp(guichet.sandbox.database, guichet.tenant, system, value):
            raise errors.CLE_EN_DOUBLE(at="PID^1^3", found=value)
    identite = _received(guichet, None, read)
    id = guichet.tenant.ids.uuid()
    resource = rendre(identite, read.patient, (), guichet.fr_core)
    _, writes = versions_of(guichet, id, resource, None)
    acte = guichet.acte("A28", f"IPP {read.ipp[0][1]} ; {_said(read)}")
    writes += store.writes(guichet.sandbox, guichet.tenant, id, None, identite, acte)
    writes += annonce(guichet, id, "A28")
    try:
        await guichet.sandbox.database.write(writes)
    except Duplicate as duplicate:
        raise errors.CLE_EN_DOUBLE(at="PID^1^3", found=read.ipp[0][1]) from duplicate
    return id, identite.statut


async def _mise_a_jour(guichet: Guichet, read: Recu) -> tuple[str, str]:
    id, read = await _owner(guichet, read)
    for _ in range(ATTEMPTS):
        opened = await ouvrir(guichet, id)
        try:
            identite = _received(guichet, opened.identite, read)
        except Refusal as refusal:
            raise _internal(refusal) from refusal
        patient = _merged(opened, read)
        acte = guichet.acte("A31", _said(read))
        _, writes = await suite(guichet, opened, identite, acte, patient, liens_de(opened.patient))
        writes += annonce(guichet, id, "A31")
        try:
            await guichet.sandbox.database.write(writes)
        except (Conflict, Duplicate):
            continue
        return id, identite.statut
    raise errors.ERREUR_INTERNE("D'autres écritures ont pris le pas sur celle-ci.", at="PID^1^3")


async def _fusion(guichet: Guichet, message: Message) -> str:
    seul(message, "MRG")
    seul(message, "PID")
    ids = []
    for segment, number in (("MRG", 1), ("PID", 3)):
        known = [*identifiants(message, segment, number)]
        if not known:
            raise errors.CHAMP_ABSENT("Aucun identifiant local (type PI).",
                                      at=f"{segment}^1^{number}")
        id = await _first(guichet, known)
        if not id:
            raise errors.CLE_INCONNUE(at=f"{segment}^1^{number}", found=known[0][1])
        ids.append(id)
    try:
        await reunir(guichet, *ids)
    except Refusal as refusal:
        raise _internal(refusal) from refusal
    return f"Patient/{ids[0]} remplacée par Patient/{ids[1]}"


def _received(guichet: Guichet, former: Identite | None, read: Recu) -> Identite:
    return recevoir(
        former, read.traits, read.ipp, read.attributs, validee=read.validee,
        ins=read.ins, le=guichet.today, methode=read.methode, interrogee_le=read.interrogee_le,
    )


def _merged(opened: Ouverte, read: Recu) -> dict[str, object]:
    """What the message says in place of what was known; what it does not say stays."""
    told = {name: value for name, value in read.patient.items() if name != "identifier"}
    said = told.get("extension", [])
    urls = {each["url"] for each in said}
    kept = [each for each in opened.patient.get("extension", ()) if each.get("url") not in urls]
    return {**opened.patient, **told, "extension": [*kept, *said]}


async def _owner(guichet: Guichet, read: Recu) -> tuple[str, Recu]:
    """Whose identity it is, and the message without the local identifiers of those that were merged
    into it. Raises CLE_INCONNUE or CLE_EN_DOUBLE."""
    database, tenant = guichet.sandbox.database, guichet.tenant
    owners = {each: await store.by_ipp(database, tenant, *each) for each in read.ipp}
    held = list(dict.fromkeys(filter(None, owners.values())))
    if not held:
        raise errors.CLE_INCONNUE(at="PID^1^3", found=read.ipp[0][1])
    if len(held) > 1:
        kept = [await store.load(database, tenant, each) for each in held]
        held = [each.id for each in kept if each and not each.identite.remplacee_par] or held[:1]
    if len(held) > 1:
        raise errors.CLE_EN_DOUBLE(
            "Ces identifiants locaux sont ceux de plusieurs identités : fusionnez-les par A40.",
            at="PID^1^3", found=", ".join(value for (_, value), id in owners.items() if id),
        )
    id = held[0]
    return id, replace(read, ipp=tuple(each for each in read.ipp if owners[each] in ("", id)))


def _said(read: Recu) -> str:
    """The status that a message tells, for the acts."""
    return f"PID-32 {', '.join(sorted(read.statuts)) or 'vide'}"


async def _first(guichet: Guichet, known: list[tuple[str, str]]) -> str:
    for system, value in known:
        id = await store.by_ipp(guichet.sandbox.database, guichet.tenant, system, value)
        if id:
            return id
    return ""


def _internal(refusal: Refusal) -> Refusal:
    """A refusal of the store, as HL7 says it."""
    return errors.ERREUR_INTERNE(
        refusal.details or refusal.error.label, at="PID^1^3", found=refusal.found,
        expected=refusal.expected,
    )


def _refused(exchange: Exchange, refusal: Refusal) -> bytes:
    exchange.error = refusal.error
    return HL7V2.refuse(refusal, exchange).body


def _record(
    exchange: Exchange, at: int, request: bytes, answer: bytes, entete: Entete, *, bug: bool
) -> None:
    transaction = exchange.transaction or AUTRE
    dropped = exchange.struck is not None and exchange.struck.dropped
    status = str(NO_ANSWER) if dropped else entete_status(answer)
    exchange.sandbox.journal.record(Entry(
        exchange.id, exchange.tenant.key, at, "ins", transaction.code, "MLLP", exchange.peer,
        f"{entete.code} {entete.identifiant}".strip("^ ") or "MLLP", status,
        "error" if bug else outcome_of(exchange.error is not None or dropped, exchange.findings),
        transaction.mark(exchange.error), request, answer, exchange.findings, exchange.error,
        entete.application, exchange.note, real_now() - at,
    ))


def entete_status(answer: bytes) -> str:
    """MSA-1 of an acknowledgement, "-" for none."""
    place = answer.find(b"\rMSA|")
    return answer[place + 5:place + 7].decode("latin-1") if place >= 0 else "-"
