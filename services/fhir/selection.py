"""SELECT statements of searches, composed once per shape of query.

A shape is what criteria look like without their values (kinds, forms, number of values); names of
parameters and values are bound. Identical shapes share one statement, hence one compiled text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
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
    bound,
    condition,
    keys_of,
    leading,
    owned,
    shape_of,
)
from services.fhir.criteria import Criterion
from services.fhir.sorting import NEWEST, OLDEST, Order, sorted_keys
from services.fhir.tables import INDEXES, fhir_resource

__all__ = [
    "Start", "bound", "guarded", "page", "probe", "settled", "shape_of", "start", "total",
]

SHAPES = 256
MANY = 1000
"""Matches that are sorted rather than met on a walk in the order of the page."""
CONTENDERS = 4
_ID, _SELECTIVE, _STRING, _TOKEN, _SPREAD, _WIDE, _NEVER = range(7)
_OUTSIDE = {f"ne{unit}" for unit in ("", " c", " sc")}


class Start(NamedTuple):
    """How a search starts. criteria: the first one leads, when `driven`; contenders: what is to
    be counted before that is settled, see `settled`."""

    criteria: list[Criterion]
    driven: bool
    contenders: list[Criterion]


def start(criteria: Sequence[Criterion]) -> Start:
    """Where a search of these criteria starts: from what few resources meet.

    A search that no criterion leads walks the resources in the order of its page and tests each:
    right when many match. Where neither is plain from the criteria, those that could lead are
    counted, as far as MANY.
    """
    ranked = sorted(criteria, key=_rank)
    best = _rank(ranked[0]) if ranked else _NEVER
    if best < _STRING:
        return Start(ranked, True, [])
    contenders = [each for each in ranked if _rank(each) < _WIDE][:CONTENDERS]
    if not contenders:
        contenders = [each for each in ranked[:1] if best == _WIDE]
    if len(contenders) == 1 and best == _TOKEN:
        contenders = []
    return Start(ranked, best < _NEVER, contenders)


def settled(begun: Start, counts: Sequence[int], paged: bool) -> Start:
    """The start, once its contenders are counted. paged: whether the page has the order of the
    walk; otherwise all matches are needed, and the walk is worth nothing."""
    least = min(range(len(counts)), key=counts.__getitem__)
    first = begun.contenders[least]
    if counts[least] >= MANY and paged:
        first = next((each for each in begun.contenders if _rank(each) == _TOKEN), first)
    others = [each for each in begun.criteria if each is not first]
    led = counts[least] < MANY or not paged or _rank(first) == _TOKEN
    return Start([first, *others], led, [])


@lru_cache(maxsize=SHAPES)
def probe(shape: Shape) -> Select[Any]:
    """One row: how many index rows meet each criterion, at most MANY."""
    return select(*(
        select(func.count()).select_from(
            _met(i, wanted).limit(literal_column(str(MANY))).subquery()
        ).scalar_subquery().label(f"n{i}")
        for i, wanted in enumerate(shape)
    ))


def _met(i: int, wanted: Wanted) -> Select[Any] | CompoundSelect[Any]:
    """The index rows, or what a chain leads to, that meet criterion i."""
    if wanted.steps:
        return keys_of(i, wanted)
    table = INDEXES[wanted.kind].alias(f"d{i}")
    return select(table.c.rid).where(
        *owned(table), table.c.param == bindparam(f"p{i}"), leading(table, i, wanted)
    )


@lru_cache(maxsize=SHAPES)
def page(shape: Shape, driven: bool, after: bool, order: Order = NEWEST) -> Select[Any]:
    """Rows (rid, vid, updated, content, sort keys…) in order. Binds `count`, the names of the
    sort parameters, and the cursor if `after`."""
    found = _matching(_source(shape, driven), shape, driven)
    if order not in (NEWEST, OLDEST):
        keys, ranked = sorted_keys(found, order, after)
    else:
        forward = order == OLDEST
        if after:
            updated, rid = found.selected_columns
            found = found.where(_beyond(updated, rid, forward))
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
    """How little a search costs that starts from this criterion, as far as its form tells."""
    forms, few = {*criterion.forms}, len(criterion.values) == 1
    if not criterion.leads:
        return _NEVER
    if criterion.missing is not None or criterion.negated or forms & {"s", *_OUTSIDE}:
        return _NEVER
    if criterion.links or "k" in forms:
        return _WIDE if criterion.selective or few else _NEVER
    if criterion.kind == "id":
        return _ID
    if criterion.kind in ("date", "number", "quantity"):
        return _SPREAD if few else _NEVER
    if criterion.kind == "updated":
        return _NEVER
    if criterion.selective:
        return _SELECTIVE
    if criterion.kind == "string":
        return _STRING
    return _TOKEN if few and "b" not in forms else _SPREAD


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
            conditions += [source.c.param == bindparam("p0"), leading(source, 0, first)]
    others = list(enumerate(shape))[1 if driven else 0:]
    conditions += [condition(source, i, wanted) for i, wanted in others]
    return select(source.c.updated, source.c.rid).where(*conditions).distinct()


def _directed(
    columns: Sequence[ColumnElement[Any]], forward: bool
) -> list[ColumnElement[Any]]:
    return [column.asc() if forward else column.desc() for column in columns]


def _beyond(
    updated: ColumnElement[int], rid: ColumnElement[str], forward: bool
) -> ColumnElement[bool]:
    """Strictly after the cursor; the first term is a range of index."""
    last = bindparam("after_updated", type_=BigInteger)
    last_rid = bindparam("after_rid", type_=Text)
    if forward:
        until = bindparam("until", type_=BigInteger)
        return and_(
            updated >= last, updated <= until, or_(updated > last, rid > last_rid)
        )
    return and_(updated <= last, or_(updated < last, rid < last_rid))
