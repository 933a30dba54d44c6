"""The R4 types as trees of elements: what structure checks and FHIRPath navigate.

Read from the reduced definitions of the core package, one type when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.fhir.validation.reduction import Json

UNBOUNDED = 1 << 30
PRIMITIVES = frozenset({
    "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant",
    "integer", "markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url",
    "uuid", "xhtml",
})


@dataclass(slots=True)
class Child:
    """An element of a type. forms: (JSON name, type code) of each form it may have; many: a JSON
    array; held: the tree below it when the definition gives its children itself; ref: path of the
    element whose children it has."""

    name: str
    path: str
    forms: tuple[tuple[str, str], ...]
    minimum: int
    maximum: int
    many: bool
    definition: Json
    held: Spec | None = None

    @property
    def choice(self) -> bool:
        return self.path.endswith("[x]")


@dataclass(slots=True)
class Spec:
    """A type, or the children that an element has by itself. path: "Patient", "Patient.contact"."""

    path: str
    base: str
    sort: str
    abstract: bool = False
    children: dict[str, Child] = field(default_factory=dict)
    constraints: tuple[tuple[str, str, str], ...] = ()
    fields: dict[str, tuple[tuple[str, str, Spec | None], ...]] | None = None

    @property
    def primitive(self) -> bool:
        return self.sort == "primitive-type"


class Types:
    """Every type of R4 by name. `find(name)` gives the reduced definition, None for no type."""

    def __init__(self, find: Callable[[str], Json | None]) -> None:
        self._find = find
        self._specs: dict[str, Spec | None] = {}

    def spec(self, name: str) -> Spec | None:
        """The tree of a type, None for no type of R4."""
        try:
            return self._specs[name]
        except KeyError:
            definition = self._find(name)
            found = self._specs[name] = None if definition is None else _tree(definition)
            return found

    def is_resource(self, name: str) -> bool:
        """Whether it is a resource type that an instance may have."""
        spec = self.spec(name)
        return spec is not None and spec.sort == "resource" and not spec.abstract

    def is_a(self, name: str, ancestor: str) -> bool:
        """Whether a type is another, or derived from it."""
        while name:
            if name == ancestor:
                return True
            spec = self.spec(name)
            name = spec.base.rpartition("/")[2] if spec else ""
        return False

    def ancestors(self, name: str) -> Iterator[str]:
        """The type and what it derives from."""
        while name:
            yield name
            spec = self.spec(name)
            name = spec.base.rpartition("/")[2] if spec else ""


def _tree(definition: Json) -> Spec:
    elements = definition["elements"]
    root = Spec(
        definition["type"], definition["base"], definition["sort"], definition["abstract"],
        constraints=_constraints(elements[0]),
    )
    nodes: dict[str, Spec] = {root.path: root}
    references: list[tuple[Child, str]] = []
    with_children = {each["id"].rpartition(".")[0] for each in elements}
    for element in elements[1:]:
        path = element["id"]
        holder, _, name = path.rpartition(".")
        maximum = element.get("max", "*")
        child = Child(
            name.removesuffix("[x]"), path,
            _forms(name, element, resource=holder == root.path and root.sort == "resource"),
            element.get("min", 0),
            UNBOUNDED if maximum == "*" else int(maximum), maximum not in {"0", "1"}, element,
        )
        if path in with_children:
            child.held = nodes[path] = Spec(
                path, element["types"][0]["code"] if element.get("types") else "Element",
                "complex-type", constraints=_constraints(element),
            )
        if "ref" in element:
            references.append((child, element["ref"]))
        nodes[holder].children[child.name] = child
    for child, target in references:
        child.held = nodes[target]
    return root


def _forms(name: str, element: Json, *, resource: bool) -> tuple[tuple[str, str], ...]:
    codes = [each["code"] for each in element.get("types", ())]
    if name == "id":
        codes = ["id" if resource else "string"]
    if not name.endswith("[x]"):
        return ((name, codes[0] if codes else ""),)
    stem = name.removesuffix("[x]")
    return tuple((stem + code[0].upper() + code[1:], code) for code in codes)


def _constraints(element: Json) -> tuple[tuple[str, str, str], ...]:
    return tuple((key, severity, text) for key, severity, text in element.get("constraints", ()))
