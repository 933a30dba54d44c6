"""The validator: one resource in, the faults that it has by R4 and by its profiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.fhir.validation.bindings import Binder
from services.fhir.validation.fhirpath import Model
from services.fhir.validation.invariants import Invariants
from services.fhir.validation.issues import CORE, At, Fault, Json, shown
from services.fhir.validation.library import CORE_PACKAGE, Library
from services.fhir.validation.overlay import Overlay, Overlays
from services.fhir.validation.primitives import json_kind
from services.fhir.validation.reduction import BOILERPLATE
from services.fhir.validation.references import target_check
from services.fhir.validation.structure import Check, Structure
from services.fhir.validation.types import Spec, Types
from services.fhir.validation.walk import Walk
from services.kernel.ports import NO_LISTS, CodeValidation

MOST_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Report:
    """What a validation found. profiles: canonicals, with version, that were applied."""

    profiles: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def strict(self) -> bool:
        """Whether the profiles accept the resource in full."""
        return not any(each.severity == "error" for each in self.faults)

    @property
    def lenient(self) -> bool:
        """Whether R4 itself accepts its structure, as a server does that applies no profile."""
        return not any(each.severity == "error" and each.structural for each in self.faults)


class Validator:
    """Every definition of a library, ready to check resources. Compiles what is first used."""

    def __init__(self, library: Library, codes: CodeValidation = NO_LISTS) -> None:
        self.library = library
        self.codes = codes
        self.types = Types(self._core)
        self._invariants = Invariants(Model(self.types), BOILERPLATE)
        self.overlays = Overlays(library, self.types, self._invariants)
        self._structure = Structure(
            self.types, self._binder, self._checks, self._targets, self.overlays.apply
        )

    def structure(self, resource: Any) -> tuple[Fault, ...]:
        """Faults against the R4 base alone: elements, shapes, formats, cardinalities, codes."""
        walk = Walk(None, None, full=False)
        if not _too_deep(resource, walk):
            self._structure.resource(resource, "", walk)
        return _distinct(walk.faults)

    def validate(
        self, resource: Any, profiles: Sequence[str] = (), default: Sequence[str] = (), *,
        shallow: bool = False,
    ) -> Report:
        """Faults against R4 and the profiles: those asked for, else those that the resource
        claims (`meta.profile`), else the default ones. shallow: it is known not to be nested
        beyond MOST_DEPTH."""
        walk = Walk(self.codes, self._extension)
        walk.profiles = self._profiles
        walk.asked = tuple(profiles)
        walk.default = tuple(default)
        if shallow or not _too_deep(resource, walk):
            self._structure.resource(resource, "", walk)
        return Report(
            tuple(walk.applied), _distinct([*walk.faults, *walk.superseded.values()])
        )

    def _core(self, name: str) -> Json | None:
        found = self.library.find("definition", CORE + name, CORE_PACKAGE)
        if found is None or found.package != CORE_PACKAGE or (
            found.source["derivation"] == "constraint"
        ):
            return None
        return found.source

    def _binder(self, strength: str, canonical: str, code: str) -> Binder:
        return self.overlays.binder(strength, canonical, code, CORE_PACKAGE)

    def _checks(
        self, spec: Spec, constraints: tuple[tuple[str, str, str], ...], profile: str
    ) -> tuple[Check, ...]:
        code, held = (spec.path, None) if "." not in spec.path else (spec.base, spec)
        return self._invariants.checks(code, held, constraints, profile)

    def _targets(self, targets: list[str], profile: str) -> Check:
        return target_check(
            lambda: [each.rpartition("/")[2] for each in targets], self.types, profile
        )

    def _profiles(self, resource: Json, at: At, walk: Walk) -> list[Overlay]:
        """The profiles that a resource is checked against, and remarks about them."""
        if "meta" not in resource and not walk.asked and not walk.default:
            return []
        wanted = _claimed(resource)
        if walk.asked or (walk.default and not wanted):
            wanted = [*(walk.asked or walk.default)]
        walk.asked = walk.default = ()
        found: list[Overlay] = []
        for canonical in wanted:
            overlay = self.overlays.find(canonical, walk.package)
            if overlay is None:
                walk.tell_once("profile.unknown", at, "", shown(canonical), "")
                continue
            if overlay.rtype != resource.get("resourceType") and not self.types.is_a(
                str(resource.get("resourceType")), overlay.rtype
            ):
                walk.fault("profile.type", at, overlay.rtype, shown(resource.get("resourceType")),
                           profile=overlay.canonical)
                continue
            if not self.library.has_version(canonical):
                walk.tell_once("profile.version", at, overlay.canonical, shown(canonical),
                               overlay.canonical)
            if overlay not in found:
                found.append(overlay)
        if found:
            walk.package = found[0].package
            walk.applied.update((each.canonical, None) for each in found)
        return found

    def _extension(self, value: Json, at: At, walk: Walk) -> None:
        """What the definition of an extension, found by its url, asks."""
        url = value.get("url")
        if type(url) is not str or ":" not in url:
            return
        overlay = self.overlays.find(url, walk.package)
        if overlay is None:
            walk.tell_once("extension.unknown", at, "", shown(url), "")
        elif overlay.rtype == "Extension":
            self.overlays.apply(overlay, value, at, walk)


def _claimed(resource: Json) -> list[str]:
    meta = resource.get("meta")
    found = meta.get("profile") if type(meta) is dict else None
    return [each for each in found if type(each) is str] if type(found) is list else []


def _distinct(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """One fault told by several profiles is told once, by the first."""
    kept: dict[tuple[str, str, str, str], Fault] = {}
    for each in faults:
        kept.setdefault((each.rule, each.at, each.expected, each.found), each)
    return tuple(kept.values())


def _too_deep(value: Any, walk: Walk) -> bool:
    """Whether a value is nested beyond what is walked; nothing else is then said of it."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_DEPTH):
        level = [
            inner for holder in level
            for inner in (holder.values() if type(holder) is dict else holder)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    walk.fault("json.deep", "", f"{MOST_DEPTH} niveaux au plus", profile="", structural=True)
    return True


__all__ = ["Report", "Validator", "json_kind"]
