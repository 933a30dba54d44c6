"""Numbers as ordered integers, and the precision that a spelling implies."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fhir.numbers import around, exact, implied, ordered

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite)
def test_the_order_is_kept(one: float, other: float) -> None:
    assert (one < other) == (ordered(one) < ordered(other))
    assert (one == other) == (ordered(one) == ordered(other))
    assert -(1 << 63) <= ordered(one) < 1 << 63


@pytest.mark.parametrize(("text", "lo", "hi"), [
    ("100", "99.5", "100.5"), ("100.00", "99.995", "100.005"), ("1e2", "50", "150"),
    ("-5.4", "-5.45", "-5.35"), ("0", "-0.5", "0.5"), ("+7", "6.5", "7.5"),
])
def test_digits_imply_a_precision(text: str, lo: str, hi: str) -> None:
    assert implied(text) == (Decimal(lo), Decimal(hi))


def test_about_is_ten_per_cent() -> None:
    assert around("-50") == (Decimal(-55), Decimal(-45))


@pytest.mark.parametrize("text", ["", "x", "1,5", "1.", ".5", "1e999", "٣", "NaN", "1" * 40, "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        exact(text)
