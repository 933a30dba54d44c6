"""Functions of FHIRPath on texts and conversions.

Patterns come from packages and texts from outside: they are matched by an engine whose time is
linear in the text (Rust's `regex`), which refuses what it cannot bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jsonschema_rs

from services.fhir.validation.fhirpath.environment import Environment
from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.values import plain, single

MOST_TEXT = 1_000_000
_NESTED = re.compile(r"[*+}?][^()]*\)[*+{]")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)


def whole(items: list[Any]) -> int:
    """An argument that is an integer. Raises Undecidable."""
    value = single(items)
    if type(value) is not int:
        raise Undecidable("entier attendu")
    return value


def _text(items: list[Any]) -> str | None:
    value = single(items)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Undecidable("texte attendu")
    return value


def _on_texts(compute: Callable[..., Any]) -> Callable[..., list[Any]]:
    """A function of texts: nothing when one of them is absent."""

    def function(environment: Environment, items: list[Any], *others: list[Any]) -> list[Any]:
        texts = [_text(each) for each in (items, *others)]
        return [] if any(each is None for each in texts) else [compute(*texts)]

    return function


@lru_cache(maxsize=512)
def _matcher(pattern: str) -> Callable[[str], bool]:
    try:
        made = jsonschema_rs.Draft7Validator(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (ValueError, jsonschema_rs.ValidationError) as error:
        raise Undecidable("expression régulière refusée") from error
    return made.is_valid


def matches(text: str, pattern: str) -> bool:
    """Whether a pattern is found in a text. Raises Undecidable for a pattern that is refused."""
    return _matcher(pattern)(text)


def _replace_matches(text: str, pattern: str, by: str) -> str:
    if len(text) > 10_000 or _NESTED.search(pattern):
        raise Undecidable("expression régulière refusée")
    try:
        return re.sub(pattern, by.replace("\\", "\\\\"), text)[:MOST_TEXT]
    except re.error as error:
        raise Undecidable("expression régulière refusée") from error


def _replace(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > MOST_TEXT:
        raise Undecidable("texte trop long")
    return text.replace(old, new)


def _substring(environment: Environment, items: list[Any], start: list[Any], *length: list[Any]
               ) -> list[Any]:
    text, at = _text(items), whole(start)
    if text is None or not 0 <= at < len(text):
        return []
    return [text[at:] if not length else text[at : at + max(0, whole(length[0]))]]


def _length(environment: Environment, items: list[Any]) -> list[Any]:
    text = _text(items)
    return [] if text is None else [len(text)]


def _to_string(environment: Environment, items: list[Any]) -> list[Any]:
    value = single(items)
    if value is None or isinstance(value, (dict, list)):
        return []
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _to_integer(environment: Environment, items: list[Any]) -> list[Any]:
    value = single(items)
    if isinstance(value, bool) or type(value) is int:
        return [int(value)]
    if isinstance(value, str) and _NUMBER.fullmatch(value) and "." not in value:
        return [int(value)]
    return []


def _to_decimal(environment: Environment, items: list[Any]) -> list[Any]:
    value = single(items)
    if isinstance(value, (int, float)):
        return [float(value)]
    return [float(value)] if isinstance(value, str) and _NUMBER.fullmatch(value) else []


def _to_boolean(environment: Environment, items: list[Any]) -> list[Any]:
    value = single(items)
    if isinstance(value, bool):
        return [value]
    known = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
    found = known.get(str(value).lower())
    return [] if found is None else [found]


def _join(environment: Environment, items: list[Any], *separator: list[Any]) -> list[Any]:
    between = _text(separator[0]) if separator else ""
    return [(between or "").join(str(plain(each)) for each in items)[:MOST_TEXT]]


FUNCTIONS: dict[str, tuple[Callable[..., list[Any]], int, int]] = {
    "startsWith": (_on_texts(str.startswith), 1, 1), "endsWith": (_on_texts(str.endswith), 1, 1),
    "contains": (_on_texts(str.__contains__), 1, 1), "indexOf": (_on_texts(str.find), 1, 1),
    "matches": (_on_texts(matches), 1, 1), "upper": (_on_texts(str.upper), 0, 0),
    "lower": (_on_texts(str.lower), 0, 0), "trim": (_on_texts(str.strip), 0, 0),
    "replace": (_on_texts(_replace), 2, 2), "replaceMatches": (_on_texts(_replace_matches), 2, 2),
    "substring": (_substring, 1, 2), "length": (_length, 0, 0), "toString": (_to_string, 0, 0),
    "toInteger": (_to_integer, 0, 0), "toDecimal": (_to_decimal, 0, 0),
    "toBoolean": (_to_boolean, 0, 0), "join": (_join, 0, 1),
}
