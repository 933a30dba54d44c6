"""Search criteria: declared parameters, and one parameter's text as a typed comparison."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from services.fhir.values import (
    Around,
    Compared,
    ParameterError,
    key,
    normalise,
    read_values,
    split,
    unescape,
)

__all__ = [
    "Criterion", "Kind", "Link", "Parameter", "ParameterError", "compare", "identifier_of",
    "modified", "normalise", "split", "unescape",
]

Kind = Literal["token", "reference", "string", "date", "number", "quantity", "uri"]

MAX_VALUES = 64
_MODIFIERS = ("identifier", "of-type", "text")
_REFERENCE = re.compile(r"(?:([A-Z][A-Za-z]+)/)?([A-Za-z0-9.\-]{1,64})(?:/_history/.+)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared search parameter.

    targets: resource types a reference may point to; selective: few resources share a value
    (identifiers), so that a search may start from it; leads: whether one may at all: not where
    every search has something better to start from, and values are then cheaper to store (all but
    references). How the machinery finds its values, where a service leaves that to it: paths, see
    `services.fhir.paths`; system, of a token that is a code alone; read, what paths cannot say: the
    elements of a resource; modifiers, of a token, those that take index rows of their own:
    `of-type` and `text`.
    """

    name: str
    kind: Kind
    documentation: str = ""
    targets: tuple[str, ...] = ()
    selective: bool = False
    paths: tuple[str, ...] = ()
    system: str = ""
    read: Callable[[dict[str, Any]], Iterable[object]] | None = None
    modifiers: tuple[Literal["of-type", "text"], ...] = ()
    leads: bool = True


class Link(NamedTuple):
    """One step of a chained search, by the reference `param`.

    target: the type that the step leads to. reverse: that type has the parameter and points here
    (`_has`); otherwise the resource at hand points there.
    """

    param: str
    target: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: any of `values` (OR); several criteria are joined by AND.

    `forms` says how each value is compared and `values` holds what is bound, same length:
    token `sc` (system, code), `c` (code), `s` (system); reference `ti` (type, id), `i` (id);
    string `p` (from, to), `x` (norm, exact), `k` (pattern); uri `c`, `b` (from, to);
    date and updated `eq ne gt lt ge le sa eb ap` (lo, hi); number and quantity the same, followed
    by ` sc` or ` c` where the unit counts; id `=` (id).
    missing: None, or whether the parameter must be absent (then there are no values);
    negated: none of the values, which absence satisfies too; links: the way to the resource that
    the condition is about, empty for the one searched; leads: as of its parameter.
    """

    kind: Kind | Literal["id", "updated"]
    param: str
    forms: tuple[str, ...] = ()
    values: tuple[tuple[str | int, ...], ...] = ()
    selective: bool = False
    missing: bool | None = None
    negated: bool = False
    links: tuple[Link, ...] = ()
    leads: bool = True


def compare(
    parameter: Parameter, modifier: str, text: str, base: str, now: int = 0
) -> Criterion | None:
    """The criterion that `text` asks for, None when the modifier does not fit the parameter.

    base: absolute FHIR base of the service, removed from references; now: the tenant's instant,
    µs, for approximate dates. Raises ParameterError.
    """
    name, kind = parameter.name, parameter.kind
    if modifier == "missing" and not name.startswith("_"):
        return _missing(parameter, text)
    values = split(text, ",")
    if len(values) > MAX_VALUES:
        raise ParameterError(f"{MAX_VALUES} valeurs au plus")
    if modifier in parameter.modifiers:
        name, kind = modified(name, modifier), "string" if modifier == "text" else "token"
        modifier = "" if modifier == "text" else modifier
    elif modifier == "of-type":
        return None
    if kind == "reference" and modifier != "identifier":
        if modifier and modifier not in parameter.targets:
            return None
        return _made("reference", name, [_reference(v, modifier, base) for v in values], True)
    if kind == "reference":
        name, kind, modifier = identifier_of(name), "token", ""
    if name == "_id":
        return None if modifier else _ids(name, values)
    compared: list[Compared] = []
    for value in values:
        read = read_values(kind, modifier, value, Around(base, now))
        if read is None:
            return None
        compared += read
    which = "updated" if name == "_lastUpdated" else kind
    selective = (parameter.selective and kind == parameter.kind) or parameter.kind == "reference"
    made = _made(which, name, compared, selective, modifier == "not")
    return made if parameter.leads else replace(made, leads=False)


def identifier_of(param: str) -> str:
    """Name under which the identifiers of a reference's target are indexed, as tokens."""
    return modified(param, "identifier")


def modified(param: str, modifier: str) -> str:
    """Name under which the rows are that a modifier has of its own."""
    return f"{param}:{modifier}"


def following(parameters: Iterable[Parameter]) -> frozenset[str]:
    """Names under which the rows are that no search starts from (see `store.Indexes`)."""
    return frozenset(
        name for each in parameters if not each.leads
        for name in (each.name, *(modified(each.name, one) for one in _MODIFIERS))
    )


def _missing(parameter: Parameter, text: str) -> Criterion:
    if text not in ("true", "false"):
        raise ParameterError("true ou false")
    return Criterion(parameter.kind, parameter.name, missing=text == "true")


def _ids(name: str, values: list[str]) -> Criterion:
    return _made("id", name, [("=", (unescape(value),)) for value in values], True)


def _made(
    kind: Kind | Literal["id", "updated"], param: str, compared: Sequence[Compared],
    selective: bool, negated: bool = False,
) -> Criterion:
    padded = _padded(compared)
    forms = tuple(form for form, _ in padded)
    bound = tuple(values for _, values in padded)
    return Criterion(kind, param, forms, bound, selective, negated=negated)


def _padded(compared: Sequence[Compared]) -> list[Compared]:
    """Values of one form repeat the last up to a power of two: fewer shapes of statement."""
    made = list(compared)
    if len({form for form, _ in made}) == 1:
        made += made[-1:] * ((1 << (len(made) - 1).bit_length()) - len(made))
    return made


def _reference(text: str, modifier: str, base: str) -> Compared:
    plain = unescape(text)
    if base and plain.startswith(base + "/"):
        plain = plain[len(base) + 1:]
    if ":" in plain:
        return "ti", ("", key(plain))
    form = _REFERENCE.fullmatch(plain)
    if form is None:
        raise ParameterError("Type/id, id ou URL absolue")
    target = form.group(1) or modifier
    return ("ti", (target, form.group(2))) if target else ("i", (form.group(2),))
