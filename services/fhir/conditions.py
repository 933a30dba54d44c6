"""Criteria as SQL conditions on the index tables: names and values are bound, shapes are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    bindparam,
    exists,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)

from services.fhir.criteria import Criterion, identifier_of
from services.fhir.tables import INDEXES, fhir_reference, fhir_resource
from services.fhir.values import LIKE_ESCAPE
from services.kernel.schema import TEXT

_TABLE_OF = {"uri": "token", "number": "quantity"}
_COLUMNS = {"token": ("system", "code"), "reference": ("target_type", "target_id")}
_FORMS = {"sc": (0, 1), "s": (0,), "c": (1,), "ti": (0, 1), "i": (1,)}
_UNITS = {"c": ("code",), "sc": ("system", "code")}


class Wanted(NamedTuple):
    """One criterion without its values. steps: whether each link of its way is reversed."""

    kind: str
    forms: tuple[str, ...]
    missing: bool | None
    negated: bool
    steps: tuple[bool, ...]


Shape = tuple[Wanted, ...]


def shape_of(criteria: Sequence[Criterion]) -> Shape:
    return tuple(
        Wanted(
            _TABLE_OF.get(each.kind, each.kind), each.forms, each.missing, each.negated,
            tuple(link.reverse for link in each.links),
        )
        for each in criteria
    )


def bound(criteria: Sequence[Criterion]) -> dict[str, str | int]:
    """What the conditions of these criteria bind, by name."""
    parameters: dict[str, str | int] = {}
    for i, each in enumerate(criteria):
        parameters[f"p{i}"] = each.param
        if each.missing is not None:
            parameters[f"p{i}_identifier"] = identifier_of(each.param)
        for k, link in enumerate(each.links):
            parameters[f"l{i}_{k}_param"] = link.param
            parameters[f"l{i}_{k}_type"] = link.target
        for j, (form, values) in enumerate(zip(each.forms, each.values, strict=True)):
            table = _TABLE_OF.get(each.kind, each.kind)
            places = _FORMS.get(form) if table in _COLUMNS else None
            for place, value in zip(places or range(len(values)), values, strict=True):
                parameters[f"v{i}_{j}_{place}"] = value
    return parameters


def owned(table: FromClause, rtype: str = "rtype") -> tuple[ColumnElement[bool], ...]:
    """The tenant's rows of one service and type; rtype: name under which the type is bound."""
    return (
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.service == bindparam("service"),
        table.c.rtype == bindparam(rtype),
    )


_ONE_ROW: ColumnElement[int] = literal_column("1")
_FROM_THE_FIRST: ColumnElement[int] = literal_column("0")


def condition(source: FromClause, i: int, wanted: Wanted) -> ColumnElement[bool]:
    """What criterion i asks of the resource that `source` has in `rid` and `updated`."""
    if wanted.steps:
        return _leads(source.c.rid, i, wanted, 0, "rtype")
    if wanted.kind not in INDEXES:
        return any_of(source, i, wanted)
    table = INDEXES[wanted.kind].alias(f"t{i}")
    conditions = [
        *owned(table), table.c.rid == source.c.rid, table.c.param == bindparam(f"p{i}")
    ]
    if wanted.forms:
        conditions.append(any_of(table, i, wanted))
    # Row by row: PostgreSQL takes an EXISTS without OFFSET for a join, underestimates what has one
    # value of five columns, and reads it all. `updated` makes either index of the table a key.
    conditions.append(table.c.updated == source.c.updated)
    tested = select(table.c.rid).where(*conditions).limit(_ONE_ROW).offset(_FROM_THE_FIRST)
    found: ColumnElement[bool] = exists(tested.correlate(source))
    if wanted.kind == "reference" and wanted.missing is not None:
        found = or_(found, _identified(source, i))
    return not_(found) if wanted.missing or wanted.negated else found


def _identified(source: FromClause, i: int) -> ColumnElement[bool]:
    """Whether the reference of criterion i is one by identifier: it is not missing then."""
    table = INDEXES["token"].alias(f"i{i}")
    return exists(select(table.c.rid).where(
        *owned(table), table.c.rid == source.c.rid, table.c.param == bindparam(f"p{i}_identifier")
    ).correlate(source))


def keys_of(i: int, wanted: Wanted) -> Select[Any] | CompoundSelect[Any]:
    """The ids (`rid`) that criterion i names or leads from; some may be named twice."""
    if wanted.steps:
        return _led(i, wanted, 0, "rtype")
    names = [f"v{i}_{j}_0" for j in range(len(wanted.forms))]
    return union_all(*(select(bindparam(name, type_=TEXT).label("rid")) for name in names))


def any_of(table: FromClause, i: int, wanted: Wanted) -> ColumnElement[bool]:
    """Whether a row of the index (or of the resources) has any of the values of criterion i."""
    return or_(*(
        _one(table, wanted.kind, form, f"v{i}_{j}") for j, form in enumerate(wanted.forms)
    ))


def leading(table: FromClause, i: int, wanted: Wanted) -> ColumnElement[bool]:
    """The same among the rows that a search may start from, the only ones in the index by value;
    references are all in theirs."""
    found = any_of(table, i, wanted)
    return and_(table.c.leads == literal_column("1"), found) if "leads" in table.c else found


def _led(i: int, wanted: Wanted, k: int, rtype: str) -> Select[Any]:
    """Ids of the resources (type bound as `rtype`) whose links from k on lead to a match: where a
    search starts."""
    if k == len(wanted.steps):
        table, conditions = _leaf(i, wanted, rtype, leading)
        return select(table.c.rid).where(*conditions)
    near, far, conditions = _link(i, wanted, k, rtype)
    found = far.in_(_led(i, wanted, k + 1, f"l{i}_{k}_type"))
    last = k == len(wanted.steps) - 1
    met = not_(found) if wanted.negated and last else found
    return select(near.label("rid")).where(*conditions, met)


