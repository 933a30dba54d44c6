"""Index rows of a resource, from the declared parameters of its type.

What an element gives depends on the kind of the parameter and on the shape of the element, as
FHIR R4 §3.1.1.4 lists them; an element of another shape gives nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from services.fhir.criteria import Parameter, following, modified
from services.fhir.dates import interval, period
from services.fhir.numbers import HIGHEST, LOWEST, ordered
from services.fhir.paths import compiled
from services.fhir.store import Indexes
from services.fhir.structure import is_resource_type
from services.fhir.values import typed

Json = Mapping[str, Any]
_NAME = ("text", "family", "given", "prefix", "suffix")
_ADDRESS = ("text", "line", "city", "district", "state", "postalCode", "country")


def indexes_of(resource: Json, parameters: Iterable[Parameter], base: str) -> Indexes:
    """What the resource is found by. base: absolute FHIR base, removed from references."""
    parameters = tuple(parameters)
    found: dict[str, list[Any]] = defaultdict(list)
    for each in parameters:
        for element in elements_of(resource, each):
            if each.kind == "reference":
                for table, row in _reference(element, base):
                    found[table].append((each.name, *row))
                continue
            table, read = _READERS[each.kind]
            found[table] += [(each.name, *row) for row in read(element, each)]
            for modifier in each.modifiers:
                name, (table, modify) = modified(each.name, modifier), _MODIFIERS[modifier]
                found[table] += [(name, *row) for row in modify(element)]
    return Indexes(**found, following=following(parameters))


def elements_of(resource: Json, parameter: Parameter) -> Iterator[Any]:
    """The elements that a parameter is about."""
    for path in parameter.paths:
        yield from compiled(path)(resource)
    if parameter.read is not None:
        yield from parameter.read(resource)  # type: ignore[arg-type]


def _token(element: Any, parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, id, string."""
    if isinstance(element, bool):
        yield "", "true" if element else "false"
    elif isinstance(element, str):
        yield parameter.system, element
    elif isinstance(element, dict):
        if isinstance(element.get("coding"), list):
            for coding in element["coding"]:
                yield from _token(coding, parameter)
        elif "value" in element:
            # A ContactPoint says its kind, not a code system.
            contact = element.get("system") in _CONTACTS
            yield "" if contact else _text(element, "system"), _text(element, "value")
        elif "code" in element:
            yield _text(element, "system"), _text(element, "code")


def _typed(element: Any) -> Iterator[tuple[str, str]]:
    """An Identifier by each coding of its type."""
    value = _text(element, "value")
    for coding in _codings(element.get("type") if value else None):
        if code := _text(coding, "code"):
            yield _text(coding, "system"), typed(code, value)


def _labels(element: Any) -> Iterator[tuple[str]]:
    """The words of a Coding, of a CodeableConcept, of the type of an Identifier."""
    if isinstance(element, dict):
        concept = element.get("type") if "value" in element else element
        words = [_text(concept, "text"), _text(concept, "display")]
        words += [_text(coding, "display") for coding in _codings(concept)]
        yield from ((each,) for each in words if each)


def _codings(concept: Any) -> list[Any]:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return codings if isinstance(codings, list) else []


def _string(element: Any, _: Parameter) -> Iterator[tuple[str]]:
    """Text, HumanName, Address: every part of it."""
    if isinstance(element, str):
        yield (element,)
    elif isinstance(element, dict):
        for name in (*_NAME, *_ADDRESS[1:]):
            value = element.get(name)
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str):
                    yield (one,)


def _reference(element: Any, base: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Reference or canonical: (table of Indexes, row)."""
    url = element if isinstance(element, str) else _text(element, "reference")
    if url and not url.startswith("#"):
        yield "references", reference_target(url, base)
    identifier = element.get("identifier") if isinstance(element, dict) else None
    if isinstance(identifier, dict) and _text(identifier, "value"):
        yield "identifiers", (_text(identifier, "system"), _text(identifier, "value"))


def reference_target(url: str, base: str) -> tuple[str, str]:
    """(type, id) of a resource of this base, ("", url) of anything else."""
    local = url.removeprefix(base + "/") if base else url
    rtype, _, rest = local.partition("/")
    rid = rest.partition("/_history/")[0]
    if rid and "/" not in rid and is_resource_type(rtype):
        return rtype, rid
    return "", url


def _date(element: Any, _: Parameter) -> Iterator[tuple[int, int]]:
    """date, dateTime, instant, Period, Timing."""
    with suppress(ValueError, OverflowError):
        if isinstance(element, str):
            yield interval(element)
        elif isinstance(element, dict) and ("start" in element or "end" in element):
            yield period(_text(element, "start"), _text(element, "end"))
        elif isinstance(element, dict):
            moments = element.get("event")
            for moment in moments if isinstance(moments, list) else ():
                yield interval(str(moment))
            bounds = (element.get("repeat") or {}).get("boundsPeriod")
            if isinstance(bounds, dict):
                yield period(_text(bounds, "start"), _text(bounds, "end"))


def _number(element: Any, _: Parameter) -> Iterator[tuple[int, int, str, str]]:
    if isinstance(element, (int, float, Decimal)) and not isinstance(element, bool):
        value = ordered(element)
        yield value, value, "", ""


def _quantity(element: Any, _: Parameter) -> Iterator[tuple[int, int, str, str]]:
    """Quantity (with its comparator), Money, Range. The unit's text is a code without system."""
    if not isinstance(element, dict):
        return
    low, high = element.get("low"), element.get("high")
    one = element if "value" in element else low or high
    if not isinstance(one, dict):
        return
    lo, hi = _bounds(element) if one is element else (
        _least(low, LOWEST), _least(high, HIGHEST)
    )
    code = _text(one, "code") or _text(one, "currency")
    yield lo, hi, _text(one, "system"), code
    unit = _text(one, "unit")
    if unit and unit != code:
        yield lo, hi, "", unit


def _bounds(quantity: Json) -> tuple[int, int]:
    value = _least(quantity, LOWEST)
    comparator = _text(quantity, "comparator")
    return (
        LOWEST if comparator.startswith("<") else value,
        HIGHEST if comparator.startswith(">") else value,
    )


def _least(quantity: Any, otherwise: int) -> int:
    value = quantity.get("value") if isinstance(quantity, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return otherwise
    return ordered(value)


def _uri(element: Any, _: Parameter) -> Iterator[tuple[str, str]]:
    if isinstance(element, str):
        yield "", element


def _text(element: Any, name: str) -> str:
    value = element.get(name) if isinstance(element, dict) else None
    return value if isinstance(value, str) else ""


_MODIFIERS: Mapping[str, tuple[str, Callable[[Any], Iterator[Any]]]] = {
    "of-type": ("tokens", _typed), "text": ("strings", _labels),
}
_CONTACTS = {"phone", "fax", "email", "pager", "url", "sms", "other"}
_Reader = Callable[[Any, Parameter], Iterator[Any]]
_READERS: Mapping[str, tuple[str, _Reader]] = {
    "token": ("tokens", _token), "string": ("strings", _string), "date": ("dates", _date),
    "number": ("quantities", _number), "quantity": ("quantities", _quantity),
    "uri": ("tokens", _uri),
}
