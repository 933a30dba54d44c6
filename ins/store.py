"""What INSi looks up: people, files to give back and the lots of mass verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import BigInteger, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from ins import errors
from ins.codes import CR_AUCUNE
from ins.domain.fichier import Fichier
from ins.domain.recherche import Resultat, Traits, rechercher, variantes
from ins.domain.reglages import reglages_of
from ins.domain.souvenirs import MOST, Souvenir
from ins.domain.verification import Ecart, IndividuVerifie, ecarts
from ins.domain.vitale import Beneficiaire, choisir
from services.kernel.database import Conflict, Database, Write
from services.kernel.exchange import Exchange
from services.kernel.schema import blob, number, tenant_table, text
from services.population import people

lot = tenant_table(
    "ins_lot", text("id"), number("deposited"), number("ready"), blob("content"), key=("id",),
    clustered=False,
)
"""ready: instant from which the result can be fetched; content: JSON, the identities."""

ADD_LOT = insert(lot).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), deposited=bindparam("deposited"),
    ready=bindparam("ready"), content=bindparam("content"),
)
REMOVE_LOT = delete(lot).where(
    lot.c.tenant_id == bindparam("tenant_id"), lot.c.id == bindparam("id")
)
GET_LOT = select(lot.c.ready, lot.c.content).where(
    lot.c.tenant_id == bindparam("tenant_id"), lot.c.id == bindparam("id")
)

fichier = tenant_table(
    "ins_fichier", text("id"), blob("content"), blob("lecture"), key=("id",), clustered=False,
)
"""Answers of a tenant's own. id: of the injection; content: the envelope that SOAP answers;
lecture: JSON, what is read in it."""

_FICHIER = fichier.c.tenant_id == bindparam("tenant_id")
ADD_FICHIER = insert(fichier).values(
    tenant_id=bindparam("tenant_id"), id=bindparam("id"), content=bindparam("content"),
    lecture=bindparam("lecture"),
)
REMOVE_FICHIERS = delete(fichier).where(_FICHIER)
GET_FICHIER = select(fichier.c.content, fichier.c.lecture).where(
    _FICHIER, fichier.c.id == bindparam("id")
)

souvenir = tenant_table(
    "ins_souvenir", text("sujet"), text("id"), number("at"), blob("content"), key=("sujet", "id"),
)
"""What is remembered of calls: at is a real instant, for a tenant's clock may stand still. A row
is one souvenir, or a page of many (`ins.wire.memoire`)."""

_MINE = souvenir.c.tenant_id == bindparam("tenant_id")
_KEPT = bindparam("kept", MOST, BigInteger)
_COLUMNS = (souvenir.c.sujet, souvenir.c.id, souvenir.c.at, souvenir.c.content)
LATEST = select(*_COLUMNS).where(_MINE).order_by(
    souvenir.c.at.desc(), souvenir.c.id.desc()
).limit(_KEPT)
ABOUT = select(*_COLUMNS).where(_MINE, souvenir.c.sujet == bindparam("sujet")).order_by(
    souvenir.c.at, souvenir.c.id
).limit(_KEPT)
REMEMBER = upsert(souvenir).values(
    tenant_id=bindparam("tenant_id"), sujet=bindparam("sujet"), id=bindparam("id"),
    at=bindparam("at"), content=bindparam("content"),
).on_conflict_do_nothing()
REMOVE = delete(souvenir).where(
    _MINE, souvenir.c.sujet == bindparam("which"), souvenir.c.id == bindparam("number")
)
FORGET = delete(souvenir).where(_MINE, souvenir.c.at < (
    select(souvenir.c.at).where(_MINE).order_by(souvenir.c.at.desc())
    .limit(bindparam("one", 1, BigInteger)).offset(_KEPT).scalar_subquery()
))


@dataclass(frozen=True, slots=True)
class Depot:
    """A lot as stored."""

    ready: int
    content: bytes


async def par_traits(exchange: Exchange, traits: Traits) -> Resultat:
    """The report of a search by traits, the same through every door.

    Raises INDISPONIBLE, or TECHNIQUE_TRAITS where production reports 01.
    """
    reglages = reglages_of(exchange.tenant.settings)
    mode = reglages.mode
    require_available(mode)
    who = people(exchange.sandbox.database, exchange.tenant)
    names = variantes(traits.nom_naissance) if reglages.equivalence else (traits.nom_naissance,)
    found = [
        one for name in names
        for one in await who.matching(name, traits.sexe, traits.date_naissance)
    ]
    resultat = rechercher(traits, found, equivalence=reglages.equivalence)
    if mode == "cnda" and resultat.code == CR_AUCUNE:
        raise errors.TECHNIQUE_TRAITS()
    return resultat


async def par_carte(exchange: Exchange, asked: Beneficiaire) -> Resultat:
    """The report of a search by card. Raises INDISPONIBLE or TECHNIQUE_VITALE."""
    mode = reglages_of(exchange.tenant.settings).mode
    require_available(mode)
    who = people(exchange.sandbox.database, exchange.tenant)
    known = await who.patient_by_ins(asked.matricule or asked.matricule_od)
    others = {
        one.id: one for date in asked.dates for sexe in ("F", "M")
        for one in await who.matching(asked.nom_naissance, sexe, date)
    }
    resultat = choisir(asked, known, others.values())
    if mode == "cnda" and resultat.code == CR_AUCUNE:
        raise errors.TECHNIQUE_VITALE()
    return resultat


async def ecarts_avec_la_base(exchange: Exchange, asked: IndividuVerifie) -> tuple[Ecart, ...]:
    """What keeps the matricule and the traits from being one person's: nothing when they are."""
    who = people(exchange.sandbox.database, exchange.tenant)
    known = await who.patient_by_ins(asked.matricule) if asked.matricule else None
    return tuple(ecarts(asked, known))


