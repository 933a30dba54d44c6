"""Values: what an item is worth, equality, order of instants and numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.model import Node

_INSTANT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"T?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?", re.ASCII)
_TEMPORAL = frozenset({"date", "dateTime", "instant", "time"})


class Instant(str):
    """A literal such as `@2024-01-31`."""

    __slots__ = ()


def plain(item: Any) -> Any:
    """The JSON value of an item."""
    return item.value if isinstance(item, Node) else item


def boolean(items: list[Any]) -> bool | None:
    """An operand of logic: None for nothing; a single item that is no boolean is true."""
    if not items:
        return None
    if len(items) > 1:
        raise Undecidable("plusieurs valeurs où une seule est attendue")
    value = plain(items[0])
    return value if type(value) is bool else True


def single(items: list[Any]) -> Any:
    """The one item's value, None for nothing. Raises Undecidable for several."""
    if not items:
        return None
    if len(items) > 1:
        raise Undecidable("plusieurs valeurs où une seule est attendue")
    return plain(items[0])


def equal(left: list[Any], right: list[Any]) -> bool | None:
    """`=`: None when either side is empty."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    undecided = False
    for one, other in zip(left, right, strict=True):
        same = same_item(one, other)
        if same is False:
            return False
        undecided = undecided or same is None
    return None if undecided else True


def same_item(one: Any, other: Any) -> bool | None:
    """Equality of two items; None for instants of unequal precision."""
    left, right = plain(one), plain(other)
    if _temporal(one) or _temporal(other):
        if left == right:
            return True
        order = _order_instants(str(left), str(right))
        return None if order is None else order == 0
    if type(left) is bool or type(right) is bool:
        return left is right
    return bool(left == right)


def order(one: Any, other: Any) -> int | None:
    """-1, 0, 1; None for instants that agree as far as the coarser goes. Raises Undecidable."""
    left, right = plain(one), plain(other)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return (left > right) - (left < right)
    if _temporal(one) or _temporal(other):
        return _order_instants(str(left), str(right))
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _order_quantities(left, right)
    raise Undecidable("valeurs qui ne se comparent pas")


def _order_quantities(left: dict[str, Any], right: dict[str, Any]) -> int | None:
    if (left.get("code"), left.get("system")) != (right.get("code"), right.get("system")):
        return None
    one, other = left.get("value"), right.get("value")
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return (one > other) - (one < other)
    return None


def _temporal(item: Any) -> bool:
    return isinstance(item, Instant) or (isinstance(item, Node) and item.code in _TEMPORAL)


def _order_instants(left: str, right: str) -> int | None:
    one, other = _parts(left), _parts(right)
    if one is None or other is None:
        raise Undecidable("instant illisible")
    for first, second in zip(one, other, strict=False):
        if first != second:
            return -1 if first < second else 1
    return 0 if len(one) == len(other) else None


def _parts(text: str) -> tuple[float, ...] | None:
    """Year to second, as far as it goes; in UTC when a zone is given."""
    if clock := _CLOCK.fullmatch(text):
        return tuple(_seconds(clock.groups()))
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    *fields, fraction, zone = match.groups()
    numbers = [int(each) for each in fields if each is not None]
    if zone and zone != "Z" and len(numbers) >= 5:
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        shift = timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
        try:
            year, month, day, hour, minute = numbers[:5]
            moved = datetime(year, month, day, hour, minute, tzinfo=UTC) - shift
        except (ValueError, OverflowError):
            return None
        numbers[:5] = [moved.year, moved.month, moved.day, moved.hour, moved.minute]
    found: list[float] = [*numbers]
    if len(found) == 6 and fraction:
        found[5] += float(f"0.{fraction}")
    return tuple(found)


def _seconds(groups: tuple[str | None, ...]) -> list[float]:
    found = [float(each) for each in groups[:3] if each is not None]
    if groups[3] and len(found) == 3:
        found[2] += float(f"0.{groups[3]}")
    return found


def contains(items: list[Any], one: Any) -> bool:
    """Whether a collection has an item."""
    return any(same_item(each, one) is True for each in items)


def distinct(items: list[Any]) -> list[Any]:
    """Without repetition; hashed where it can be."""
    seen: set[Any] = set()
    kept: list[Any] = []
    for each in items:
        value = plain(each)
        if isinstance(value, (str, int, float)):
            key = (type(value) is bool, value)
            if key not in seen:
                seen.add(key)
                kept.append(each)
        elif not contains([one for one in kept if isinstance(plain(one), (dict, list))], each):
            kept.append(each)
    return kept
