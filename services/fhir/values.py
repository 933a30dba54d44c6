"""One value of a search parameter, by kind: what is bound, and how it is compared.

Every reader gives (form, values) pairs, joined by OR; the forms of each kind are listed in
`services.fhir.criteria.Criterion` and become SQL in `services.fhir.conditions`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NamedTuple

from services.fhir.dates import interval
from services.fhir.numbers import around, exact, implied, ordered

Compared = tuple[str, tuple[str | int, ...]]

LIKE_ESCAPE = "!"
KEY = 250
"""Characters of a value that an index keeps and compares: PostgreSQL bounds its entries."""
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([,|$\\])")
_SPECIAL = re.compile(r"[!%_]")
_LAST = "\U0010ffff"


class ParameterError(ValueError):
    """What the value should have looked like; French."""


class Around(NamedTuple):
    """What a value is read against: the service's absolute base, the tenant's instant in µs."""

    base: str = ""
    now: int = 0


def normalise(text: str) -> str:
    """What string parameters compare: no accents, no case, single spaces."""
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return " ".join(text.casefold().split())


def key(text: str) -> str:
    """A text as indexes hold it."""
    return text[:KEY]


def split(text: str, separator: str) -> list[str]:
    """Parts between the separators that no backslash escapes; escapes are kept."""
    if "\\" not in text:
        return text.split(separator)
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 2 if text[at] == "\\" else 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    """FHIR R4 §3.1.1.4.4: a backslash stands before a literal `,`, `|`, `$` or backslash."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def read_values(kind: str, modifier: str, text: str, around_it: Around) -> list[Compared] | None:
    """One value of the list, None when the modifier does not fit. Raises ParameterError."""
    reader = _READERS.get((kind, modifier))
    return None if reader is None else reader(text, around_it)


def _token(text: str, _: Around) -> list[Compared]:
    plain = [unescape(part) for part in split(text, "|")]
    if len(plain) == 1 and plain[0]:
        return [("c", (key(plain[0]),))]
    if len(plain) == 2 and plain[1]:
        return [("sc", (key(plain[0]), key(plain[1])))]
    if len(plain) == 2 and plain[0]:
        return [("s", (key(plain[0]),))]
    raise ParameterError("systeme|code, |code, systeme| ou code")


def _of_type(text: str, _: Around) -> list[Compared]:
    """An identifier by its type: system and code of the type, value of the identifier."""
    parts = [unescape(part) for part in split(text, "|")]
    if len(parts) != 3 or not all(parts):
        raise ParameterError("systeme|code|valeur")
    return [("sc", (key(parts[0]), key(typed(parts[1], parts[2]))))]


def typed(code: str, value: str) -> str:
    """The value of an identifier together with the code of its type, as `:of-type` finds it."""
    return f"{code}|{value}"


def _date(text: str, around_it: Around) -> list[Compared]:
    """`ap`: a tenth of the time between the value and now is added at both ends."""
    prefix, value = _prefixed(text)
    try:
        lo, hi = interval(value.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise ParameterError(
            "[eq|ne|gt|lt|ge|le|sa|eb|ap]AAAA[-MM[-JJ[Thh:mm[:ss[.fff]][Z|±hh:mm]]]]"
        ) from error
    if prefix == "ap":
        gap = abs(around_it.now - lo) // 10
        return [("ap", (lo - gap, hi + gap))]
    return [(prefix, (lo, hi))]


def _string(text: str, _: Around) -> list[Compared]:
    start = key(normalise(unescape(text)))
    return [("p", (start, start + _LAST))]


def _exact(text: str, _: Around) -> list[Compared]:
    plain = unescape(text)
    return [("x", (key(normalise(plain)), key(plain)))]


def _contains(text: str, _: Around) -> list[Compared]:
    pattern = _SPECIAL.sub(rf"{LIKE_ESCAPE}\g<0>", normalise(unescape(text)))
    return [("k", (f"%{pattern}%",))]


def _number(text: str, _: Around) -> list[Compared]:
    return [_measure(*_prefixed(text), "[préfixe]nombre")]


def _quantity(text: str, _: Around) -> list[Compared]:
    expected = "[préfixe]nombre, nombre|systeme|code ou nombre||code"
    number, *unit = [unescape(part) for part in split(text, "|")]
    form, values = _measure(*_prefixed(number), expected)
    if not unit:
        return [(form, values)]
    if len(unit) != 2 or not unit[1]:
        raise ParameterError(expected)
    system, code = unit
    if not system:
        return [(f"{form} c", (*values, code))]
    return [(f"{form} sc", (*values, system, code))]


def _measure(prefix: str, text: str, expected: str) -> Compared:
    try:
        if prefix in ("eq", "ne"):
            lo, hi = implied(text)
        elif prefix == "ap":
            lo, hi = around(text)
        else:
            lo = hi = exact(text)
        return prefix, (ordered(lo), ordered(hi))
    except ValueError as error:
        raise ParameterError(expected) from error


def _uri(text: str, _: Around) -> list[Compared]:
    return [("c", (key(unescape(text)),))]


def _below(text: str, _: Around) -> list[Compared]:
    start = key(unescape(text))
    return [("b", (start, start + _LAST))]


def _above(text: str, _: Around) -> list[Compared]:
    """The uri and what holds it, one path segment less each time."""
    whole = unescape(text)
    scheme, separator, path = whole.partition("://")
    segments = path.split("/")
    starts = ["/".join(segments[:n]) for n in range(1, len(segments))] if separator else []
    held = [scheme + separator + start + end for start in starts for end in ("", "/") if start]
    return [("c", (key(each),)) for each in (whole, *held)]


def _prefixed(text: str) -> tuple[str, str]:
    prefix, value = _PREFIX.fullmatch(text).groups()  # type: ignore[union-attr]
    return prefix or "eq", value


_READERS: Mapping[tuple[str, str], Callable[[str, Around], list[Compared]]] = {
    ("token", ""): _token, ("token", "not"): _token,
    ("token", "of-type"): _of_type, ("date", ""): _date,
    ("string", ""): _string, ("string", "exact"): _exact, ("string", "contains"): _contains,
    ("number", ""): _number, ("quantity", ""): _quantity,
    ("uri", ""): _uri, ("uri", "below"): _below, ("uri", "above"): _above,
}
