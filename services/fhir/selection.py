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
    not_,
    or_,
    select,
)

from services.fhir.conditions import Shape, any_of, bound, condition, owned, shape_of
from services.fhir.criteria import Criterion
from services.fhir.sorting import NEWEST, OLDEST, Order, sorted_keys
from services.fhir.tables import INDEXES, fhir_resource

__all__ = ["bound", "guarded", "ordered", "page", "shape_of", "total"]

SHAPES = 256


def ordered(criteria: Sequence[Criterion]) -> tuple[list[Criterion], bool]:
    """The criteria, and whether the first is fit to start the search from."""
    ranked = sorted(criteria, key=_rank)
    return ranked, bool(ranked) and _rank(ranked[0]) < 4


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
        columns = (source.c.updated, source.c.rid)
        limit = bindparam("count", type_=BigInteger)
        keys = found.order_by(*_directed(columns, forward)).limit(limit).subquery()
        ranked = _directed((keys.c.updated, keys.c.rid), forward)
    resource = fhir_resource
    sort_keys = [column for column in keys.c if column.name.startswith("key")]
    return (
        select(
            resource.c.rid, resource.c.vid, resource.c.updated, resource.c.content, *sort_keys
        )
        .select_from(keys.join(resource, resource.c.rid == keys.c.rid))
        .where(*owned(resource))
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
    """How little a search costs that starts from this criterion; 4 and above: do not."""
    forms = criterion.forms
    whole = criterion.missing is not None or criterion.negated or {"s", "k", "b"} & {*forms}
    if whole or criterion.kind in ("date", "updated", "number", "quantity"):
        return 9
    if criterion.links:
        return 3 if criterion.selective or len(criterion.values) == 1 else 9
    if criterion.kind == "id":
        return 0
    if criterion.selective:
        return 1
    if criterion.kind == "string":
        return 2
    return 3 if len(criterion.values) == 1 else 9


def _source(shape: Shape, driven: bool) -> FromClause:
    if driven and not shape[0].steps and shape[0].kind in INDEXES:
        return INDEXES[shape[0].kind].alias("d")
    return fhir_resource.alias("d")


def _matching(source: FromClause, shape: Shape, driven: bool) -> Select[Any]:
    """Distinct (updated, rid) of what matches every criterion."""
    conditions = list(owned(source))
    for i, wanted in enumerate(shape):
        if i == 0 and driven and not wanted.steps and wanted.kind in INDEXES:
            conditions += [source.c.param == bindparam("p0"), any_of(source, 0, wanted)]
        else:
            conditions.append(condition(source, i, wanted))
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
