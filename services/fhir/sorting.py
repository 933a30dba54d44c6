"""Orders of a search other than newest first: `_sort` by declared parameters.

The key of a resource is the least of its values when it is sorted upwards, the greatest downwards;
a resource without a value comes last. What was stored after the first page is on no later page, so
that none is seen twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from services.fhir import errors
from services.fhir.conditions import owned
from services.fhir.cursor import Position
from services.fhir.numbers import HIGHEST, LOWEST
from services.fhir.tables import INDEXES

_COLUMN = {
    "token": "code", "uri": "code", "reference": "target_id", "string": "norm", "date": "lo",
    "number": "lo", "quantity": "lo",
}
_TABLE = {"uri": "token", "number": "quantity"}
_NUMERIC = {"date", "number", "quantity", "updated"}


class SortKey(NamedTuple):
    """One key of an order. kind: of the parameter, or `id` or `updated`."""

    kind: str
    descending: bool = False


Order = tuple[SortKey, ...]
NEWEST: Order = ()
OLDEST: Order = (SortKey("updated"),)


def read_sort(value: str, kinds: dict[str, str]) -> tuple[Order, tuple[str, ...]]:
    """The order of a `_sort`, and the names to bind. kinds: what may be sorted by.

    Raises ValueError with the name that may not.
    """
    keys, names = [], []
    for part in value.split(","):
        name = part.removeprefix("-")
        if name not in kinds:
            raise ValueError(name)
        keys.append(SortKey(kinds[name], part.startswith("-")))
        names.append(name)
    if keys == [SortKey("updated", descending=True)]:
        return NEWEST, ()
    return tuple(keys), tuple(names)


def bound_names(names: Sequence[str]) -> dict[str, str]:
    """What the keys bind: the names of their parameters."""
    return {f"s{i}_param": name for i, name in enumerate(names)}


def bound_position(after: Position, order: Order) -> dict[str, int | str]:
    """What a page after `after` binds. Raises CURSOR_INVALID when it is of another order."""
    kinds = [int if key.kind in _NUMERIC else str for key in order]
    if order not in (NEWEST, OLDEST) and [type(each) for each in after.keys] != kinds:
        raise errors.CURSOR_INVALID(at="http._cursor", found=str(after.keys))
    keys = {f"after_key{i}": value for i, value in enumerate(after.keys)}
    return {
        "after_updated": after.updated, "after_rid": after.rid, "until": after.until, **keys,
    }


def sorted_keys(
    matching: Select[Any], order: Order, after: bool
) -> tuple[Subquery, list[ColumnElement[Any]]]:
    """One page of (updated, rid, key0…) of what matches, and the order of its rows."""
    found = matching.subquery()
    keyed = select(
        found.c.updated, found.c.rid,
        *(_key(found, i, each).label(f"key{i}") for i, each in enumerate(order)),
    ).subquery()
    columns = [keyed.c[f"key{i}"] for i in range(len(order))]
    limited = select(keyed)
    if after:
        until = bindparam("until", type_=BigInteger)
        limited = limited.where(keyed.c.updated <= until, _beyond(columns, keyed.c.rid, order))
    page = limited.order_by(*_ranked(columns, keyed.c.rid, order)).limit(
        bindparam("count", type_=BigInteger)
    ).subquery()
    return page, _ranked([page.c[f"key{i}"] for i in range(len(order))], page.c.rid, order)


def _key(found: Subquery, i: int, key: SortKey) -> ColumnElement[Any]:
    if key.kind in ("id", "updated"):
        column: ColumnElement[Any] = found.c["rid" if key.kind == "id" else key.kind]
        return column
    table = INDEXES[_TABLE.get(key.kind, key.kind)].alias(f"s{i}")
    value = table.c[_COLUMN[key.kind]]
    best = func.max(value) if key.descending else func.min(value)
    inner = (
        select(best).where(
            *owned(table), table.c.rid == found.c.rid, table.c.param == bindparam(f"s{i}_param")
        ).correlate(found).scalar_subquery()
    )
    return func.coalesce(inner, _last(key))


def _last(key: SortKey) -> ColumnElement[Any]:
    if key.kind in _NUMERIC:
        return bindparam(None, LOWEST if key.descending else HIGHEST, type_=BigInteger)
    return bindparam(None, "" if key.descending else "\U0010ffff", type_=Text)


def _ranked(
    columns: Sequence[ColumnElement[Any]], rid: ColumnElement[str], order: Order
) -> list[ColumnElement[Any]]:
    directed = [
        column.desc() if key.descending else column.asc()
        for column, key in zip(columns, order, strict=True)
    ]
    return [*directed, rid.asc()]


def _beyond(
    columns: Sequence[ColumnElement[Any]], rid: ColumnElement[str], order: Order
) -> ColumnElement[bool]:
    """Strictly after the cursor (after_key0…, after_rid) in this order."""
    beyond: ColumnElement[bool] = rid > bindparam("after_rid")
    for i in reversed(range(len(order))):
        kind = BigInteger if order[i].kind in _NUMERIC else Text
        last = bindparam(f"after_key{i}", type_=kind)
        further = columns[i] < last if order[i].descending else columns[i] > last
        beyond = or_(further, and_(columns[i] == last, beyond))
    return beyond
