"""What an expression sees beside its focus, and how much it may compute."""

from __future__ import annotations

from typing import Any

from services.fhir.validation.fhirpath.grammar import Undecidable
from services.fhir.validation.fhirpath.model import Model, Node
from services.fhir.validation.walk import Walk

MOST_STEPS = 2_000_000
"""Items that the expressions of one validation may go through."""

CONSTANTS = {
    "ucum": "http://unitsofmeasure.org", "sct": "http://snomed.info/sct", "loinc": "http://loinc.org",
}


class TooCostly(Undecidable):
    """The bound on computing is reached."""


class Environment:
    """One evaluation."""

    __slots__ = ("context", "index", "model", "this", "walk")

    def __init__(self, model: Model, walk: Walk, context: Any) -> None:
        self.model = model
        self.walk = walk
        self.context = context
        self.this: list[Any] = [context]
        self.index = 0

    def spend(self, items: int) -> None:
        """Count work. Raises TooCostly."""
        self.walk.steps += items
        if self.walk.steps > MOST_STEPS:
            raise TooCostly("calcul trop long")

    def variable(self, name: str) -> list[Any]:
        """%resource and its like. Raises Undecidable."""
        match name:
            case "resource":
                return [self.model.node(self.walk.resource, "Resource")]
            case "rootResource":
                return [self.model.node(self.walk.root, "Resource")]
            case "context":
                return [self.context]
        if name in CONSTANTS:
            return [CONSTANTS[name]]
        raise Undecidable(f"variable %{name} inconnue")

    def resolve(self, text: str) -> list[Any]:
        """The resource that a reference leads to, here."""
        found = self.walk.resolve(text)
        return [] if found is None else [self.model.node(found, "Resource")]


__all__ = ["Environment", "Node", "TooCostly"]
