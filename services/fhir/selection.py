"""SELECT statements of searches, composed once per shape of query.

A shape is what criteria look like without their values (kinds, forms, number of values); names of
parameters and values are bound. Identical shapes share one statement, hence one compiled text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Insert,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
)

from services.fhir.conditions import (
    Shape,
    Wanted,
    any_of,
    bound,
    condition,
    keys_of,
    owned,
    shape_of,
)
from services.fhir.criteria import Criterion
from services.fhir.sorting import NEWEST, OLDEST, Order, sorted_keys
from services.fhir.tables import INDEXES, fhir_resource

__all__ = ["bound", "doubtful", "guarded", "ordered", "page", "probe", "shape_of", "total"]

SHAPES = 256
MANY = 1000


def ordered(criteria: Sequence[Criterion]) -> tuple[list[Criterion], bool]:
    """The criteria, and whether the first is fit to start the search from."""
    ranked = sorted(criteria, key=_rank)
    return ranked, bool(ranked) and _rank(ranked[0]) < 5


def doubtful(criterion: Criterion) -> bool:
    """Whether so many resources may meet a criterion that a page is found sooner by walking the
    newest: texts and chains, whose matches are not in the order of the page."""
    return _rank(criterion) in (2, 4)


@lru_cache(maxsize=SHAPES)
def probe(first: Wanted) -> Select[Any]:
    """How many rows meet the first criterion, at most MANY."""
    if first.steps:
        found = keys_of(0, first)
    else:
        table = INDEXES[first.kind].alias("d")
        found = select(table.c.rid).where(
            *owned(table), table.c.param == bindparam("p0"), any_of(table, 0, first)
        )
    return select(func.count()).select_from(found.limit(literal_column(str(MANY))).subquery())


@lru_cache(maxsize=SHAPES)
def page(shape: Shape, driven: bool, after: bool, order: Order = NEWEST) -> Select[Any]:
    """Rows (rid, vid, updated, content, sort keys…) in order. Binds `count`, the names of the
    sort parameters, and the cursor if `after`."""
    source = _source(shape, driven)
    found = _matching(source, shape, driven)
    if order not in (NEWEST, OLDEST):
        keys, ranked = sorted_keys(found, order, after)
    else:
        forward = order == OLDEST
        if after:
            found = found.where(_beyond(source, forward))
        columns = tuple(found.selected_columns)
        limit = bindparam("count", type_=BigInteger)
        keys = found.order_by(*_directed(columns, forward)).limit(limit).subquery()
        ranked = _directed((keys.c.updated, keys.c.rid), forward)
    resource = fhir_resource
    sort_keys = [column for column in keys.c if column.name.startswith("key")]
    # An outer join, though every key has its resource: it tells SQLite which table comes first.
    joined = keys.outerjoin(resource, and_(resource.c.rid == keys.c.rid, *owned(resource)))
    return (
        select(
            resource.c.rid, resource.c.vid, resource.c.updated, resource.c.content, *sort_keys
        )
        .select_from(joined)
        .order_by(*ranked)
    )


@lru_cache(maxsize=SHAPES)
def total(shape: Shape, driven: bool) -> Select[Any]:
    """How many resources match."""
    found = _matching(_source(shape, driven), shape, driven).subquery()
    return select(func.count()).select_from(found)


@lru_cache(maxsize=SHAPES)
def guarded(shape: Shape, driven: bool) -> Insert:
    """An INSERT of a resource that does nothing when one matches: conditional creation."""
    table = fhir_resource
    columns = ("tenant_id", "service", "rtype", "rid", "vid", "updated", "content")
    values = [bindparam(name, type_=table.c[name].type) for name in columns]
    found = _matching(_source(shape, driven), shape, driven)
    return insert(table).from_select(columns, select(*values).where(not_(exists(found))))


def _rank(criterion: Criterion) -> int:
    """How little a search costs that starts from this criterion; 5 and above: do not.

    2 and 4 cost as much as there are matches, see `doubtful`.
    """
    forms = {*criterion.forms}
    whole = criterion.missing is not None or criterion.negated or "s" in forms
    if whole or criterion.kind in ("date", "updated", "number", "quantity"):
        return 9
    few = criterion.selective or len(criterion.values) == 1
    if criterion.links or forms & {"k", "b"}:
        return 4 if few else 9
    if criterion.kind == "id":
        return 0
    if criterion.selective:
        return 1
    if criterion.kind == "string":
        return 2
    return 3 if few else 9


def _source(shape: Shape, driven: bool) -> FromClause:
    """What has `updated` and `rid` of every resource that the first criterion lets through, or of
    all resources when the search does not start from it."""
    if not driven:
        return fhir_resource.alias("d")
    if shape[0].steps or shape[0].kind not in INDEXES:
        return _by_keys(shape[0])
    return INDEXES[shape[0].kind].alias("d")


def _by_keys(first: Wanted) -> FromClause:
    """The resources of a few ids. Each is looked up by its whole key: left to itself, SQLite walks
    all resources because another index has their order."""
    keys = keys_of(0, first).subquery("k")
    resource = fhir_resource.alias("r")
    updated = select(resource.c.updated).where(
        *owned(resource), resource.c.rid == keys.c.rid
    ).scalar_subquery()
    return select(keys.c.rid, updated.label("updated")).subquery("d")


def _matching(source: FromClause, shape: Shape, driven: bool) -> Select[Any]:
    """Distinct (updated, rid) of what matches every criterion."""
    first = shape[0] if driven else None
    conditions: list[ColumnElement[bool]] = []
    if first is not None and (first.steps or first.kind not in INDEXES):
        conditions.append(source.c.updated.is_not(None))
    else:
        conditions += owned(source)
        if first is not None:
            conditions += [source.c.param == bindparam("p0"), any_of(source, 0, first)]
    others = list(enumerate(shape))[1 if driven else 0:]
    conditions += [condition(source, i, wanted) for i, wanted in others]
    return select(source.c.updated, source.c.rid).where(*conditions).distinct()


def _directed(
    columns: Sequence[ColumnElement[Any]], forward: bool
) -> list[ColumnElement[Any]]:
    return [column.asc() if forward else column.desc() for column in columns]


def _beyond(source: FromClause, forward: bool) -> ColumnElement[bool]:
    """Strictly after the cursor; the first term is a range of index."""
    updated, rid = source.c.updated, source.c.rid
    last = bindparam("after_updated", type_=BigInteger)
    last_rid = bindparam("after_rid", type_=Text)
    if forward:
        until = bindparam("until", type_=BigInteger)
        return and_(
            updated >= last, updated <= until, or_(updated > last, rid > last_rid)
        )
    return and_(updated <= last, or_(updated < last, rid < last_rid))
