"""The identities of a tenant, with their local identifiers and what was done to each, by whom.

The Patient that others read is in the tables of FHIR resources, under the service `rniv`. What it
must not show (the matricule of an identity that is not qualified) is here alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BigInteger, Index, bindparam, delete, insert, select, update

from ins.rniv.domain.bloquees import cle, cle_de
from ins.rniv.domain.identite import Avant, Identite, TraitsStricts
from services.fhir.tables import fhir_version
from services.fhir.versions import Version
from services.kernel.database import Database, Write
from services.kernel.sandbox import Sandbox
from services.kernel.schema import blob, number, tenant_table, text
from services.kernel.tenants import Tenant
from services.population.models import Matricule

SERVICE = "rniv"
"""Owner of the resources."""
RTYPE = "Patient"
TENANTS = 1000
"""Of which a process knows whether they have identities that must not call INSi."""
FEW, PAGE = 20, 1000
"""Doubtful identities of one name and date that are looked at; of any name, at once."""
MOST = 500
"""Events of one identity that are listed, and versions that are expurgated at a time."""

identity = tenant_table(
    "rniv_identity", text("id"), number("vid"), text("ins"), blob("content"),
    Index("ix_rniv_identity_ins", "tenant_id", "ins", "id"), key=("id",), clustered=False,
)
"""vid: grows with each change; ins: the 15 characters, whatever the status, "" for none."""
local_identifier = tenant_table(
    "rniv_ipp", text("authority"), text("value"), text("id"), key=("authority", "value"),
)
event = tenant_table(
    "rniv_event", text("id"), number("vid"), number("at"), blob("content"), key=("id", "vid"),
    clustered=False,
)
outbox = tenant_table(
    "rniv_outbox", text("id"), text("subscription"), text("event"), text("patient"), text("other"),
    number("attempts"), number("due"),
    Index("ix_rniv_outbox_next", "tenant_id", "subscription", "id"), key=("id",),
)
"""Messages to send, in the order of their ids. due: instant from which a process may take one."""
blocked = tenant_table("rniv_blocked", text("person"), text("id"), key=("person", "id"))
"""Identities that must not call INSi. person: see `cle`."""

_MINE = identity.c.tenant_id == bindparam("tenant_id")
GET = select(identity.c.vid, identity.c.content).where(_MINE, identity.c.id == bindparam("id"))
BY_INS = select(identity.c.id).where(_MINE, identity.c.ins == bindparam("ins")).limit(
    bindparam("count", type_=BigInteger)
)
ADD = insert(identity).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), vid=bindparam("vid"),
    ins=bindparam("ins"), content=bindparam("content"),
)
CHANGE = update(identity).values(
    vid=bindparam("vid"), ins=bindparam("ins"), content=bindparam("content")
).where(
    _MINE, identity.c.id == bindparam("which"),
    identity.c.vid == bindparam("seen", type_=BigInteger),
)
BY_IPP = select(local_identifier.c.id).where(
    local_identifier.c.tenant_id == bindparam("tenant_id"),
    local_identifier.c.authority == bindparam("authority"),
    local_identifier.c.value == bindparam("value"),
)
ADD_IPP = insert(local_identifier).values(
    tenant_id=bindparam("tenant_id"), authority=bindparam("authority"), value=bindparam("value"),
    id=bindparam("id"),
)
FORGET_IPP = delete(local_identifier).where(
    local_identifier.c.tenant_id == bindparam("tenant_id"),
    local_identifier.c.authority == bindparam("authority"),
    local_identifier.c.value == bindparam("value"), local_identifier.c.id == bindparam("id"),
)
ADD_EVENT = insert(event).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), vid=bindparam("vid"),
    at=bindparam("at"), content=bindparam("content"),
)
EVENTS = select(event.c.vid, event.c.at, event.c.content).where(
    event.c.tenant_id == bindparam("tenant_id"), event.c.id == bindparam("id")
).order_by(event.c.vid.desc()).limit(bindparam("count", type_=BigInteger))
REWRITE = update(fhir_version).values(content=bindparam("content")).where(
    fhir_version.c.tenant_id == bindparam("tenant_id"),
    fhir_version.c.service == bindparam("service"), fhir_version.c.rtype == bindparam("rtype"),
    fhir_version.c.rid == bindparam("rid"),
    fhir_version.c.vid == bindparam("which", type_=BigInteger),
)
_BLOCKED = blocked.c.tenant_id == bindparam("tenant_id")
BY_PERSON = select(identity.c.content).join(
    blocked, (blocked.c.tenant_id == identity.c.tenant_id) & (blocked.c.id == identity.c.id)
).where(_MINE, _BLOCKED, blocked.c.person == bindparam("person")).limit(
    bindparam("count", type_=BigInteger)
)
ANY_BLOCKED = select(blocked.c.id).where(_BLOCKED).limit(bindparam("one", 1, BigInteger))
PERSONS = select(blocked.c.person).distinct().where(
    _BLOCKED, blocked.c.person >= bindparam("first"), blocked.c.person <= bindparam("last")
).order_by(blocked.c.person).limit(bindparam("count", type_=BigInteger))
BLOCK = insert(blocked).values(
    tenant_id=bindparam("tenant_id"), person=bindparam("person"), id=bindparam("id")
)
UNBLOCK = delete(blocked).where(
    _BLOCKED, blocked.c.person == bindparam("person"), blocked.c.id == bindparam("id")
)

_SENT = outbox.c.tenant_id == bindparam("tenant_id")
_THIS = outbox.c.id == bindparam("which")
ADD_SENT = insert(outbox).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), subscription=bindparam("subscription"),
    event=bindparam("event"), patient=bindparam("patient"), other=bindparam("other"), attempts=0,
    due=0,
)
_COLUMNS = (outbox.c.id, outbox.c.subscription, outbox.c.event, outbox.c.patient, outbox.c.other,
            outbox.c.attempts, outbox.c.due)
NEXT = select(*_COLUMNS).where(
    _SENT, outbox.c.subscription == bindparam("subscription")
).order_by(outbox.c.id).limit(bindparam("count", type_=BigInteger))
PENDING = select(*_COLUMNS).where(_SENT).order_by(outbox.c.id).limit(
    bindparam("count", type_=BigInteger)
)
TAKE = update(outbox).values(due=bindparam("until", type_=BigInteger)).where(
    _SENT, _THIS, outbox.c.due == bindparam("seen", type_=BigInteger)
)
POSTPONE = update(outbox).values(
    due=bindparam("until", type_=BigInteger), attempts=outbox.c.attempts + 1
).where(_SENT, _THIS)
FORGET_SENT = delete(outbox).where(_SENT, _THIS)
CLEAR_SENT = delete(outbox).where(_SENT, outbox.c.subscription == bindparam("subscription"))


@dataclass(frozen=True, slots=True)
class Annonce:
    """A message to send. due: real instant, µs, from which it may be taken; other: of a merge, the
    identity that is replaced."""

    id: str
    subscription: str
    event: str
    patient: str
    other: str
    attempts: int
    due: int


@dataclass(frozen=True, slots=True)
class Gardee:
    """An identity as it is stored. vid: of this state, 0 before the first."""

    id: str
    vid: int
    identite: Identite


@dataclass(frozen=True, slots=True)
class Acte:
    """What was done. action: `create`, `ins-retrieve`…; acteur: id_nat, or the application that
    sent a message; porte: `fhir`, `mllp` or `control`; detail: one French line."""

    action: str
    acteur: str
    porte: str
    detail: str = ""


async def load(database: Database, tenant: Tenant, id: str) -> Gardee | None:
    """The identity of that id."""
    row = await database.one(GET, tenant_id=tenant.key, id=id)
    return None if row is None else Gardee(id, row[0], _read(row[1]))


async def by_ipp(database: Database, tenant: Tenant, authority: str, value: str) -> str:
    """Id of the identity that has this local identifier, or ""."""
    row = await database.one(BY_IPP, tenant_id=tenant.key, authority=authority, value=value)
    return "" if row is None else str(row[0])


async def with_ins(database: Database, tenant: Tenant, ins: str) -> list[str]:
    """Ids of the identities that hold this matricule, a few at most."""
    rows = await database.all(BY_INS, tenant_id=tenant.key, ins=ins, count=5)
    return [row[0] for row in rows]


async def bloquees(
    sandbox: Sandbox, tenant: Tenant, nom_naissance: str, date_naissance: str
) -> list[Identite]:
    """The doubtful and fictitious ones of that name and date, a few at most."""
    if not await _may_have_some(sandbox, tenant):
        return []
    rows = await sandbox.database.all(
        BY_PERSON, tenant_id=tenant.key, person=cle(nom_naissance, date_naissance), count=FEW
    )
    return [_read(row[0]) for row in rows]


async def parmi_bloquees(
    sandbox: Sandbox, tenant: Tenant, persons: Iterable[str]
) -> frozenset[str]:
    """Those of these persons (see `cle`) whose name and date a doubtful or fictitious identity has.
    However many they are: one statement for every PAGE of such identities between them."""
    found: list[str] = []
    asked = frozenset(persons)
    wanted = sorted(asked) if asked and await _may_have_some(sandbox, tenant) else []
    while wanted:
        page = [row[0] for row in await sandbox.database.all(
            PERSONS, tenant_id=tenant.key, first=wanted[0], last=wanted[-1], count=PAGE
        )]
        found += page
        wanted = wanted[bisect_right(wanted, page[-1]):] if len(page) == PAGE else []
    return asked.intersection(found)


async def _may_have_some(sandbox: Sandbox, tenant: Tenant) -> bool:
    """Most tenants have none at all: a process alone knows which, for every call of INSi asks."""
    known = _known(sandbox)
    if sandbox.alone and tenant.key not in known:
        row = await sandbox.database.one(ANY_BLOCKED, tenant_id=tenant.key)
        known.setdefault(tenant.key, row is not None)
        while len(known) > TENANTS:
            del known[next(iter(known))]
    return known.get(tenant.key, True)


def _known(sandbox: Sandbox) -> dict[str, bool]:
    """Tenant key → whether it has, or is about to have, identities that must not call INSi."""
    found: dict[str, bool] = sandbox.resources.setdefault("rniv.bloquees", {})
    return found


async def events(database: Database, tenant: Tenant, id: str) -> list[dict[str, Any]]:
    """What was done to an identity, newest first: at (µs), vid and the members of `Acte`."""
    rows = await database.all(EVENTS, tenant_id=tenant.key, id=id, count=MOST)
    return [{"vid": row[0], "at": row[1], **orjson.loads(row[2])} for row in rows]


def writes(
    sandbox: Sandbox, tenant: Tenant, id: str, former: Gardee | None, identite: Identite, acte: Acte
) -> list[Write]:
    """Store the next state, with who made it. Conflict when another came first; Duplicate when a
    local identifier is another's."""
    vid = 1 if former is None else former.vid + 1
    own = identite.matricule
    row: dict[str, Any] = {
        "tenant_id": tenant.key, "vid": vid, "ins": own.ins if own is not None else "",
        "content": orjson.dumps(identite),
    }
    if former is None:
        made = [Write(ADD, {**row, "id": id}, rows=1)]
    else:
        made = [Write(CHANGE, {**row, "which": id, "seen": former.vid}, rows=1)]
    before = former.identite.ipp if former is not None else ()
    place = {"tenant_id": tenant.key, "id": id}
    made += [Write(FORGET_IPP, {**place, "authority": a, "value": v})
             for a, v in _only(before, identite.ipp)]
    made += [Write(ADD_IPP, {**place, "authority": a, "value": v}, rows=1)
             for a, v in _only(identite.ipp, before)]
    was = cle_de(former.identite) if former is not None else ""
    becomes = cle_de(identite)
    if was and was != becomes:
        made.append(Write(UNBLOCK, {**place, "person": was}))
    if becomes and was != becomes:
        _known(sandbox)[tenant.key] = True
        made.append(Write(BLOCK, {**place, "person": becomes}, rows=1))
    told = {
        "action": acte.action, "acteur": acte.acteur, "porte": acte.porte, "detail": acte.detail,
        "de": former.identite.statut if former is not None else "", "vers": identite.statut,
        "attributs": identite.attributs, "ins": row["ins"],
    }
    made.append(Write(ADD_EVENT, {
        **place, "vid": vid, "at": tenant.clock.now(), "content": orjson.dumps(told),
    }, rows=1))
    return made


