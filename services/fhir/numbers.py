"""Numbers as integers in the same order, so that they live in integer columns.

A number becomes the bits of its nearest double, turned so that greater numbers give greater
integers. Searches compare with half-open intervals: an implicit precision is a width.
"""

from __future__ import annotations

import re
import struct
from decimal import Decimal

_FORM = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
LOWEST = -(1 << 63)
HIGHEST = (1 << 63) - 1
_TURN = (1 << 63) - 1


def ordered(value: Decimal | float) -> int:
    """The 64-bit integer of a number; the order of numbers is kept, -0 is 0."""
    bits: int = struct.unpack(">q", struct.pack(">d", float(value) + 0.0))[0]
    return bits if bits >= 0 else bits ^ _TURN


def exact(text: str) -> Decimal:
    """The number as written. Raises ValueError."""
    if _FORM.fullmatch(text) is None:
        raise ValueError(text)
    return Decimal(text)


def implied(text: str) -> tuple[Decimal, Decimal]:
    """[lo, hi[ that a search means by a number: half a unit of its last digit around it.

    FHIR R4 §3.1.1.4.8: 100 is [99.5, 100.5[, 100.00 is [99.995, 100.005[. Raises ValueError.
    """
    number = exact(text)
    exponent = number.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return number - half, number + half


def around(text: str) -> tuple[Decimal, Decimal]:
    """[lo, hi] of `ap`: the number, ten per cent more or less. Raises ValueError."""
    number = exact(text)
    tenth = abs(number) / 10
    return number - tenth, number + tenth
