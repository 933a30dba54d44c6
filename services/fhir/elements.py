"""Elements of R4 types in the order of their definitions, as FHIR XML needs them.

Read from the reduced JSON schema that also checks structure: its properties stand in the order of
the definitions. Made per type on first use.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from services.fhir.structure import definition

RESOURCE = "ResourceList"
XHTML = "xhtml"


class Element(NamedTuple):
    """One element. type: name of its definition, RESOURCE for a contained resource, XHTML, or ""
    for a primitive; json: of a primitive, "string", "number" or "boolean"; many: a JSON array."""

    name: str
    type: str
    json: str
    many: bool

    @property
    def primitive(self) -> bool:
        return not self.type


@cache
def elements_of(type_name: str) -> dict[str, Element]:
    """Name → element, in order. Raises KeyError for no type of R4."""
    properties = definition(type_name)["properties"]
    return {
        name: _element(name, body) for name, body in properties.items()
        if name != "resourceType" and name[0] != "_"
    }


@cache
def is_resource(type_name: str) -> bool:
    """Whether a definition is a resource's, whose id is an element and no attribute."""
    return "resourceType" in definition(type_name)["properties"]


def _element(name: str, body: dict[str, Any]) -> Element:
    many = body.get("type") == "array"
    item = body["items"] if many else body
    reference = item.get("$ref", "").rpartition("/")[2]
    if reference in (RESOURCE, XHTML):
        return Element(name, reference, "", many)
    if reference:
        target = definition(reference)
        if "properties" in target:
            return Element(name, reference, "", many)
        item = target
    return Element(name, "", item.get("type", "string"), many)
