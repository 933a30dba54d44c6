"""The unique prescription number, made by the prescriber's software before registration."""

from __future__ import annotations

from services.kernel.clock import SECOND
from services.scenarios.vendor import Vendor

# DEFAULT(number): the official alphabet and the widths of the four numbers are not public.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERSION = "01"
SOFTWARE = 2026


def new_number(vendor: Vendor) -> str:
    """18 characters: version 2, seconds 7, software 4, noise 5, in base 32."""
    noise = int(vendor.ids.digits(7))
    seconds = vendor.clock.now() // SECOND
    return VERSION + _base32(seconds, 7) + _base32(SOFTWARE, 4) + _base32(noise, 5)


def _base32(value: int, width: int) -> str:
    characters = []
    for _ in range(width):
        value, digit = divmod(value, 32)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))