def noted(exchange: Exchange, resultat: Resultat) -> str:
    """What the journal says of a report."""
    report = f"CR {resultat.code} {resultat.libelle}" if resultat.code else ""
    return " ; ".join(filter(None, (exchange.outcome_note, report)))


def require_available(mode: str) -> None:
    """Raise INDISPONIBLE in the mode of that name."""
    if mode == "indisponible":
        raise errors.INDISPONIBLE()


async def deposit(exchange: Exchange, id: str, ready: int, content: bytes) -> None:
    """Keep a lot, durable on return."""
    await exchange.sandbox.database.write([Write(ADD_LOT, {
        "tenant_id": exchange.tenant.key, "id": id, "deposited": exchange.tenant.clock.now(),
        "ready": ready, "content": content,
    })])


async def deposited(exchange: Exchange, id: str) -> Depot | None:
    """The lot of that id."""
    row = await exchange.sandbox.database.one(GET_LOT, tenant_id=exchange.tenant.key, id=id)
    return None if row is None else Depot(row[0], row[1])


async def discard(exchange: Exchange, id: str) -> bool:
    """Forget a lot, durable on return; whether there was one."""
    remove = Write(REMOVE_LOT, {"tenant_id": exchange.tenant.key, "id": id}, rows=1)
    try:
        await exchange.sandbox.database.write([remove])
    except Conflict:
        return False
    return True


def to_give_back(tenant_key: str, id: str, content: bytes, said: Fichier) -> Write:
    """The write that keeps a file for the injection of that id."""
    return Write(ADD_FICHIER, {
        "tenant_id": tenant_key, "id": id, "content": content, "lecture": orjson.dumps(said),
    }, rows=1)


def without_files(tenant_key: str) -> Write:
    """The write that forgets a tenant's files."""
    return Write(REMOVE_FICHIERS, {"tenant_id": tenant_key})


async def kept_file(database: Database, tenant_key: str, id: str) -> tuple[bytes, Fichier] | None:
    """The envelope of an injection, and what it says."""
    row = await database.one(GET_FICHIER, tenant_id=tenant_key, id=id)
    if row is None:
        return None
    return row[0], _fichiers().validate_json(row[1])


@cache
def _fichiers() -> TypeAdapter[Fichier]:
    return TypeAdapter(Fichier)


async def about(database: Database, tenant_key: str, sujet: str) -> list[Souvenir]:
    """The souvenirs of one subject, oldest first."""
    rows = await database.all(ABOUT, tenant_id=tenant_key, sujet=sujet)
    return [Souvenir(sujet, id, at, content.decode()) for sujet, id, at, content in rows]


async def latest(database: Database, tenant_key: str) -> list[Souvenir]:
    """The rows that are kept, oldest first."""
    rows = await database.all(LATEST, tenant_id=tenant_key)
    return [Souvenir(sujet, id, at, content.decode()) for sujet, id, at, content in reversed(rows)]


async def remember(
    database: Database, tenant_key: str, several: Sequence[Souvenir], *, trim: bool = False,
    without: Sequence[Souvenir] = (),
) -> None:
    """Add souvenirs, and remove others. trim: forget all but the latest."""
    own = {"tenant_id": tenant_key}
    writes = [Write(REMEMBER, own, each=[_row(each) for each in several])]
    if without:
        gone = [{"which": each.sujet, "number": each.id} for each in without]
        writes.append(Write(REMOVE, own, each=gone))
    if trim:
        writes.append(Write(FORGET, own))
    await database.write(writes)


def _row(each: Souvenir) -> dict[str, Any]:
    return {"sujet": each.sujet, "id": each.id, "at": each.at, "content": each.content.encode()}
