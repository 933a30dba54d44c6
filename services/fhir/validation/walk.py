"""One validation under way: what was found, where in the Bundle, who answers questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.fhir.validation.issues import TEXTS, At, Fault, Json, place

if TYPE_CHECKING:
    from services.fhir.validation.overlay import Overlay
    from services.kernel.ports import CodeValidation

MOST = 1000
"""Faults told of one resource."""

Profiles = Callable[[Json, At, "Walk"], "list[Overlay]"]
Extension = Callable[[Json, At, "Walk"], None]


class Walk:
    """State of one validation.

    resource, root: those of FHIRPath's %resource and %rootResource; bundle: the outermost one;
    trial: how many checks are under way of which only the outcome matters (slices by profile);
    done: objects already held to a profile, by place; superseded: warnings of R4's own bindings,
    by place, unless a profile binds the same element; unsure: a slice's matcher met a list that is
    not wholly known; asked, default: profiles of the outermost resource; applied: those found;
    package: whose versions are meant; closed: a code just met that its publisher has closed;
    local: references to contained resources met so far in this root; held: a root and what it
    contains, by id.
    """

    __slots__ = (
        "applied", "asked", "bundle", "closed", "codes", "default", "depth", "done", "extension",
        "faults", "full", "held", "local", "once", "package", "profiles", "resource", "root",
        "steps", "superseded", "targets", "trial", "unsure",
    )

    def __init__(
        self, codes: CodeValidation | None, extension: Extension | None, *, full: bool = True
    ) -> None:
        self.faults: list[Fault] = []
        self.codes = codes
        self.extension = extension
        self.full = full
        self.once: set[tuple[str, str]] = set()
        self.resource: Json = {}
        self.root: Json = {}
        self.bundle: Json | None = None
        self.targets: dict[str, Json] | None = None
        self.local: set[str] = set()
        self.held: tuple[Json, dict[str, Json]] | None = None
        self.depth = 0
        self.done: set[tuple[int, str, At]] = set()
        self.steps = 0
        self.trial = 0
        self.unsure = False
        self.closed = ""
        self.superseded: dict[str, Fault] = {}
        self.package = ""
        self.profiles: Profiles | None = None
        self.asked: tuple[str, ...] = ()
        self.default: tuple[str, ...] = ()
        self.applied: dict[str, None] = {}

    def fault(
        self, rule: str, at: At | str, expected: str = "", found: str = "", *, profile: str,
        severity: str = "", structural: bool = False,
    ) -> None:
        """Remember one fault; beyond the bound only that there were more."""
        if len(self.faults) > MOST:
            return
        if len(self.faults) == MOST:
            self.faults.append(
                Fault("issues.more", "information", "", profile, expected=str(MOST))
            )
            return
        self.faults.append(Fault(
            rule, severity or TEXTS[rule].severity, place(at), profile, expected, found, structural
        ))

    def tell_once(self, rule: str, at: At | str, expected: str, found: str, profile: str) -> None:
        """A remark that says the same at every place: only the first."""
        key = (rule, expected or found)
        if key not in self.once:
            self.once.add(key)
            self.fault(rule, at, expected, found, profile=profile)

    def fails(self, check: Callable[[], Any]) -> bool:
        """Whether a check finds an error, without keeping what it finds."""
        kept, once = self.faults, self.once
        self.faults, self.once = [], set(once)
        self.trial += 1
        try:
            check()
            return any(each.severity == "error" for each in self.faults)
        finally:
            self.faults, self.once = kept, once
            self.trial -= 1

    def resolve(self, reference: str) -> Json | None:
        """The resource that a reference leads to, in the same resource or Bundle."""
        if reference.startswith("#"):
            if len(reference) == 1:
                return self.root
            if self.held is None or self.held[0] is not self.root:
                self.held = self.root, _contained(self.root)
            return self.held[1].get(reference[1:])
        if self.bundle is None:
            return None
        if self.targets is None:
            self.targets = _entries(self.bundle)
        return self.targets.get(reference.partition("/_history/")[0])


def _contained(root: Json) -> dict[str, Json]:
    """What a resource contains, by id."""
    found: dict[str, Json] = {}
    held = root.get("contained")
    for each in held if isinstance(held, list) else ():
        if isinstance(each, dict) and isinstance(name := each.get("id"), str):
            found.setdefault(name, each)
    return found


def _entries(bundle: Json) -> dict[str, Json]:
    """Addresses of a Bundle's resources: as written, and the relative form of a REST address."""
    found: dict[str, Json] = {}
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        full = entry.get("fullUrl")
        if isinstance(full, str):
            found.setdefault(full, resource)
        rtype, name = resource.get("resourceType"), resource.get("id")
        if isinstance(rtype, str) and isinstance(name, str):
            found.setdefault(f"{rtype}/{name}", resource)
    return found
