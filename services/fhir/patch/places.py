"""Where a FHIRPath leads in a resource, for patches: the part of FHIRPath that names places.

    path = Type *( "." name | "[" n "]" | ".where(" tests ")" | ".extension('" url "')"
                 | ".first()" | ".last()" | ".ofType(" Type ")" )
    tests = name *("." name) "=" literal *( "and" … )

A literal is 'text', a number, true or false. Types of elements come from their definitions, so
that arrays and choices (`value` → valueQuantity) are known. Anything else raises Unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.fhir.elements import RESOURCE, Element, elements_of

MAX_STEPS = 60
_STEP = re.compile(r"""
    \s*(?: \. \s* (?:
        where \( (?P<where> (?: '(?:[^'\\]|\\.)*' | [^'()] )* ) \)
        | extension \( \s* '(?P<url> [^']* )' \s* \)
        | (?P<end> first | last ) \( \s* \)
        | (?: ofType | as ) \( \s* (?P<type> [A-Za-z.]+ ) \s* \)
        | `?(?P<name> [A-Za-z][A-Za-z0-9]* )`?
      ) | \[ \s* (?P<index> \d{1,6} ) \s* \] )
""", re.VERBOSE)
_TEST = re.compile(
    r"\s*([A-Za-z][\w.]*)\s*=\s*('(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|true|false)\s*"
)
_ESCAPED = re.compile(r"\\(.)")


_PRIMITIVES = {
    "Base64Binary", "Boolean", "Canonical", "Code", "Date", "DateTime", "Decimal", "Id", "Instant",
    "Integer", "Markdown", "Oid", "PositiveInt", "String", "Time", "UnsignedInt", "Uri", "Url",
    "Uuid",
}


class Unreadable(Exception):
    """What is not understood in a path; French."""


@dataclass(frozen=True, slots=True)
class Place:
    """One element: the object that has it, under which member, at which rank (-1: not a list).

    type: definition of the element itself, "" for a primitive.
    """

    holder: Any
    member: str
    rank: int
    type: str

    @property
    def value(self) -> Any:
        held = self.holder[self.member]
        return held if self.rank < 0 else held[self.rank]


@dataclass(frozen=True, slots=True)
class Leading:
    """A path without its last name: the places of what holds it, and the name."""

    holders: list[Place]
    name: str


def places(resource: dict[str, Any], path: str) -> list[Place]:
    """The elements that a path names. Raises Unreadable."""
    steps = _steps(resource, path)
    return _walked(_root(resource), steps)


def leading(resource: dict[str, Any], path: str) -> Leading:
    """A path that ends with a name, split there. Raises Unreadable."""
    steps = _steps(resource, path)
    if not steps or not steps[-1]["name"]:
        raise Unreadable("le chemin finit par le nom d'un élément")
    return Leading(_walked(_root(resource), steps[:-1]), steps[-1]["name"] or "")


def element_named(place: Place, name: str) -> tuple[Element | None, list[str]]:
    """The element of that name, and the members it may have; a choice has several."""
    if not place.type:
        return None, []
    known = elements_of(place.type)
    if name in known:
        return known[name], [name]
    choices = [
        each for each in known
        if each.startswith(name) and _is_choice(each[len(name):], known[each])
    ]
    return (known[choices[0]], choices) if choices else (None, [])


def _is_choice(suffix: str, element: Element) -> bool:
    """Whether a member is a choice by its type: `Quantity` of valueQuantity."""
    if not suffix[:1].isupper():
        return False
    return element.type == suffix or (element.primitive and suffix in _PRIMITIVES)


def _root(resource: dict[str, Any]) -> list[Place]:
    return [Place({"": resource}, "", -1, resource["resourceType"])]


def _steps(resource: dict[str, Any], path: str) -> list[dict[str, str | None]]:
    head = re.match(r"\s*([A-Z][A-Za-z]+)", path)
    if head is None or head.group(1) not in (resource["resourceType"], "Resource"):
        raise Unreadable(f"le chemin commence par {resource['resourceType']}")
    steps, at = [], head.end()
    while at < len(path.rstrip()):
        found = _STEP.match(path, at)
        if found is None:
            raise Unreadable(f"« {path[at:at + 60]} » n'est pas compris ici")
        steps.append(found.groupdict())
        at = found.end()
        if len(steps) > MAX_STEPS:
            raise Unreadable(f"{MAX_STEPS} étapes au plus")
    return steps


def _walked(level: list[Place], steps: Iterable[dict[str, str | None]]) -> list[Place]:
    for step in steps:
        if step["name"]:
            level = [one for place in level for one in _named(place, step["name"])]
        elif step["index"]:
            rank = int(step["index"])
            level = level[rank:rank + 1]
        elif step["end"]:
            level = level[:1] if step["end"] == "first" else level[-1:]
        elif step["url"] is not None:
            level = [
                one for place in level for one in _named(place, "extension")
                if one.value.get("url") == step["url"]
            ]
        elif step["where"] is not None:
            tests = _tests(step["where"])
            level = [one for one in level if _passes(one.value, tests)]
        else:
            wanted = (step["type"] or "").rpartition(".")[2]
            level = [one for one in level if wanted in (one.type, _suffix(one))]
    return level


def _named(place: Place, name: str) -> list[Place]:
    """The elements of that name in one place. Raises Unreadable for no element of its type."""
    element, members = element_named(place, name)
    if element is None:
        raise Unreadable(f"« {name} » n'est pas un élément de {place.type or 'cette valeur'}")
    holder, found = place.value, list[Place]()
    for member in members:
        if member not in holder:
            continue
        value, known = holder[member], elements_of(place.type)[member]
        if isinstance(value, list):
            found += [
                Place(holder, member, rank, _type(known, one)) for rank, one in enumerate(value)
            ]
        else:
            found.append(Place(holder, member, -1, _type(known, value)))
    return found


def _type(element: Element, value: Any) -> str:
    if element.type == RESOURCE and isinstance(value, dict):
        return str(value.get("resourceType", ""))
    return element.type


def _suffix(place: Place) -> str:
    """Quantity of valueQuantity, boolean of deceasedBoolean."""
    found = re.search(r"[A-Z][A-Za-z0-9]*$", place.member)
    return found.group() if found else ""


def _tests(text: str) -> list[tuple[list[str], Any]]:
    tests, at = [], 0
    while True:
        found = _TEST.match(text, at)
        if found is None:
            raise Unreadable(f"where({text[:60]}) : nom = 'valeur' attendu")
        tests.append((found.group(1).split("."), _literal(found.group(2))))
        at = found.end()
        if at == len(text):
            return tests
        if not text.startswith("and ", at):
            raise Unreadable(f"where({text[:60]}) : seul « and » joint des conditions")
        at += 4


def _literal(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text[0] == "'" else text


def _passes(value: Any, tests: list[tuple[list[str], Any]]) -> bool:
    return all(wanted in _texts(value, names) for names, wanted in tests)


def _texts(value: Any, names: list[str]) -> set[str]:
    level = [value]
    for name in names:
        level = [
            one for holder in level if isinstance(holder, dict) and name in holder
            for one in (holder[name] if isinstance(holder[name], list) else [holder[name]])
        ]
    return {str(one).lower() if isinstance(one, bool) else str(one) for one in level}

