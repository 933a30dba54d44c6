"""Former versions and deletions of resources: one by its number, histories, the newest.

The current version is in `fhir_resource`; what it replaced, and deletions (empty content), are in
`fhir_version`. A deleted resource has no current version.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
    union_all,
)

from services.fhir import store
from services.fhir.cursor import Position
from services.fhir.numbers import HIGHEST, LOWEST
from services.fhir.tables import fhir_resource, fhir_version
from services.kernel.database import Database, Write
from services.kernel.tenants import Tenant

_COUNT = bindparam("count", type_=BigInteger)
_KEY = ("tenant_id", "service", "rtype", "rid")


class Version(NamedTuple):
    """One version. updated: microseconds; content: its bytes, empty for a deletion; rtype: its
    type, "" where it goes without saying."""

    rid: str
    vid: int
    updated: int
    content: bytes
    rtype: str = ""

    @property
    def deleted(self) -> bool:
        return not self.content


def _columns(table: Table, rtype: str = "rtype") -> Select[Any]:
    """The versions of one service and type in a table. rtype: name under which it is bound."""
    return select(
        table.c.rid, table.c.vid, table.c.updated, table.c.content, table.c.rtype
    ).where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.service == bindparam("service"),
        table.c.rtype == bindparam(rtype),
    )


def _of_one(table: Table) -> Select[Any]:
    return _columns(table).where(table.c.rid == bindparam("rid"))


def _instance(table: Table, at: bool) -> Select[Any]:
    """The newest versions of one resource below a version number."""
    before = table.c.vid < bindparam("before", type_=BigInteger)
    found = _of_one(table).where(before, *_within(table, at))
    return found.order_by(table.c.vid.desc()).limit(_COUNT).subquery().select()


def _type(table: Table, at: bool, i: int) -> Select[Any]:
    """The newest versions of the type bound as `rtype{i}` before (updated, rtype, rid, vid)."""
    rtype, updated, rid, vid = table.c.rtype, table.c.updated, table.c.rid, table.c.vid
    last = bindparam("after_updated", type_=BigInteger)
    last_type, last_rid = (bindparam(f"after_{each}", type_=Text) for each in ("rtype", "rid"))
    last_vid = bindparam("after_vid", type_=BigInteger)
    beyond = or_(
        updated < last, rtype < last_type,
        and_(rtype == last_type, or_(rid < last_rid, and_(rid == last_rid, vid < last_vid))),
    )
    found = _columns(table, f"rtype{i}").where(updated <= last, beyond, *_within(table, at))
    return (
        found.order_by(updated.desc(), rid.desc(), vid.desc()).limit(_COUNT).subquery().select()
    )


def _within(table: Table, at: bool) -> list[ColumnElement[bool]]:
    """Written at `since` or later; or, when `at`, current at some time of [since, until[."""
    since = bindparam("since", type_=BigInteger)
    if not at:
        return [table.c.updated >= since]
    following = [
        exists(
            select(other.c.vid).where(
                *(other.c[name] == table.c[name] for name in _KEY),
                other.c.vid == table.c.vid + 1, other.c.updated <= since,
            )
        )
        for other in (fhir_resource.alias("f"), fhir_version.alias("g"))
    ]
    return [
        table.c.updated < bindparam("until", type_=BigInteger), table.c.content != b"",
        *(not_(each) for each in following),
    ]


def _together(parts: list[Select[Any]], order: tuple[str, ...]) -> Select[Any]:
    """The first rows of all parts together."""
    rows = union_all(*parts).subquery()
    return select(rows).order_by(*(rows.c[name].desc() for name in order)).limit(_COUNT)


@lru_cache(maxsize=2)
def _instance_history(at: bool) -> Select[Any]:
    return _together([_instance(each, at) for each in (fhir_resource, fhir_version)], ("vid",))


@lru_cache(maxsize=64)
def _types_history(types: int, at: bool) -> Select[Any]:
    parts = [_type(each, at, i) for i in range(types) for each in (fhir_resource, fhir_version)]
    return _together(parts, ("updated", "rtype", "rid", "vid"))


FORMER = _of_one(fhir_version).where(fhir_version.c.vid == bindparam("vid", type_=BigInteger))
LAST_FORMER = _of_one(fhir_version).order_by(fhir_version.c.vid.desc()).limit(
    bindparam("count", type_=BigInteger)
)
REMOVE = delete(fhir_resource).where(
    fhir_resource.c.tenant_id == bindparam("tenant_id"),
    fhir_resource.c.service == bindparam("service"),
    fhir_resource.c.rtype == bindparam("rtype"),
    fhir_resource.c.rid == bindparam("rid"),
    fhir_resource.c.vid == bindparam("previous"),
)
MARK = insert(fhir_version)


async def newest(
    database: Database, tenant: Tenant, service: str, rtype: str, rid: str
) -> Version | None:
    """The current version, or the deletion; None for what never was."""
    current = await store.read(database, tenant, service, rtype, rid)
    if current is not None:
        return Version(*current)
    place = store.owner(tenant, service, rtype)
    row = await database.one(LAST_FORMER, **place, rid=rid, count=1)
    return Version(*row) if row is not None else None


async def numbered(
    database: Database, tenant: Tenant, service: str, rtype: str, rid: str, vid: int
) -> Version | None:
    """One version by its number, a deletion among them."""
    current = await store.read(database, tenant, service, rtype, rid)
    if current is not None and current.vid == vid:
        return Version(*current)
    place = store.owner(tenant, service, rtype)
    row = await database.one(FORMER, **place, rid=rid, vid=vid)
    return Version(*row) if row is not None else None


class Asked(NamedTuple):
    """Which versions a history asks for: written in [since, …[, or, when `at`, current at some
    time of [since, until[; all in µs."""

    since: int = LOWEST
    until: int = HIGHEST
    at: bool = False


async def history(
    database: Database, tenant: Tenant, service: str, types: Sequence[str], rid: str,
    asked: Asked, after: Position, count: int,
) -> list[Version]:
    """At most `count` versions, newest first, of types or of one resource.

    rid: "" for all of them; after: the last version seen, its type in `keys` and its number in
    `until`.
    """
    bound: dict[str, Any] = {
        "tenant_id": tenant.key, "service": service, "since": asked.since, "until": asked.until,
        "count": count,
    }
    if rid:
        rows = await database.all(
            _instance_history(asked.at), **bound, rtype=types[0], rid=rid, before=after.until
        )
    else:
        rows = await database.all(
            _types_history(len(types), asked.at), **bound,
            **{f"rtype{i}": rtype for i, rtype in enumerate(types)}, after_updated=after.updated,
            after_rtype=after.keys[0] if after.keys else "", after_rid=after.rid,
            after_vid=after.until,
        )
    return [Version(*row) for row in rows]


def deletion(
    tenant: Tenant, service: str, rtype: str, rid: str, previous: int, updated: int
) -> list[Write]:
    """The writes that delete version `previous` of a resource (Conflict when it is another)."""
    place = {**store.owner(tenant, service, rtype), "rid": rid}
    former = {**place, "previous": previous}
    mark = {**place, "vid": previous + 1, "updated": updated, "content": b""}
    return [
        Write(store.ARCHIVE, former, rows=1), Write(REMOVE, former, rows=1),
        *store.unindex(place), Write(MARK, mark, rows=1),
    ]
