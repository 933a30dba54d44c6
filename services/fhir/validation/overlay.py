"""Profiles compiled into checks of what they add to the R4 types.

The base structure is checked once (`structure`); a profile then looks only at the elements that it
constrains: cardinality, types, fixed values, patterns, bindings, references, constraints, slices,
profiles of datatypes. Nothing here trusts the shape of what it reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.fhir.validation import matching
from services.fhir.validation.bindings import Binder, fixed_value_set
from services.fhir.validation.elements import ElementCheck, elements
from services.fhir.validation.invariants import Invariants
from services.fhir.validation.issues import At, Json
from services.fhir.validation.library import Library
from services.fhir.validation.parts import Part, tree
from services.fhir.validation.references import target_type
from services.fhir.validation.structure import Structure
from services.fhir.validation.types import Types
from services.fhir.validation.value_sets import ValueSet, ValueSets
from services.fhir.validation.walk import Walk

MOST_NESTED = 60
MOST_APPLIED = 200_000


@dataclass(slots=True)
class Overlay:
    """A compiled profile. canonical: with its version; rtype: the type it constrains."""

    canonical: str
    rtype: str
    package: str
    root: Part
    checks: tuple[ElementCheck, ...] | None = None
    constraints: tuple[Any, ...] = ()


class Overlays:
    """The profiles of a library, compiled when first used."""

    def __init__(self, library: Library, types: Types, invariants: Invariants) -> None:
        self.library = library
        self.types = types
        self.invariants = invariants
        self.structure: Structure | None = None
        self._found: dict[tuple[str, str], Overlay | None] = {}
        self._made: dict[str, Overlay] = {}
        self._sets: dict[tuple[str, str], ValueSet | None] = {}
        self._value_sets = ValueSets(
            lambda kind, canonical: found.source
            if (found := library.find(kind, canonical)) else None
        )

    def find(self, canonical: str, package: str = "") -> Overlay | None:
        """The profile that a canonical means for a package; None for none known here."""
        key = (canonical, package)
        if key not in self._found:
            found = self.library.find("definition", canonical, package)
            if found is None or found.source["sort"] == "logical":
                self._found[key] = None
            else:
                name = f"{found.source['url']}|{found.source['version']}"
                if name not in self._made:
                    self._made[name] = Overlay(
                        name, found.source["type"], found.package,
                        Part(found.source["type"]) if found.source["derivation"] != "constraint"
                        else tree(found.source),
                    )
                self._found[key] = self._made[name]
        return self._found[key]

    def root(self, canonical: str, package: str) -> Part | None:
        """The tree of a profile."""
        found = self.find(canonical, package)
        return found.root if found else None

    def apply(self, overlay: Overlay, value: Any, at: At, walk: Walk) -> None:
        """Check a value against a profile, its base type apart."""
        if walk.depth >= MOST_NESTED or walk.steps > MOST_APPLIED:
            walk.tell_once("inv.undecidable", at, overlay.canonical, "profils trop imbriqués", "")
            return
        if type(value) is not dict:
            return
        if not walk.trial:
            # A resource may be held to a profile by its Bundle, and claim it too.
            before = len(walk.done)
            walk.done.add((id(value), overlay.canonical, at))
            if len(walk.done) == before:
                return
        if overlay.checks is None:
            overlay.checks, overlay.constraints = elements(self, overlay)
        walk.depth += 1
        walk.steps += 1
        for check in overlay.checks:
            check(value, at, walk)
        for constraint in overlay.constraints:
            constraint(value, at, walk)
        walk.depth -= 1

    def conforms(self, value: Any, canonical: str, package: str, walk: Walk) -> bool:
        """Whether a resource says that it follows a profile, or does."""
        overlay = self.find(canonical, package)
        if overlay is None or type(value) is not dict:
            return False
        if value.get("resourceType", overlay.rtype) != overlay.rtype:
            return False
        meta = value.get("meta")
        claimed = meta.get("profile") if type(meta) is dict else None
        url = overlay.canonical.partition("|")[0]
        if type(claimed) is list and any(
            type(each) is str and each.partition("|")[0] == url for each in claimed
        ):
            return True
        if walk.trial > 2:
            return True
        return not walk.fails(lambda: self.apply(overlay, value, (overlay.rtype, "", -1), walk))

    def reference_may_be(
        self, value: Any, canonicals: list[str], package: str, walk: Walk
    ) -> bool:
        """Whether a reference that leads outside may be to one of these profiles, by its type."""
        found = target_type(value, self.types, walk)
        kinds = {each.rtype for one in canonicals if (each := self.find(one, package))}
        return not found or found in kinds

    def binder(self, strength: str, canonical: str, code: str, package: str) -> Binder:
        """A binding as an element of a package asks for it."""
        return Binder(strength, canonical, code, lambda: self._value_set(canonical, package))

    def _value_set(self, canonical: str, package: str) -> ValueSet | None:
        key = (canonical, package)
        if key not in self._sets:
            found = self.library.find("value-set", canonical, package)
            self._sets[key] = (
                self._value_sets.compile(found.source) if found else fixed_value_set(canonical)
            )
        return self._sets[key]


Fits = Callable[[Any], bool]
__all__ = ["Json", "Overlay", "Overlays", "matching"]
