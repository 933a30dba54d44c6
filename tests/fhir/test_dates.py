"""Dates as intervals: the width is the precision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fhir.dates import EVER_AFTER, EVER_BEFORE, interval, period
from services.kernel.clock import SECOND


def at(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(("text", "lo", "hi"), [
    ("2024", at(2024, 1, 1), at(2025, 1, 1)),
    ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
    ("2023-12", at(2023, 12, 1), at(2024, 1, 1)),
    ("9999", at(9999, 1, 1), EVER_AFTER),
    ("9999-12-31", at(9999, 12, 31), at(9999, 12, 31) + 86_400 * SECOND),
    ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
    ("2024-01-01T10:00", at(2024, 1, 1, 10), at(2024, 1, 1, 10, 1)),
    ("2024-01-01T10:00:05Z", at(2024, 1, 1, 10, 0, 5), at(2024, 1, 1, 10, 0, 6)),
    ("2024-01-01T01:00:00+02:00", at(2023, 12, 31, 23), at(2023, 12, 31, 23) + SECOND),
    ("2024-01-01T10:00:00.5-01:00", at(2024, 1, 1, 11) + 500_000, at(2024, 1, 1, 11) + 600_000),
    ("2024-01-01T10:00:00.123456789Z",
     at(2024, 1, 1, 10) + 123_456, at(2024, 1, 1, 10) + 123_457),
])
def test_precision_is_width(text: str, lo: int, hi: int) -> None:
    assert interval(text) == (lo, hi)


@pytest.mark.parametrize("text", [
    "", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-01-01T", "2024-01-01T25:00",
    "2024-01-01T10:60", "2024-01-01T10:00:61Z", "2024-01-01T10:00+25:00", "2024-01-01T10Z",
    "0000", "٢٠٢٤", "2024-01-01 10:00",
])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        interval(text)


def test_an_open_period_has_no_bound() -> None:
    assert period("2024", "") == (at(2024, 1, 1), EVER_AFTER)
    assert period("", "2024") == (EVER_BEFORE, at(2025, 1, 1))


@given(st.datetimes())
def test_a_finer_spelling_lies_within_a_coarser_one(moment: datetime) -> None:
    text = moment.isoformat(timespec="microseconds")
    outer = None
    for length in (4, 7, 10, 16, 19, 21, 26):
        lo, hi = interval(text[:length])
        assert lo < hi
        assert outer is None or (outer[0] <= lo and hi <= outer[1])
        outer = (lo, hi)
