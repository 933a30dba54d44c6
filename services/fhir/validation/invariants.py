"""Constraints of definitions, compiled from their FHIRPath; what cannot be decided is said.

A constraint that gives nothing (`{}`) accuses no one: `fullUrl.contains('/_history/').not()` of an
entry without `fullUrl` is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from services.fhir.validation.fhirpath import Compiled, Environment, Model, Undecidable, compiled
from services.fhir.validation.fhirpath.certain import Certain, certain
from services.fhir.validation.fhirpath.values import boolean
from services.fhir.validation.issues import At
from services.fhir.validation.types import PRIMITIVES, Spec
from services.fhir.validation.walk import Walk
from services.fhir.validation.written import WRITTEN

Check = Callable[..., None]
"""check(value, place, walk, the `_name` twin of a primitive when it has one)"""
Constraint = tuple[str, str, str]


class Invariants:
    """Compiles constraints; an expression is compiled once, when it is first evaluated."""

    def __init__(self, model: Model, written: frozenset[str]) -> None:
        self._model = model
        self._written = written
        self._made: dict[str, Compiled | str] = {}

    def checks(
        self, code: str, held: Spec | None, constraints: Iterable[Constraint], profile: str
    ) -> tuple[Check, ...]:
        """One check for all the constraints of an element; keys written by hand are left out."""
        kept = tuple(each for each in constraints if each[0] not in self._written)
        if not kept:
            return ()
        model, compiled = self._model, self._compiled
        rules: list[tuple[str, str, str, Certain | None]] = []

        def check(value: Any, at: At, walk: Walk, twin: Any = None) -> None:
            if not rules:
                rules.extend(self._told_at_once(code, held, kept))
            focus: list[Any] = []
            usual = type(value) is dict and value.get("resourceType", code) == code
            for key, severity, text, sure in rules:
                if usual and sure is not None and sure(value, walk):
                    continue
                if not text and key in WRITTEN:
                    wanted, written, own = WRITTEN[key]
                    if found := written(value, at, walk):
                        walk.fault(f"inv.{key}", at, wanted, found, severity=own or severity,
                                   profile=profile)
                    continue
                if not focus:
                    focus = [model.node(value, code, held, twin)]
                    environment = Environment(model, walk, focus[0])
                try:
                    met = boolean(compiled(text)(environment, focus))
                except (Undecidable, RecursionError) as reason:
                    walk.tell_once("inv.undecidable", at, key, str(reason), profile)
                    environment = Environment(model, walk, focus[0])
                    continue
                if met is False:
                    walk.fault(f"inv.{key}", at, text, severity=severity, profile=profile)

        return (check,)

    def _told_at_once(
        self, code: str, held: Spec | None, constraints: Iterable[Constraint]
    ) -> Iterator[tuple[str, str, str, Certain | None]]:
        """The constraints, each with what tells that it is met for certain."""
        types = self._model.types
        spec = None if code in PRIMITIVES else held or types.spec(code)
        for key, severity, text in constraints:
            yield key, severity, text, certain(text, spec, types) if spec and text else None

    def _compiled(self, text: str) -> Compiled:
        found = self._made.get(text)
        if found is None:
            try:
                found = compiled(text)
            except Undecidable as reason:
                found = str(reason) if text else "pas d'expression dans la définition"
            self._made[text] = found
        if isinstance(found, str):
            raise Undecidable(found)
        return found
