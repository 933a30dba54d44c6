"""JSON values of FHIR primitives: one test per type, every pattern linear.

Source: FHIR R4 §2.24.0.1 (datatypes.html) and §2.6.2 (json.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Test = Callable[[Any], bool]

_MOST_INTEGER = 2_147_483_647
_YEAR = r"[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3}"
_DAY = r"(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_DATE = re.compile(rf"({_YEAR})(-{_DAY})?)?", re.ASCII)
_DATE_TIME = re.compile(rf"({_YEAR})(-{_DAY}(T{_CLOCK}{_ZONE})?)?)?", re.ASCII)
_INSTANT = re.compile(rf"({_YEAR})-{_DAY})T{_CLOCK}{_ZONE}", re.ASCII)
_TIME = re.compile(_CLOCK, re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+", re.ASCII)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BASE64 = re.compile(r"[0-9A-Za-z+/\s]*[=\s]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _string(value: object) -> bool:
    return type(value) is str and value != "" and (
        value.isprintable() or not _CONTROL.search(value)
    )


def _boolean(value: object) -> bool:
    return type(value) is bool


def _integer(value: object) -> bool:
    return type(value) is int and -_MOST_INTEGER - 1 <= value <= _MOST_INTEGER


def _unsigned(value: object) -> bool:
    return type(value) is int and 0 <= value <= _MOST_INTEGER


def _positive(value: object) -> bool:
    return type(value) is int and 1 <= value <= _MOST_INTEGER


def _decimal(value: object) -> bool:
    return type(value) is float or type(value) is int


def _date(value: object) -> bool:
    return type(value) is str and _DATE.fullmatch(value) is not None and _real_day(value)


def _date_time(value: object) -> bool:
    return type(value) is str and _DATE_TIME.fullmatch(value) is not None and _real_day(value)


def _instant(value: object) -> bool:
    return type(value) is str and _INSTANT.fullmatch(value) is not None and _real_day(value)


def _real_day(value: str) -> bool:
    """February has no thirtieth day."""
    if len(value) < 10 or (day := int(value[8:10])) < 29:
        return True
    month, year = int(value[5:7]), int(value[:4])
    if month == 2 and day == 29:
        return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _DAYS[month - 1]


def _base64(value: object) -> bool:
    if type(value) is not str or value == "":
        return False
    if value.isalnum() and value.isascii() and len(value) % 4 == 0:
        return True
    if _BASE64.fullmatch(value) is None:
        return False
    signs = len(value) - sum(value.count(blank) for blank in " \t\r\n\x0b\x0c")
    return signs % 4 == 0 and value.count("=") <= 2


def _matching(pattern: re.Pattern[str]) -> Test:
    match = pattern.fullmatch

    def test(value: object) -> bool:
        return type(value) is str and match(value) is not None

    return test


def _code(value: object) -> bool:
    # Words with one space between them: split at blanks and joined again, it is the same.
    return type(value) is str and value != "" and " ".join(value.split()) == value


def _uri(value: object) -> bool:
    # Without blanks: whatever is split at them stays whole.
    return type(value) is str and value.split() == [value]


TESTS: dict[str, Test] = {
    "base64Binary": _base64, "boolean": _boolean, "canonical": _uri, "code": _code,
    "date": _date, "dateTime": _date_time, "decimal": _decimal, "id": _matching(_ID),
    "instant": _instant, "integer": _integer, "markdown": _string, "oid": _matching(_OID),
    "positiveInt": _positive, "string": _string, "time": _matching(_TIME),
    "unsignedInt": _unsigned, "uri": _uri, "url": _uri, "uuid": _matching(_UUID),
    "xhtml": _string,
}
"""Primitive type → whether a JSON value is one of its values."""

JSON_KIND = {
    "boolean": "boolean", "integer": "number", "unsignedInt": "number", "positiveInt": "number",
    "decimal": "number",
}
"""JSON type of a primitive; a string otherwise."""


def json_kind(value: object) -> str:
    """What JSON calls a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
