"""FHIRPath Patch (FHIR R4 §3.1.0.8.3): add, insert, delete, replace and move, in Parameters.

    parameter: name=operation, part: type, path, name, value, index, source, destination

Paths are those of `services.fhir.patch.places`. A value is a `value[x]`, or parts that make an
element without a data type of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.fhir import errors
from services.fhir.elements import elements_of
from services.fhir.patch.places import Place, Unreadable, element_named, leading, places

Json = dict[str, Any]
MOST = 500


class _Wrong(Exception):
    """Why an operation cannot be applied; French."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation: its parts by name."""

    parts: dict[str, Json]

    def text(self, name: str) -> str:
        """`valueString` or `valueCode` of a part. Raises _Wrong."""
        part = self.parts.get(name, {})
        value = part.get("valueString", part.get("valueCode"))
        if not isinstance(value, str):
            raise _Wrong(f"la partie « {name} » est absente")
        return value

    def number(self, name: str) -> int:
        value = self.parts.get(name, {}).get("valueInteger")
        if type(value) is not int or value < 0:
            raise _Wrong(f"la partie « {name} » (valueInteger) est absente")
        return value

    def value(self) -> tuple[str, Any]:
        """(data type as in value[x], value); type "" for parts. Raises _Wrong."""
        part = self.parts.get("value")
        if part is None:
            raise _Wrong("la partie « value » est absente")
        for name, value in part.items():
            if name.startswith("value"):
                return name.removeprefix("value"), value
        return "", part.get("part", [])


def apply(resource: Json, parameters: Json) -> None:
    """Apply all operations in order. Raises PATCH_INVALID; the resource is then to be dropped."""
    operations = parameters.get("parameter", [])
    if not operations or len(operations) > MOST:
        raise errors.PATCH_INVALID(
            at="Parameters.parameter", expected=f"1 à {MOST} opérations",
            found=str(len(operations)),
        )
    for rank, each in enumerate(operations):
        at = f"Parameters.parameter[{rank}]"
        if each.get("name") != "operation":
            raise errors.PATCH_INVALID(at=f"{at}.name", expected="operation",
                                       found=str(each.get("name"))[:80])
        operation = _Operation({part["name"]: part for part in each.get("part", [])})
        try:
            kind = operation.text("type")
            if kind not in _OPERATIONS:
                raise _Wrong(f"type est l'un de {', '.join(_OPERATIONS)}")
            _OPERATIONS[kind](resource, operation, operation.text("path"))
        except (_Wrong, Unreadable) as wrong:
            path = operation.parts.get("path", {}).get("valueString", "")
            raise errors.PATCH_INVALID(
                f"{wrong}.", at=at, found=str(path)[:200]
            ) from wrong


def _add(resource: Json, operation: _Operation, path: str) -> None:
    """To the element at `path`, the element `name`; appended where it repeats."""
    holder = _one(places(resource, path))
    _append(holder, operation.text("name"), operation, -1)


def _insert(resource: Json, operation: _Operation, path: str) -> None:
    lead = leading(resource, path)
    _append(_one(lead.holders), lead.name, operation, operation.number("index"))


def _append(holder: Place, name: str, operation: _Operation, rank: int) -> None:
    """rank: -1 for the end of a list, and for what does not repeat."""
    element, members = element_named(holder, name)
    if element is None:
        raise _Wrong(f"« {name} » n'est pas un élément de {holder.type or 'cette valeur'}")
    kind, raw = operation.value()
    member = _member(members, name, kind)
    element = elements_of(holder.type)[member]
    value = _built(element.type, raw) if not kind else raw
    owner = holder.value
    if not element.many:
        if rank >= 0 or any(each in owner for each in members):
            raise _Wrong(f"« {name} » ne se répète pas et n'est ajouté qu'où il est absent")
        owner[member] = value
        return
    held = owner.setdefault(member, [])
    if rank > len(held):
        raise _Wrong(f"index : {len(held)} au plus")
    held.insert(len(held) if rank < 0 else rank, value)


def _delete(resource: Json, _: _Operation, path: str) -> None:
    """What is not there is deleted already."""
    found = places(resource, path)
    if len(found) > 1:
        raise _Wrong(f"le chemin mène à {len(found)} éléments")
    for place in found:
        _remove(place)


def _replace(resource: Json, operation: _Operation, path: str) -> None:
    place = _one(places(resource, path))
    kind, raw = operation.value()
    if place.rank >= 0:
        value = _built(place.type, raw) if not kind else raw
        place.holder[place.member][place.rank] = value
        return
    member = place.member
    if path.rstrip()[-1] not in ")]":
        lead = leading(resource, path)
        member = _member(element_named(_one(lead.holders), lead.name)[1], lead.name, kind)
    value = _built(place.type, raw) if not kind else raw
    del place.holder[place.member]
    place.holder.pop(f"_{place.member}", None)
    place.holder[member] = value


def _move(resource: Json, operation: _Operation, path: str) -> None:
    lead = leading(resource, path)
    held = _one(lead.holders).value.get(lead.name)
    source, destination = operation.number("source"), operation.number("destination")
    if not isinstance(held, list) or max(source, destination) >= len(held):
        raise _Wrong("source et destination sont des rangs de la liste")
    held.insert(destination, held.pop(source))


def _remove(place: Place) -> None:
    if place.rank < 0:
        del place.holder[place.member]
        place.holder.pop(f"_{place.member}", None)
        return
    held = place.holder[place.member]
    held.pop(place.rank)
    companions = place.holder.get(f"_{place.member}")
    if isinstance(companions, list) and place.rank < len(companions):
        companions.pop(place.rank)
    for member in (place.member, f"_{place.member}"):
        if place.holder.get(member) == []:
            del place.holder[member]


def _one(found: list[Place]) -> Place:
    if len(found) != 1:
        raise _Wrong(f"le chemin mène à {len(found)} éléments et non à un seul")
    return found[0]


def _member(members: list[str], name: str, kind: str) -> str:
    """The member that takes a value: of a choice, the one of the value's type."""
    if len(members) == 1:
        return members[0]
    if f"{name}{kind}" not in members:
        raise _Wrong(f"« {name} » n'admet pas une valeur de type {kind or 'composé'}")
    return f"{name}{kind}"


def _built(type_name: str, parts: Any) -> Json:
    """An element given by parts, each an element of `type_name`."""
    made: Json = {}
    known = elements_of(type_name) if type_name else {}
    for part in parts if isinstance(parts, list) else []:
        place = Place({"": {}}, "", -1, type_name)
        _, members = element_named(place, str(part.get("name")))
        if not members:
            raise _Wrong(f"« {part.get('name')} » n'est pas un élément de {type_name}")
        operation = _Operation({"value": part})
        kind, raw = operation.value()
        member = _member(members, str(part.get("name")), kind)
        value = raw if kind else _built(known[member].type, raw)
        if known[member].many:
            made.setdefault(member, []).append(value)
        else:
            made[member] = value
    return made


_OPERATIONS: dict[str, Callable[[Json, _Operation, str], None]] = {
    "add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move,
}