def to_send(
    tenant: Tenant, id: str, subscription: str, event: str, patient: str, other: str
) -> Write:
    """The write that has a message sent. id: grows with time."""
    return Write(ADD_SENT, {
        "tenant_id": tenant.key, "id": id, "subscription": subscription, "event": event,
        "patient": patient, "other": other,
    }, rows=1)


async def next_of(database: Database, tenant: Tenant, subscription: str) -> Annonce | None:
    """The first message that a subscription waits for."""
    row = await database.one(NEXT, tenant_id=tenant.key, subscription=subscription, count=1)
    return None if row is None else Annonce(*row)


async def pending(database: Database, tenant: Tenant) -> list[Annonce]:
    """What is not sent yet, in order."""
    rows = await database.all(PENDING, tenant_id=tenant.key, count=MOST)
    return [Annonce(*row) for row in rows]


async def claim(database: Database, tenant: Tenant, message: Annonce, until: int) -> None:
    """Take a message to send it. Raises Conflict when another process did."""
    await database.write([Write(TAKE, {
        "tenant_id": tenant.key, "which": message.id, "seen": message.due, "until": until,
    }, rows=1)])


async def postpone(database: Database, tenant: Tenant, message: Annonce, until: int) -> None:
    """Once more, at that instant."""
    await database.write([Write(POSTPONE, {
        "tenant_id": tenant.key, "which": message.id, "until": until,
    })])


