"""Resources in the database: writes with their index rows, reads by key, search.

Content is opaque bytes here. Every function takes the service id: services share the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Table, bindparam, delete, insert, select, update

from services.fhir import selection
from services.fhir.criteria import Criterion, identifier_of, normalise
from services.fhir.cursor import Position, open_cursor, seal_cursor
from services.fhir.search import Query
from services.fhir.sorting import NEWEST, OLDEST, bound_names, bound_position
from services.fhir.tables import INDEXES, fhir_resource, fhir_version
from services.fhir.values import key
from services.kernel.database import Database, Write
from services.kernel.tenants import Tenant

_KEY = ("tenant_id", "service", "rtype", "rid")
Json = dict[str, Any]


class Stored(NamedTuple):
    """One stored resource. updated: microseconds; content: the bytes to answer."""

    rid: str
    vid: int
    updated: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search. total: None when not counted; next_cursor: "" on the last page."""

    rows: list[Stored]
    total: int | None
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Indexes:
    """What a resource can be found by; every tuple begins with the search parameter's name.

    tokens (param, system, code); references (param, type, id), or type "" and an absolute URL;
    identifiers (param, system, value) of a reference's target; strings (param, text);
    dates (param, lo, hi) in microseconds, half-open (see `services.fhir.dates`);
    quantities (param, lo, hi, system, code) as ordered integers (see `services.fhir.numbers`).
    following: names that no search starts from (`criteria.following`).
    """

    tokens: Iterable[tuple[str, str, str]] = ()
    references: Iterable[tuple[str, str, str]] = ()
    identifiers: Iterable[tuple[str, str, str]] = ()
    strings: Iterable[tuple[str, str]] = ()
    dates: Iterable[tuple[str, int, int]] = ()
    quantities: Iterable[tuple[str, int, int, str, str]] = ()
    following: frozenset[str] = frozenset()


def _by_key(table: Table) -> tuple[Any, ...]:
    return tuple(table.c[name] == bindparam(name) for name in _KEY)


READ = select(
    fhir_resource.c.vid, fhir_resource.c.updated, fhir_resource.c.content
).where(
    fhir_resource.c.tenant_id == bindparam("tenant_id"),
    fhir_resource.c.service == bindparam("service"),
    fhir_resource.c.rtype == bindparam("rtype"),
    fhir_resource.c.rid == bindparam("rid"),
)
LATEST = select(fhir_resource.c.updated).where(
    fhir_resource.c.tenant_id == bindparam("tenant_id"),
    fhir_resource.c.service == bindparam("service"),
    fhir_resource.c.rtype == bindparam("rtype"),
).order_by(fhir_resource.c.updated.desc()).limit(bindparam("count", type_=BigInteger))
CREATE = insert(fhir_resource)
ARCHIVE = insert(fhir_version).from_select(
    [column.name for column in fhir_version.columns],
    select(*(fhir_resource.c[column.name] for column in fhir_version.columns)).where(
        *_by_key(fhir_resource), fhir_resource.c.vid == bindparam("previous")
    ),
)
REPLACE = update(fhir_resource).values(
    vid=bindparam("vid"), updated=bindparam("updated"), content=bindparam("content")
).where(*_by_key(fhir_resource), fhir_resource.c.vid == bindparam("previous"))
INDEX = {kind: insert(table) for kind, table in INDEXES.items()}
UNINDEX = {
    kind: delete(table).where(*_by_key(table)) for kind, table in INDEXES.items()
}


def owner(tenant: Tenant, service: str, rtype: str) -> dict[str, str]:
    """What every statement binds: whose resources, of which type."""
    return {"tenant_id": tenant.key, "service": service, "rtype": rtype}


async def read(
    database: Database, tenant: Tenant, service: str, rtype: str, rid: str
) -> Stored | None:
    """One resource by its key: one statement, no parsing."""
    row = await database.one(READ, tenant_id=tenant.key, service=service, rtype=rtype, rid=rid)
    return Stored(rid, *row) if row is not None else None


def writes_for(
    tenant: Tenant,
    service: str,
    rtype: str,
    rid: str,
    content: bytes,
    indexes: Indexes,
    *,
    version: int = 1,
    updated: int | None = None,
    deleted: bool = False,
) -> list[Write]:
    """The writes that store one version of a resource with its index rows.

    version 1 creates (Duplicate when the id is taken), so does any version of what is deleted;
    another replaces exactly version - 1 (Conflict otherwise), which is kept as a former version.
    updated: microseconds, the tenant's now when None.
    """
    moment = tenant.clock.now() if updated is None else updated
    place = {**owner(tenant, service, rtype), "rid": rid}
    row: dict[str, Any] = {**place, "vid": version, "updated": moment, "content": content}
    if version == 1 or deleted:
        writes = [Write(CREATE, row, rows=1)]
    else:
        former = {**place, "previous": version - 1}
        writes = [Write(ARCHIVE, former, rows=1), Write(REPLACE, {**row, **former}, rows=1)]
        writes += unindex(place)
    common = {**place, "updated": moment}
    writes += [
        Write(INDEX[kind], common, each=rows) for kind, rows in _index_rows(indexes, {}) if rows
    ]
    return writes


