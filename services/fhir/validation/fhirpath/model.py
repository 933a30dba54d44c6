"""What FHIRPath walks on: JSON values together with their R4 type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.fhir.validation.reduction import Json
from services.fhir.validation.types import PRIMITIVES, Spec, Types

Fields = dict[str, tuple[tuple[str, str, Spec | None], ...]]


class Node:
    """An element. value: JSON, None for a primitive that has extensions only; code: its type;
    spec: the tree of its children, None for a primitive; extra: a primitive's `_name`."""

    __slots__ = ("code", "extra", "spec", "value")

    def __init__(self, value: Any, code: str, spec: Spec | None, extra: Json | None) -> None:
        self.value = value
        self.code = code
        self.spec = spec
        self.extra = extra


class Model:
    """Children of elements, by the R4 definitions."""

    def __init__(self, types: Types) -> None:
        self.types = types
        self._element: Fields | None = None

    def node(self, value: Any, code: str, held: Spec | None = None, extra: Any = None) -> Node:
        """An element of a known type; a resource is of the type that it says."""
        if code in PRIMITIVES:
            return Node(value, code, None, extra if type(extra) is dict else None)
        if type(value) is dict and type(said := value.get("resourceType")) is str and held is None:
            spec = self.types.spec(said)
            if spec is not None and spec.sort == "resource":
                return Node(value, said, spec, None)
        return Node(value, held.base if held and held.path != code else code,
                    held or self.types.spec(code), None)

    def fields(self, spec: Spec) -> Fields:
        """Name → (JSON name, type, own tree) of the forms that a child may have."""
        found = spec.fields
        if found is None:
            found = spec.fields = {
                child.name: tuple((name, code, child.held) for name, code in child.forms)
                for child in spec.children.values()
            }
        return found

    def children(self, node: Node, name: str) -> list[Any]:
        """The children of that name."""
        if node.spec is None:
            return self._of_primitive(node, name)
        value = node.value
        if type(value) is not dict:
            return []
        found: list[Any] = []
        for json_name, code, held in self.fields(node.spec).get(name, ()):
            item, twin = value.get(json_name), None
            if code in PRIMITIVES:
                twin = value.get("_" + json_name)
            if item is None and twin is None:
                continue
            if type(item) is list or type(twin) is list:
                found += self._many(item, twin, code, held)
            else:
                found.append(self.node(item, code, held, twin))
        return found

    def _of_primitive(self, node: Node, name: str) -> list[Any]:
        if name == "value":
            return [] if node.value is None else [node.value]
        if node.extra is None or name not in {"extension", "id"}:
            return []
        item = node.extra.get(name)
        if name == "id":
            return [self.node(item, "string")] if item is not None else []
        return [
            self.node(each, "Extension") for each in item
        ] if type(item) is list else []

    def _many(self, item: Any, twin: Any, code: str, held: Spec | None) -> list[Node]:
        values = item if type(item) is list else []
        twins = twin if type(twin) is list else []
        if not twins:
            return [self.node(each, code, held) for each in values if each is not None]
        count = max(len(values), len(twins))
        values, twins = values + [None] * (count - len(values)), twins + [None] * (
            count - len(twins)
        )
        return [
            self.node(each, code, held, other) for each, other in zip(values, twins, strict=True)
            if each is not None or other is not None
        ]

    def all_children(self, node: Node) -> Iterator[Any]:
        """Every child of an element."""
        if node.spec is None:
            yield from self._of_primitive(node, "id")
            yield from self._of_primitive(node, "extension")
            return
        for name in self.fields(node.spec):
            yield from self.children(node, name)

    def is_of(self, item: Any, name: str) -> bool:
        """Whether an item is of a type: `Patient`, `FHIR.dateTime`, `System.String`, `Boolean`."""
        namespace, _, plain = name.rpartition(".")
        if not isinstance(item, Node):
            return namespace != "FHIR" and _system_type(item) == plain
        if namespace == "System":
            return False
        if plain[:1].isupper() and item.code == plain[0].lower() + plain[1:]:
            return True
        return self.types.is_a(item.code, plain)


def _system_type(item: object) -> str:
    match item:
        case bool():
            return "Boolean"
        case int():
            return "Integer"
        case float():
            return "Decimal"
        case str():
            return "String"
    return ""
