"""SELECT statements of searches, composed once per shape of query.

A shape is what criteria look like without their values (kinds, forms, number of values); names of
parameters and values are bound. Identical shapes share one statement, hence one compiled text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
)

from services.fhir.criteria import Criterion
from services.fhir.tables import INDEXES, fhir_resource

Shape = tuple[tuple[str, tuple[str, ...], bool | None], ...]
SHAPES = 256
_COLUMNS = {"token": ("system", "code"), "reference": ("target_type", "target_id")}
_FORMS = {"sc": (0, 1), "s": (0,), "c": (1,), "ti": (0, 1), "i": (1,)}


def ordered(criteria: Sequence[Criterion]) -> tuple[list[Criterion], bool]:
    """The criteria, and whether the first is fit to start the search from."""
    ranked = sorted(criteria, key=_rank)
    return ranked, bool(ranked) and _rank(ranked[0]) < 4


def shape_of(criteria: Sequence[Criterion]) -> Shape:
    return tuple((each.kind, each.forms, each.missing) for each in criteria)


def bound(criteria: Sequence[Criterion]) -> dict[str, str | int]:
    """What the statement of these criteria binds, by name."""
    parameters: dict[str, str | int] = {}
    for i, each in enumerate(criteria):
        parameters[f"p{i}"] = each.param
        for j, (form, values) in enumerate(zip(each.forms, each.values, strict=True)):
            places = _FORMS.get(form) or range(len(values))
            for place, value in zip(places, values, strict=True):
                parameters[f"v{i}_{j}_{place}"] = value
    return parameters


@lru_cache(maxsize=SHAPES)
def page(shape: Shape, driven: bool, after: bool) -> Select[Any]:
    """Rows (rid, vid, updated, content), newest first. Binds `count`, and the cursor if `after`."""
    source = _source(shape, driven)
    found = _matching(source, shape, driven)
    if after:
        found = found.where(_before(source))
    limit = bindparam("count", type_=BigInteger)
    keys = found.order_by(source.c.updated.desc(), source.c.rid.desc()).limit(limit).subquery()
    resource = fhir_resource
    return (
        select(resource.c.rid, resource.c.vid, resource.c.updated, resource.c.content)
        .select_from(keys.join(resource, resource.c.rid == keys.c.rid))
        .where(*_owned(resource))
        .order_by(keys.c.updated.desc(), keys.c.rid.desc())
    )


@lru_cache(maxsize=SHAPES)
def total(shape: Shape, driven: bool) -> Select[Any]:
    """How many resources match."""
    found = _matching(_source(shape, driven), shape, driven).subquery()
    return select(func.count()).select_from(found)


def _rank(criterion: Criterion) -> int:
    """How little a search costs that starts from this criterion; 4 and above: do not."""
    whole = criterion.missing is not None or "s" in criterion.forms
    if whole or criterion.kind in ("date", "updated"):
        return 9
    if criterion.kind == "id":
        return 0
    if criterion.selective:
        return 1
    if criterion.kind == "string":
        return 2
    return 3 if len(criterion.values) == 1 else 9


def _source(shape: Shape, driven: bool) -> FromClause:
    if driven and shape[0][0] in INDEXES:
        return INDEXES[shape[0][0]].alias("d")
    return fhir_resource.alias("d")


def _matching(source: FromClause, shape: Shape, driven: bool) -> Select[Any]:
    """Distinct (updated, rid) of what matches every criterion."""
    conditions = list(_owned(source))
    for i, (kind, forms, missing) in enumerate(shape):
        if i == 0 and driven and kind in INDEXES:
            conditions += [source.c.param == bindparam("p0"), _any(source, kind, i, forms)]
        elif kind in INDEXES:
            conditions.append(_elsewhere(source, kind, i, forms, missing))
        else:
            conditions.append(_any(source, kind, i, forms))
    return select(source.c.updated, source.c.rid).where(*conditions).distinct()


def _owned(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.service == bindparam("service"),
        table.c.rtype == bindparam("rtype"),
    )


def _elsewhere(
    source: FromClause, kind: str, i: int, forms: tuple[str, ...], missing: bool | None
) -> ColumnElement[bool]:
    table = INDEXES[kind].alias(f"t{i}")
    conditions = [
        *_owned(table), table.c.rid == source.c.rid, table.c.param == bindparam(f"p{i}")
    ]
    if forms:
        conditions.append(_any(table, kind, i, forms))
    found = exists(select(table.c.rid).where(*conditions).correlate(source))
    return not_(found) if missing else found


def _any(table: FromClause, kind: str, i: int, forms: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(_one(table, kind, form, f"v{i}_{j}") for j, form in enumerate(forms)))


def _one(table: FromClause, kind: str, form: str, name: str) -> ColumnElement[bool]:
    if kind == "id":
        return table.c.rid == bindparam(f"{name}_0")
    if kind == "updated":
        return _interval(table.c.updated, table.c.updated + 1, form, name)
    if kind == "date":
        return _interval(table.c.lo, table.c.hi, form, name)
    if kind == "string":
        return and_(
            table.c.norm >= bindparam(f"{name}_0"), table.c.norm < bindparam(f"{name}_1")
        )
    columns = _COLUMNS[kind]
    return and_(*(table.c[columns[n]] == bindparam(f"{name}_{n}") for n in _FORMS[form]))


def _interval(
    lo: ColumnElement[int], hi: ColumnElement[int], form: str, name: str
) -> ColumnElement[bool]:
    """FHIR R4 §3.1.1.4.9: comparisons of intervals, [lo, hi[ stored against [low, high[ asked."""
    low = bindparam(f"{name}_0", type_=BigInteger)
    high = bindparam(f"{name}_1", type_=BigInteger)
    within = and_(lo >= low, hi <= high)
    compared: Mapping[str, ColumnElement[bool]] = {
        "eq": within, "ne": not_(within), "gt": hi > high, "lt": lo < low,
        "ge": or_(hi > high, within), "le": or_(lo < low, within),
        "sa": lo >= high, "eb": hi <= low,
    }
    return compared[form]


def _before(source: FromClause) -> ColumnElement[bool]:
    """Strictly after the cursor in the order newest first; the first term is a range of index."""
    updated = bindparam("after_updated", type_=BigInteger)
    return and_(
        source.c.updated <= updated,
        or_(source.c.updated < updated, source.c.rid < bindparam("after_rid")),
    )