def _leads(
    rid: ColumnElement[str], i: int, wanted: Wanted, k: int, rtype: str
) -> ColumnElement[bool]:
    """Whether links from k on lead from one resource to a match: what a search tests."""
    if k == len(wanted.steps):
        table, conditions = _leaf(i, wanted, rtype, any_of)
        found = exists(select(table.c.rid).where(*conditions, table.c.rid == rid))
        return not_(found) if wanted.negated else found
    near, far, conditions = _link(i, wanted, k, rtype)
    met = _leads(far, i, wanted, k + 1, f"l{i}_{k}_type")
    return exists(select(near).where(*conditions, near == rid, met))


def _leaf(
    i: int, wanted: Wanted, rtype: str,
    compared: Callable[[FromClause, int, Wanted], ColumnElement[bool]],
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The table where the values of criterion i are, at the end of its links.

    compared: `leading` where a search starts from them, else `any_of`.
    """
    table = INDEXES.get(wanted.kind, fhir_resource).alias(f"t{i}")
    named = [table.c.param == bindparam(f"p{i}")] if wanted.kind in INDEXES else []
    return table, [*owned(table, rtype), *named, compared(table, i, wanted)]


def _link(
    i: int, wanted: Wanted, k: int, rtype: str
) -> tuple[ColumnElement[str], ColumnElement[str], list[ColumnElement[bool]]]:
    """One step: the id at this end, the id at the other, what the reference must be."""
    link, target = fhir_reference.alias(f"r{i}_{k}"), f"l{i}_{k}_type"
    back = wanted.steps[k]
    near, far = (link.c.target_id, link.c.rid) if back else (link.c.rid, link.c.target_id)
    return near, far, [
        *owned(link, target if back else rtype), link.c.param == bindparam(f"l{i}_{k}_param"),
        link.c.target_type == bindparam(rtype if back else target),
    ]


def _one(table: FromClause, kind: str, form: str, name: str) -> ColumnElement[bool]:
    match kind:
        case "id":
            return table.c.rid == bindparam(f"{name}_0")
        case "updated":
            return _updated(table.c.updated, form, name)
        case "date":
            return _interval(table.c.lo, table.c.hi, form, name)
        case "quantity":
            return _quantity(table, form, name)
        case "string":
            return _string(table, form, name)
    if form == "b":
        return _range(table.c.code, name)
    columns = _COLUMNS[kind]
    return and_(*(table.c[columns[n]] == bindparam(f"{name}_{n}") for n in _FORMS[form]))


def _string(table: FromClause, form: str, name: str) -> ColumnElement[bool]:
    if form == "x":  # a range of one value: told that it is equal, SQLite prefers the primary key
        norm: ColumnElement[str] = bindparam(f"{name}_0")
        return and_(
            table.c.norm >= norm, table.c.norm <= norm, table.c.exact == bindparam(f"{name}_1")
        )
    if form == "k":
        return table.c.norm.like(bindparam(f"{name}_0"), escape=LIKE_ESCAPE)
    return _range(table.c.norm, name)


def _range(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    return and_(column >= bindparam(f"{name}_0"), column < bindparam(f"{name}_1"))


def _interval(
    lo: ColumnElement[int], hi: ColumnElement[int], form: str, name: str
) -> ColumnElement[bool]:
    """FHIR R4 §3.1.1.4.9: comparisons of intervals, [lo, hi[ stored against [low, high[ asked.

    Where one bound alone would do, the other is still said: an index has one of them.
    """
    low, high = _bounds(name)
    within = and_(lo >= low, hi <= high)
    compared: Mapping[str, ColumnElement[bool]] = {
        "eq": and_(within, lo < high), "ne": not_(within), "gt": hi > high, "lt": lo < low,
        "ge": and_(hi > low, or_(hi > high, lo >= low)),
        "le": and_(lo < high, or_(lo < low, hi <= high)),
        "sa": lo >= high, "eb": hi <= low, "ap": and_(lo < high, hi > low),
    }
    return compared[form]


def _updated(updated: ColumnElement[int], form: str, name: str) -> ColumnElement[bool]:
    """The same of one instant: every form but `ne` is a range of index."""
    low, high = _bounds(name)
    compared: Mapping[str, ColumnElement[bool]] = {
        "ne": or_(updated < low, updated >= high), "gt": updated >= high, "lt": updated < low,
        "ge": updated >= low, "le": updated < high, "sa": updated >= high, "eb": updated < low,
    }
    return compared.get(form, and_(updated >= low, updated < high))


def _quantity(table: FromClause, form: str, name: str) -> ColumnElement[bool]:
    """FHIR R4 §3.1.1.4.8: [lo, hi] stored, a point unless it was a range; only `eq` and `ne`
    have the precision that the digits imply."""
    prefix, _, unit = form.partition(" ")
    lo, hi = table.c.lo, table.c.hi
    low, high = _bounds(name)
    within = and_(lo >= low, hi < high)
    compared: Mapping[str, ColumnElement[bool]] = {
        "eq": and_(within, lo < high), "ne": not_(within), "gt": hi > low, "lt": lo < low,
        "ge": hi >= low,
        "le": lo <= low, "sa": lo > low, "eb": hi < low, "ap": and_(lo <= high, hi >= low),
    }
    same_unit = [
        table.c[column] == bindparam(f"{name}_{n}")
        for n, column in enumerate(_UNITS.get(unit, ()), 2)
    ]
    return and_(compared[prefix], *same_unit)


def _bounds(name: str) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return (
        bindparam(f"{name}_0", type_=BigInteger), bindparam(f"{name}_1", type_=BigInteger)
    )