class New(NamedTuple):
    """A resource to create: its first version, and what it is found by."""

    rtype: str
    rid: str
    content: bytes
    indexes: Indexes


def creations(
    tenant: Tenant, service: str, resources: Iterable[New], updated: int
) -> list[Write]:
    """As `writes_for` for several resources at once, with one write to each table.

    updated: microseconds. The write raises Duplicate when an id is taken.
    """
    common: dict[str, Any] = {"tenant_id": tenant.key, "service": service, "updated": updated}
    rows: dict[str, list[Json]] = {}
    first: list[Json] = []
    for rtype, rid, content, indexes in resources:
        own = {"rtype": rtype, "rid": rid}
        first.append({**own, "content": content})
        for kind, found in _index_rows(indexes, own):
            rows.setdefault(kind, []).extend(found)
    return [
        Write(CREATE, {**common, "vid": 1}, each=first),
        *(Write(INDEX[kind], common, each=found) for kind, found in rows.items() if found),
    ]


def unindex(place: Mapping[str, str]) -> list[Write]:
    """The writes that forget what a resource is found by. place: its whole key."""
    return [Write(statement, place) for statement in UNINDEX.values()]


async def search(
    database: Database, tenant: Tenant, service: str, rtype: str, query: Query
) -> Page:
    """One page of the resources that match, in the order of the query. Raises CURSOR_INVALID."""
    place = owner(tenant, service, rtype)
    after = None
    seal = (tenant.key, service, rtype, repr(query.echo))
    if query.cursor:
        after = open_cursor(query.cursor, seal)
    found: list[Any] = []
    if query.count:
        position = bound_position(after, query.order) if after else {}
        paged = query.order in (NEWEST, OLDEST)
        criteria, driven, _ = await _started(database, place, query.criteria, paged)
        statement = selection.page(
            selection.shape_of(criteria), driven, after is not None, query.order
        )
        found = await database.all(
            statement, **place, **selection.bound(criteria), **bound_names(query.sort_names),
            **position, count=query.count + 1,
        )
    more = len(found) > query.count
    rows = [Stored(*row[:4]) for row in found[: query.count]]
    cursor = ""
    if rows and more:
        until = after.until if after else 0
        if query.order and not after:
            until = await _latest(database, place)
        keys = tuple(found[len(rows) - 1][4:])
        cursor = seal_cursor(Position(rows[-1].updated, rows[-1].rid, keys, until), seal)
    total = None if more or after else len(rows)
    if query.total or not query.count:
        criteria, driven, _ = await _started(database, place, query.criteria, paged=False)
        statement = selection.total(selection.shape_of(criteria), driven)
        counted = await database.one(statement, **place, **selection.bound(criteria))
        total = counted[0] if counted else 0
    return Page(rows, total, cursor)


async def _started(
    database: Database, place: Mapping[str, str], criteria: Sequence[Criterion], paged: bool
) -> selection.Start:
    """Where the search starts, once what could lead it is counted (`selection.start`)."""
    begun = selection.start(criteria)
    if not begun.contenders:
        return begun
    statement = selection.probe(selection.shape_of(begun.contenders))
    counts = await database.one(statement, **place, **selection.bound(begun.contenders))
    return selection.settled(begun, counts or (), paged)


async def _latest(database: Database, place: Mapping[str, str]) -> int:
    """The instant of the newest version of a type, 0 when there is none."""
    row = await database.one(LATEST, **place, count=1)
    return row[0] if row is not None else 0


def _index_rows(indexes: Indexes, own: Json) -> Iterator[tuple[str, list[Json]]]:
    """Distinct index rows of each kind, with what is their `own`: a value given twice is one."""
    following = indexes.following
    tokens = {(p, key(s), key(c)) for p, s, c in indexes.tokens}
    tokens |= {(identifier_of(p), key(s), key(v)) for p, s, v in indexes.identifiers}
    yield "token", [
        {**own, "param": p, "system": s, "code": c, "leads": int(p not in following)}
        for p, s, c in sorted(tokens)
    ]
    references = {(p, t, key(i)) for p, t, i in indexes.references}
    yield "reference", [
        {**own, "param": p, "target_type": t, "target_id": i} for p, t, i in sorted(references)
    ]
    strings = {(param, key(normalise(text)), key(text)) for param, text in indexes.strings}
    yield "string", [
        {**own, "param": p, "norm": n, "exact": e, "leads": int(p not in following)}
        for p, n, e in sorted(strings)
    ]
    yield "date", [
        {**own, "param": p, "lo": lo, "hi": hi, "leads": int(p not in following)}
        for p, lo, hi in sorted({*indexes.dates})
    ]
    yield "quantity", [
        {
            **own, "param": p, "lo": lo, "hi": hi, "system": s, "code": c,
            "leads": int(p not in following),
        }
        for p, lo, hi, s, c in sorted({*indexes.quantities})
    ]