async def forget(database: Database, tenant: Tenant, message: Annonce) -> None:
    """Sent, or given up."""
    await database.write([Write(FORGET_SENT, {"tenant_id": tenant.key, "which": message.id})])


def clear(tenant: Tenant, subscription: str) -> Write:
    """The write that forgets what a subscription waited for."""
    return Write(CLEAR_SENT, {"tenant_id": tenant.key, "subscription": subscription})


def rewrite(tenant: Tenant, version: Version, content: bytes) -> Write:
    """Replace the content of a former version of a Patient."""
    return Write(REWRITE, {
        "tenant_id": tenant.key, "service": SERVICE, "rtype": RTYPE, "rid": version.rid,
        "which": version.vid, "content": content,
    })


def _only(
    these: Iterable[tuple[str, str]], not_those: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    return [each for each in dict.fromkeys(these) if each not in set(not_those)]


def _read(content: bytes) -> Identite:
    found: dict[str, Any] = orjson.loads(content)
    found["traits"] = TraitsStricts(**found["traits"])
    found["ipp"] = tuple((a, v) for a, v in found["ipp"])
    found["attributs"] = tuple(found["attributs"])
    _numbers(found)
    if found["avant"] is not None:
        _numbers(found["avant"])
        found["avant"] = Avant(**found["avant"])
    return Identite(**found)


def _numbers(found: dict[str, Any]) -> None:
    own = found["matricule"]
    found["matricule"] = Matricule(**own) if own is not None else None
    found["historique"] = tuple(Matricule(**each) for each in found["historique"])
