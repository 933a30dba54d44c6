"""Operators of FHIRPath: logic of three values, equality, order, membership, arithmetic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from services.fhir.validation.fhirpath.environment import Environment
from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.values import (
    boolean,
    contains,
    distinct,
    equal,
    order,
    plain,
    single,
)

Compiled = Callable[[Environment, list[Any]], list[Any]]
Operator = Callable[[Compiled, Compiled], Compiled]
MOST_TEXT = 1_000_000


def _and(left: Compiled, right: Compiled) -> Compiled:
    def both(environment: Environment, focus: list[Any]) -> list[Any]:
        one = boolean(left(environment, focus))
        if one is False:
            return [False]
        other = boolean(right(environment, focus))
        if other is False:
            return [False]
        return [] if one is None or other is None else [True]

    return both


def _or(left: Compiled, right: Compiled) -> Compiled:
    def either(environment: Environment, focus: list[Any]) -> list[Any]:
        one = boolean(left(environment, focus))
        if one is True:
            return [True]
        other = boolean(right(environment, focus))
        if other is True:
            return [True]
        return [] if one is None or other is None else [False]

    return either


def _xor(left: Compiled, right: Compiled) -> Compiled:
    def one_of(environment: Environment, focus: list[Any]) -> list[Any]:
        one, other = boolean(left(environment, focus)), boolean(right(environment, focus))
        return [] if one is None or other is None else [one is not other]

    return one_of


def _implies(left: Compiled, right: Compiled) -> Compiled:
    def implies(environment: Environment, focus: list[Any]) -> list[Any]:
        one = boolean(left(environment, focus))
        if one is False:
            return [True]
        other = boolean(right(environment, focus))
        if other is True:
            return [True]
        return [] if one is None or other is None else [False]

    return implies


def _equality(*, wanted: bool, equivalent: bool = False) -> Operator:
    def made(left: Compiled, right: Compiled) -> Compiled:
        def compare(environment: Environment, focus: list[Any]) -> list[Any]:
            one, other = left(environment, focus), right(environment, focus)
            same = _equivalent(one, other) if equivalent else equal(one, other)
            return [] if same is None else [same is wanted]

        return compare

    return made


def _equivalent(left: list[Any], right: list[Any]) -> bool:
    if len(left) != len(right):
        return False
    return sorted(map(_folded, left)) == sorted(map(_folded, right))


def _folded(item: Any) -> str:
    value = plain(item)
    return " ".join(value.lower().split()) if isinstance(value, str) else repr(value)


def _ordered(accepts: Callable[[int, int], bool], *, or_equal: bool) -> Operator:
    def made(left: Compiled, right: Compiled) -> Compiled:
        def compare(environment: Environment, focus: list[Any]) -> list[Any]:
            one, other = left(environment, focus), right(environment, focus)
            if not one or not other:
                return []
            if len(one) > 1 or len(other) > 1:
                raise Undecidable("plusieurs valeurs à comparer")
            if plain(one[0]) is None or plain(other[0]) is None:
                return []
            found = order(one[0], other[0])
            if found is None:
                return [True] if or_equal else []
            return [accepts(found, 0)]

        return compare

    return made


def _union(left: Compiled, right: Compiled) -> Compiled:
    def union(environment: Environment, focus: list[Any]) -> list[Any]:
        # Both sides start from the same focus.
        return distinct(left(environment, focus) + right(environment, focus))

    return union


def _in(left: Compiled, right: Compiled) -> Compiled:
    def within(environment: Environment, focus: list[Any]) -> list[Any]:
        one = left(environment, focus)
        if not one:
            return []
        if len(one) > 1:
            raise Undecidable("plusieurs valeurs à gauche de « in »")
        return [contains(right(environment, focus), one[0])]

    return within


def _contains(left: Compiled, right: Compiled) -> Compiled:
    return _in(right, left)


def _arithmetic(compute: Callable[[Any, Any], Any]) -> Operator:
    def made(left: Compiled, right: Compiled) -> Compiled:
        def result(environment: Environment, focus: list[Any]) -> list[Any]:
            one, other = single(left(environment, focus)), single(right(environment, focus))
            if one is None or other is None:
                return []
            if isinstance(one, str) is not isinstance(other, str):
                raise Undecidable("calcul sur des valeurs de types différents")
            try:
                return [_bounded(compute(one, other))]
            except (TypeError, ZeroDivisionError, OverflowError):
                return []

        return result

    return made


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise Undecidable("texte trop long")
    if isinstance(value, int) and abs(value) > 1 << 63:
        raise Undecidable("nombre trop grand")
    return value


def _joined(left: Compiled, right: Compiled) -> Compiled:
    def joined(environment: Environment, focus: list[Any]) -> list[Any]:
        one, other = single(left(environment, focus)), single(right(environment, focus))
        return [_bounded(("" if one is None else str(one)) + ("" if other is None else str(other)))]

    return joined


OPERATORS: dict[str, Operator] = {
    "and": _and, "or": _or, "xor": _xor, "implies": _implies,
    "=": _equality(wanted=True), "!=": _equality(wanted=False),
    "~": _equality(wanted=True, equivalent=True), "!~": _equality(wanted=False, equivalent=True),
    "<": _ordered(operator.lt, or_equal=False), ">": _ordered(operator.gt, or_equal=False),
    "<=": _ordered(operator.le, or_equal=True), ">=": _ordered(operator.ge, or_equal=True),
    "|": _union, "in": _in, "contains": _contains, "&": _joined,
    "+": _arithmetic(operator.add), "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul), "/": _arithmetic(operator.truediv),
    "div": _arithmetic(operator.floordiv), "mod": _arithmetic(operator.mod),
}
