"""FHIRPath trees compiled into nested functions `(environment, focus) -> list`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.fhir.validation.fhirpath.environment import Environment
from services.fhir.validation.fhirpath.functions import FUNCTIONS
from services.fhir.validation.fhirpath.grammar import Tree, Undecidable, parse
from services.fhir.validation.fhirpath.macros import MACROS
from services.fhir.validation.fhirpath.model import Node
from services.fhir.validation.fhirpath.operators import OPERATORS
from services.fhir.validation.fhirpath.values import Instant, plain, single

Compiled = Callable[[Environment, list[Any]], list[Any]]


def compiled(text: str) -> Compiled:
    """An expression as a function. Raises Undecidable for what is not understood."""
    return _compile(parse(text))


def _compile(tree: Tree) -> Compiled:
    match tree:
        case ("literal", value):
            return _constant([value])
        case ("date", text):
            return _constant([Instant(text)])
        case ("empty",):
            return _constant([])
        case ("this",):
            return _this
        case ("index",):
            return lambda environment, focus: [environment.index]
        case ("variable", name):
            return lambda environment, focus: environment.variable(name)
        case ("step", holder, name):
            return _step(holder, name)
        case ("call", holder, name, arguments):
            return _call(holder, name, arguments)
        case ("item", holder, index):
            return _item(_compile(holder), _compile(index))
        case ("sign", operand):
            return _negative(_compile(operand))
        case ("type", operator, left, name):
            return _typed(operator, _compile(left), name)
        case ("binary", operator, left, right):
            return _binary(operator, _compile(left), _compile(right))
    raise Undecidable(f"{tree[0]} n'est pas pris en charge")


def _constant(items: list[Any]) -> Compiled:
    return lambda environment, focus: items


def _this(environment: Environment, focus: list[Any]) -> list[Any]:
    return environment.this


def _holder(holder: Tree | None) -> Compiled | None:
    """None when a step or a call starts from the focus itself."""
    return None if holder is None else _compile(holder)


def _step(holder: Tree | None, name: str) -> Compiled:
    before = _holder(holder)
    first = holder is None and name[0].isupper()

    def step(environment: Environment, focus: list[Any]) -> list[Any]:
        items = focus if before is None else before(environment, focus)
        children = environment.model.children
        if len(items) == 1:
            item = items[0]
            found = children(item, name) if type(item) is Node else []
        else:
            environment.spend(len(items))
            found = [
                each for item in items if type(item) is Node for each in children(item, name)
            ]
        if first and not found:
            # `Appointment.status`: the type of the focus itself.
            return [each for each in items if environment.model.is_of(each, name)]
        return found

    return step


def _call(holder: Tree | None, name: str, arguments: tuple[Tree, ...]) -> Compiled:
    before = _holder(holder)
    if name in {"is", "as", "ofType"} and len(arguments) == 1:
        return _typed(name, before or _focus, type_name(arguments[0]))
    if name in MACROS:
        inner = tuple(_compile(each) for each in arguments)
        macro = MACROS[name](*inner) if _arity(MACROS[name], inner) else None
        if macro is None:
            raise Undecidable(f"{name}() avec {len(inner)} argument(s)")
        if before is None:
            return macro
        return lambda environment, focus: macro(environment, before(environment, focus))
    if name not in FUNCTIONS:
        raise Undecidable(f"fonction {name}() non prise en charge")
    function, least, most = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise Undecidable(f"{name}() avec {len(arguments)} argument(s)")
    given = tuple(_compile(each) for each in arguments)
    if not given:
        if before is None:
            return function
        return lambda environment, focus: function(environment, before(environment, focus))

    def call(environment: Environment, focus: list[Any]) -> list[Any]:
        items = focus if before is None else before(environment, focus)
        # Arguments that are no criteria are read from the outer $this.
        return function(
            environment, items, *(each(environment, environment.this) for each in given)
        )

    return call


def _focus(environment: Environment, focus: list[Any]) -> list[Any]:
    return focus


def _arity(macro: Any, inner: tuple[Compiled, ...]) -> bool:
    least, most = macro.arity
    return bool(least <= len(inner) <= most)


def type_name(tree: Tree) -> str:
    """A type written as an argument: `Patient`, `FHIR.Patient`."""
    match tree:
        case ("step", None, name):
            return str(name)
        case ("step", ("step", None, namespace), name):
            return f"{namespace}.{name}"
    raise Undecidable("type attendu")


def _typed(operator: str, before: Compiled, name: str) -> Compiled:
    def typed(environment: Environment, focus: list[Any]) -> list[Any]:
        items, is_of = before(environment, focus), environment.model.is_of
        if operator != "is":
            return [each for each in items if is_of(each, name)]
        if not items:
            return []
        return [all(is_of(each, name) for each in items)]

    return typed


def _item(before: Compiled, index: Compiled) -> Compiled:
    def item(environment: Environment, focus: list[Any]) -> list[Any]:
        items = before(environment, focus)
        at = single(index(environment, environment.this))
        if type(at) is not int or not 0 <= at < len(items):
            return []
        return [items[at]]

    return item


def _negative(operand: Compiled) -> Compiled:
    def negative(environment: Environment, focus: list[Any]) -> list[Any]:
        value = single(operand(environment, focus))
        return [-value] if isinstance(value, (int, float)) else []

    return negative


def _binary(operator: str, left: Compiled, right: Compiled) -> Compiled:
    made = OPERATORS.get(operator)
    if made is None:
        raise Undecidable(f"opérateur {operator} non pris en charge")
    return made(left, right)


__all__ = ["Compiled", "compiled", "plain"]
