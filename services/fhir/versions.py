"""Former versions and deletions of resources: one by its number, histories, the newest.

The current version is in `fhir_resource`; what it replaced, and deletions (empty content), are in
`fhir_version`. A deleted resource has no current version.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, Table, Text, and_, bindparam, delete, insert, or_, select

from services.fhir import store
from services.fhir.cursor import Position
from services.fhir.tables import fhir_resource, fhir_version
from services.kernel.database import Database, Write
from services.kernel.tenants import Tenant

_COUNT = bindparam("count", type_=BigInteger)


class Version(NamedTuple):
    """One version. updated: microseconds; content: its bytes, empty for a deletion."""

    rid: str
    vid: int
    updated: int
    content: bytes

    @property
    def deleted(self) -> bool:
        return not self.content


def _columns(table: Table) -> Select[Any]:
    """The versions of one service and type in a table, those after `since` (µs)."""
    return select(table.c.rid, table.c.vid, table.c.updated, table.c.content).where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.service == bindparam("service"),
        table.c.rtype == bindparam("rtype"),
    )


def _of_one(table: Table) -> Select[Any]:
    return _columns(table).where(table.c.rid == bindparam("rid"))


def _instance(table: Table) -> Select[Any]:
    """The newest versions of one resource below a version number."""
    before = table.c.vid < bindparam("before", type_=BigInteger)
    since = table.c.updated >= bindparam("since", type_=BigInteger)
    page = _of_one(table).where(before, since).order_by(table.c.vid.desc()).limit(_COUNT)
    return page.subquery().select()


def _type(table: Table) -> Select[Any]:
    """The newest versions of a type before (updated, rid, vid)."""
    updated, rid, vid = table.c.updated, table.c.rid, table.c.vid
    last = bindparam("after_updated", type_=BigInteger)
    last_rid = bindparam("after_rid", type_=Text)
    last_vid = bindparam("after_vid", type_=BigInteger)
    beyond = or_(
        updated < last, rid < last_rid, and_(rid == last_rid, vid < last_vid)
    )
    since = updated >= bindparam("since", type_=BigInteger)
    page = _columns(table).where(updated <= last, beyond, since)
    return (
        page.order_by(updated.desc(), rid.desc(), vid.desc()).limit(_COUNT).subquery().select()
    )


def _both(one: Select[Any], other: Select[Any], order: tuple[str, ...]) -> Select[Any]:
    """The first rows of both tables together."""
    both = one.union_all(other).subquery()
    return select(both).order_by(*(both.c[name].desc() for name in order)).limit(_COUNT)


FORMER = _of_one(fhir_version).where(fhir_version.c.vid == bindparam("vid", type_=BigInteger))
LAST_FORMER = _of_one(fhir_version).order_by(fhir_version.c.vid.desc()).limit(
    bindparam("count", type_=BigInteger)
)
INSTANCE = _both(_instance(fhir_resource), _instance(fhir_version), ("vid",))
TYPE = _both(_type(fhir_resource), _type(fhir_version), ("updated", "rid", "vid"))
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


async def history(
    database: Database, place: dict[str, str], after: Position, since: int, count: int
) -> list[Version]:
    """At most `count` versions, newest first. place: `store.owner`, and `rid` for one resource.

    after: the last version seen, its number in `until`; since: µs.
    """
    statement = INSTANCE if "rid" in place else TYPE
    rows = await database.all(
        statement, **place, before=after.until, after_updated=after.updated, after_rid=after.rid,
        after_vid=after.until, since=since, count=count,
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
