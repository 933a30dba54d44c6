"""Reading parsed FHIR JSON: paths that may be absent, references, identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmp import codes
from dmp.domain import Acteur

Json = dict[str, Any]

_RPPS, _FINESS = "https://rpps.esante.gouv.fr", "https://finess.esante.gouv.fr"
_SIRENE = "https://sirene.fr"
_OID = "urn:oid:"
_BEHIND = {"PractitionerRole": ("practitioner", "organization"), "Device": ("owner",)}
"""Where a resource keeps its person and its structure."""
IDENTIFIERS_READ = 20
"""Identifiers of one resource that are looked at: nobody has more."""


def get(value: object, *path: str | int) -> Any:
    """What stands at this path, or None."""
    for step in path:
        if type(value) is dict:
            value = value.get(step)
        elif type(value) is list and type(step) is int and len(value) > step:
            value = value[step]
        else:
            return None
    return value


def text(value: object, *path: str | int) -> str:
    """The text at this path, "" when absent or not text."""
    found = get(value, *path)
    return found if type(found) is str else ""


def items(value: object, *path: str | int) -> list[Any]:
    """The list at this path, empty when absent or not a list."""
    found = get(value, *path)
    return found if type(found) is list else []


def has_more_values(value: object, most: int) -> bool:
    """Whether there are more values than that, at every level."""
    level, seen = [value] if isinstance(value, dict | list) else [], 1
    while level and seen <= most:
        seen += sum(map(len, level))
        level = [
            one for held in level for one in (held.values() if type(held) is dict else held)
            if type(one) is dict or type(one) is list
        ]
    return seen > most


def oid(system: str) -> str:
    """`urn:oid:1.2` as `1.2`; another system as it is."""
    return system.removeprefix(_OID)


def coded(concept: object) -> str:
    """The code of the first coding of a CodeableConcept."""
    return text(concept, "coding", 0, "code")


def identifiers(*held: object) -> list[Json]:
    """The identifiers of references and resources, in order: of each, the first few."""
    found: list[Any] = []
    for each in held:
        own = get(each, "identifier")
        found += own[:IDENTIFIERS_READ] if type(own) is list else (own,)
    return [one for one in found if type(one) is dict]


def extension(resource: object, name: str) -> object:
    """The first extension whose URL ends with `/name`, or None."""
    return next(
        (one for one in items(resource, "extension") if text(one, "url").endswith(f"/{name}")),
        None,
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What the references of one resource can reach: its contained ones, and those sent with it."""

    contained: Mapping[str, Json] = field(default_factory=dict)
    sent: Mapping[str, Json] = field(default_factory=dict)

    @staticmethod
    def of(resource: Json, sent: Mapping[str, Json]) -> Around:
        held = {text(one, "id"): one for one in items(resource, "contained")}
        return Around(held, sent)

    def find(self, reference: str) -> Json | None:
        """The resource behind `#id`, `urn:uuid:…` or `Type/id`, if it came with the message."""
        if reference.startswith("#"):
            return self.contained.get(reference[1:])
        return self.sent.get(reference)


def acteur(reference: object, around: Around) -> Acteur:
    """The person and the structure behind a reference, as far as the message tells."""
    target = around.find(text(reference, "reference"))
    held = [reference, target]
    for name in _BEHIND.get(text(target, "resourceType"), ()):
        held += [get(target, name), around.find(text(target, name, "reference"))]
    pairs = [
        (oid(text(one, "system")), value)
        for one in identifiers(*held) if (value := text(one, "value"))
    ]
    person = next((one for one in held if text(one, "resourceType") == "Practitioner"), None)
    return Acteur(
        _person(pairs), _structure(pairs),
        text(person, "name", 0, "family"), text(person, "name", 0, "given", 0),
    )


def _person(pairs: list[tuple[str, str]]) -> str:
    for system, value in pairs:
        if system == codes.IDNPS:
            return value
        if system == _RPPS:
            return value if len(value) == 12 else f"8{value}"
    return ""


def _structure(pairs: list[tuple[str, str]]) -> str:
    for system, value in pairs:
        if system == codes.IDNST:
            return value
        if system == _FINESS:
            return f"1{value}"
        if system == _SIRENE and len(value) == 14:
            return f"3{value}"
    return ""
