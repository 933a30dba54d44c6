"""Functions of FHIRPath whose arguments are values: `(environment, items, *arguments) -> list`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.fhir.validation.fhirpath import texts
from services.fhir.validation.fhirpath.environment import Environment
from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.model import Node
from services.fhir.validation.fhirpath.values import (
    boolean,
    contains,
    distinct,
    plain,
    single,
)

Function = Callable[..., list[Any]]


def _empty(environment: Environment, items: list[Any]) -> list[Any]:
    return [not items]


def _not(environment: Environment, items: list[Any]) -> list[Any]:
    value = boolean(items)
    return [] if value is None else [not value]


def _count(environment: Environment, items: list[Any]) -> list[Any]:
    return [len(items)]


def _has_value(environment: Environment, items: list[Any]) -> list[Any]:
    return [len(items) == 1 and not isinstance(plain(items[0]), (dict, list, type(None)))]


def _get_value(environment: Environment, items: list[Any]) -> list[Any]:
    return [plain(items[0])] if _has_value(environment, items)[0] else []


def _first(environment: Environment, items: list[Any]) -> list[Any]:
    return items[:1]


def _last(environment: Environment, items: list[Any]) -> list[Any]:
    return items[-1:]


def _tail(environment: Environment, items: list[Any]) -> list[Any]:
    return items[1:]


def _single(environment: Environment, items: list[Any]) -> list[Any]:
    if len(items) > 1:
        raise Undecidable("single() sur plusieurs valeurs")
    return items


def _skip(environment: Environment, items: list[Any], number: list[Any]) -> list[Any]:
    return items[max(0, texts.whole(number)):]


def _take(environment: Environment, items: list[Any], number: list[Any]) -> list[Any]:
    return items[: max(0, texts.whole(number))]


def _children(environment: Environment, items: list[Any]) -> list[Any]:
    model = environment.model
    found = [each for item in items if type(item) is Node for each in model.all_children(item)]
    environment.spend(len(found))
    return found


def _descendants(environment: Environment, items: list[Any]) -> list[Any]:
    found: list[Any] = []
    level = items
    while level := _children(environment, level):
        found += level
    return found


def _extension(environment: Environment, items: list[Any], url: list[Any]) -> list[Any]:
    wanted, children = single(url), environment.model.children
    return [
        each for item in items if type(item) is Node for each in children(item, "extension")
        if type(each.value) is dict and each.value.get("url") == wanted
    ]


def _resolve(environment: Environment, items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        value = plain(item)
        text = value.get("reference") if isinstance(value, dict) else value
        if isinstance(text, str):
            found += environment.resolve(text)
    return found


def _distinct(environment: Environment, items: list[Any]) -> list[Any]:
    environment.spend(len(items))
    return distinct(items)


def _is_distinct(environment: Environment, items: list[Any]) -> list[Any]:
    environment.spend(len(items))
    return [len(distinct(items)) == len(items)]


def _intersect(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    environment.spend(len(items) * len(other))
    return [each for each in distinct(items) if contains(other, each)]


def _exclude(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    environment.spend(len(items) * len(other))
    return [each for each in items if not contains(other, each)]


def _union(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    return distinct(items + other)


def _combine(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    return items + other


def _subset(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    environment.spend(len(items) * len(other))
    return [all(contains(other, each) for each in items)]


def _superset(environment: Environment, items: list[Any], other: list[Any]) -> list[Any]:
    return _subset(environment, other, items)


def _truths(wanted: bool, gather: Callable[[list[bool]], bool]) -> Function:
    def truths(environment: Environment, items: list[Any]) -> list[Any]:
        return [gather([plain(each) is wanted for each in items])]

    return truths


def _html_checks(environment: Environment, items: list[Any]) -> list[Any]:
    """The narrative itself is checked by hand (txt-1, txt-2)."""
    return [True]


FUNCTIONS: dict[str, tuple[Function, int, int]] = {
    "empty": (_empty, 0, 0), "not": (_not, 0, 0), "count": (_count, 0, 0),
    "hasValue": (_has_value, 0, 0), "getValue": (_get_value, 0, 0), "first": (_first, 0, 0),
    "last": (_last, 0, 0), "tail": (_tail, 0, 0), "single": (_single, 0, 0),
    "skip": (_skip, 1, 1), "take": (_take, 1, 1), "children": (_children, 0, 0),
    "descendants": (_descendants, 0, 0), "extension": (_extension, 1, 1),
    "resolve": (_resolve, 0, 0), "distinct": (_distinct, 0, 0),
    "isDistinct": (_is_distinct, 0, 0), "intersect": (_intersect, 1, 1),
    "exclude": (_exclude, 1, 1), "union": (_union, 1, 1), "combine": (_combine, 1, 1),
    "subsetOf": (_subset, 1, 1), "supersetOf": (_superset, 1, 1),
    "allTrue": (_truths(True, all), 0, 0), "anyTrue": (_truths(True, any), 0, 0),
    "allFalse": (_truths(False, all), 0, 0), "anyFalse": (_truths(False, any), 0, 0),
    "htmlChecks": (_html_checks, 0, 0),
    **texts.FUNCTIONS,
}
"""Name → (function, fewest arguments, most)."""
