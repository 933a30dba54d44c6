"""FHIR dates and instants as half-open intervals of microseconds: precision is width."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from services.kernel.clock import SECOND

EVER_BEFORE = -(1 << 62)
EVER_AFTER = 1 << 62

_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400 * SECOND


@lru_cache(maxsize=1024)
def interval(text: str) -> tuple[int, int]:
    """[lo, hi[ in microseconds since 1970 UTC. No zone means UTC. Raises ValueError."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, zone = form.groups()
    start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    if hour is None:
        return _micros(start), _end(start, month, day)
    start += timedelta(hours=_below(hour, 24), minutes=_below(minute, 60))
    start -= _offset(zone)
    if second is None:
        return _micros(start), _micros(start) + 60 * SECOND
    lo = _micros(start) + _below(second, 60) * SECOND
    if fraction is None:
        return lo, lo + SECOND
    lo += int(fraction[:6].ljust(6, "0"))
    return lo, lo + 10 ** max(0, 6 - len(fraction))


def period(start: str, end: str) -> tuple[int, int]:
    """The interval of a Period; an absent end ("") is open. Raises ValueError."""
    lo = interval(start)[0] if start else EVER_BEFORE
    hi = interval(end)[1] if end else EVER_AFTER
    return lo, hi


def _end(start: datetime, month: str | None, day: str | None) -> int:
    if day is not None:
        return _micros(start) + _DAY
    months = start.month if month is not None else 12
    if months == 12 and start.year == 9999:
        return EVER_AFTER
    return _micros(start.replace(year=start.year + months // 12, month=months % 12 + 1))


def _below(digits: str, bound: int) -> int:
    value = int(digits)
    if value >= bound:
        raise ValueError(digits)
    return value


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta()
    size = timedelta(hours=_below(zone[1:3], 15), minutes=_below(zone[4:], 60))
    return -size if zone[0] == "-" else size


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
