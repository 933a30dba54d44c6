"""Functions whose arguments are criteria, evaluated for each item with `$this`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from services.fhir.validation.fhirpath.environment import Environment
from services.fhir.validation.fhirpath.values import boolean, contains

Compiled = Callable[[Environment, list[Any]], list[Any]]


class Macro:
    """arity: how many criteria it takes."""

    def __init__(self, make: Callable[..., Compiled], least: int, most: int) -> None:
        self.make = make
        self.arity = (least, most)

    def __call__(self, *criteria: Compiled) -> Compiled:
        return self.make(*criteria)


def _each(
    environment: Environment, items: list[Any], inner: Compiled
) -> Iterator[tuple[Any, list[Any]]]:
    """(item, what the criterion gives for it)."""
    environment.spend(len(items))
    this, index = environment.this, environment.index
    try:
        for number, item in enumerate(items):
            environment.this = focus = [item]
            environment.index = number
            yield item, inner(environment, focus)
    finally:
        environment.this, environment.index = this, index


def _where(inner: Compiled) -> Compiled:
    def where(environment: Environment, focus: list[Any]) -> list[Any]:
        return [
            item for item, found in _each(environment, focus, inner) if boolean(found) is True
        ]

    return where


def _select(inner: Compiled) -> Compiled:
    def select(environment: Environment, focus: list[Any]) -> list[Any]:
        return [each for _, found in _each(environment, focus, inner) for each in found]

    return select


def _all(inner: Compiled) -> Compiled:
    def every(environment: Environment, focus: list[Any]) -> list[Any]:
        return [all(boolean(found) is True for _, found in _each(environment, focus, inner))]

    return every


def _exists(*criteria: Compiled) -> Compiled:
    if not criteria:
        return lambda environment, focus: [bool(focus)]
    inner = criteria[0]

    def exists(environment: Environment, focus: list[Any]) -> list[Any]:
        return [any(boolean(found) is True for _, found in _each(environment, focus, inner))]

    return exists


def _iif(condition: Compiled, yes: Compiled, *no: Compiled) -> Compiled:
    def iif(environment: Environment, focus: list[Any]) -> list[Any]:
        if boolean(condition(environment, focus)) is True:
            return yes(environment, focus)
        return no[0](environment, focus) if no else []

    return iif


def _repeat(inner: Compiled) -> Compiled:
    def repeat(environment: Environment, focus: list[Any]) -> list[Any]:
        found: list[Any] = []
        level = focus
        while level:
            fresh: list[Any] = []
            for _, items in _each(environment, level, inner):
                fresh += [each for each in items if not contains(found + fresh, each)]
                environment.spend(len(found) + len(fresh))
            found += fresh
            level = fresh
        return found

    return repeat


def _trace(*arguments: Compiled) -> Compiled:
    return lambda environment, focus: focus


MACROS: dict[str, Macro] = {
    "where": Macro(_where, 1, 1), "select": Macro(_select, 1, 1), "all": Macro(_all, 1, 1),
    "exists": Macro(_exists, 0, 1), "iif": Macro(_iif, 2, 3), "repeat": Macro(_repeat, 1, 1),
    "trace": Macro(_trace, 1, 2),
}
