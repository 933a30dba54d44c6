"""Structure of R4 resources, compiled once per type into nested functions.

Elements, shapes, formats, cardinalities, required codes and, in the full form, the constraints of
the R4 types and the extensions. A rule is `rule(item, holder, at, walk)`, called for a member that
is present; it reports to the walk and returns nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.fhir.validation import constraints, members
from services.fhir.validation.issues import CORE, At, Json, shown
from services.fhir.validation.members import Check, Rule, Slot
from services.fhir.validation.primitives import TESTS, Test, json_kind
from services.fhir.validation.types import PRIMITIVES, Child, Spec, Types
from services.fhir.validation.walk import Walk

if TYPE_CHECKING:
    from services.fhir.validation.bindings import Binder

Binders = Callable[[str, str, str], "Binder"]
Invariants = Callable[[Spec, tuple[tuple[str, str, str], ...], str], tuple[Check, ...]]
Targets = Callable[[list[str], str], "Check"]
Apply = Callable[[Any, Any, At, Walk], None]


class Structure:
    """Checkers of the R4 types, made when first used.

    binders(strength, value set, type code) checks a code; invariants(spec, constraints, profile)
    compiles constraints; targets(canonicals, profile) checks where a reference leads.
    """

    def __init__(
        self, types: Types, binders: Binders, invariants: Invariants, targets: Targets,
        apply: Apply,
    ) -> None:
        self.types = types
        self._binders = binders
        self._invariants = invariants
        self._targets = targets
        self.apply = apply
        self._slots: dict[tuple[str, bool], Slot] = {}
        self._resources: dict[tuple[str, bool], Slot] = {}

    def resource(self, value: Any, at: At | str, walk: Walk) -> None:
        """A resource of any type, on its own: the root of its references."""
        if type(value) is not dict:
            walk.fault("json.object", at, found=json_kind(value), profile="", structural=True)
            return
        rtype = value.get("resourceType")
        slot = self._of_type(rtype, walk.full)
        if slot is None:
            walk.fault(
                "resource.type", at, found=shown(rtype) if rtype is not None else "absent",
                profile=f"{CORE}Resource", structural=True,
            )
            return
        here: At = (at, f".ofType({rtype})", -1) if at else (rtype, "", -1)
        before, root, bundle, package = walk.resource, walk.root, walk.bundle, walk.package
        local = walk.local
        walk.resource, walk.root, walk.local = value, value, set()
        if rtype == "Bundle" and bundle is None:
            walk.bundle = value
        self._with_profiles(slot, value, here, walk)
        walk.resource, walk.root, walk.bundle, walk.package = before, root, bundle, package
        walk.local = local

    def contained(self, value: Any, at: At, walk: Walk) -> None:
        """A contained resource: %resource is itself, %rootResource the one that holds it."""
        rtype = value.get("resourceType") if type(value) is dict else None
        slot = self._of_type(rtype, walk.full)
        if slot is None:
            self.resource(value, at, walk)
            return
        before, walk.resource, package = walk.resource, value, walk.package
        self._with_profiles(slot, value, (at, f".ofType({rtype})", -1), walk)
        walk.resource, walk.package = before, package
        if walk.full:
            constraints.contained(value, at, walk)

    def _with_profiles(self, slot: Slot, value: Json, at: At, walk: Walk) -> None:
        """The type of a resource, then the profiles that it is held to."""
        overlays = walk.profiles(value, at, walk) if walk.profiles is not None else ()
        slot[0](value, at, walk)
        for each in overlays:
            self.apply(each, value, at, walk)

    def _of_type(self, rtype: Any, full: bool) -> Slot | None:
        """The check of a resource type, None for what is none."""
        if type(rtype) is not str:
            return None
        slot = self._resources.get((rtype, full))
        if slot is None and self.types.is_resource(rtype):
            slot = self._resources[rtype, full] = self._slot(self._known(rtype), full)
        return slot

    def _slot(self, spec: Spec, full: bool) -> Slot:
        key = (spec.path, full)
        slot = self._slots.get(key)
        if slot is None:
            def first(value: Any, at: At, walk: Walk) -> None:
                made[0] = self._compile(spec, full)
                made[0](value, at, walk)

            slot = made = self._slots[key] = [first]
        return slot

    def _compile(self, spec: Spec, full: bool) -> Check:
        profile = CORE + spec.path.partition(".")[0]
        rules: dict[str, Rule] = {}
        texts: dict[str, Test] = {}
        required: list[tuple[str, str, frozenset[str], int]] = []
        choices: list[frozenset[str]] = []
        for child in spec.children.values():
            self._add(rules, texts, child, profile, full)
            names = [name for name, _ in child.forms]
            if child.minimum:
                accepted = frozenset([*names, *("_" + name for name in names)])
                required.append((names[0], child.name, accepted, child.minimum))
            if child.choice:
                choices.append(frozenset(names))
        if spec.sort == "resource":
            rules["resourceType"] = members.nothing
        more: list[Check] = []
        if full:
            more += self._invariants(spec, spec.constraints, profile)
            if spec.path in constraints.OF_TYPES:
                more.append(constraints.OF_TYPES[spec.path])
            if spec.sort == "resource" and self.types.is_a(spec.path, "DomainResource"):
                more.append(constraints.domain_resource)
        return _object(rules, texts, tuple(required), tuple(choices), tuple(more), profile)

    def _add(
        self, rules: dict[str, Rule], texts: dict[str, Test], child: Child, profile: str, full: bool
    ) -> None:
        for name, code in child.forms:
            step = "." + child.name + (f".ofType({code})" if child.choice else "")
            if child.maximum == 0:
                rules[name] = members.forbidden(step, profile)
            elif code in PRIMITIVES:
                sound, check = self._primitive(child, code, profile, full)
                if child.many:
                    rules[name] = members.many_nullable(sound, check, step, child.maximum, profile)
                else:
                    rules[name], texts[name] = members.single_primitive(sound, check, step), sound
            else:
                slot = self._object_slot(child, code, full)
                more = self._more(child, code, profile, full)
                rules[name] = (
                    members.many(slot, more, step, child.maximum, profile)
                    if child.many else members.single(slot, more, step)
                )
            if code in PRIMITIVES:
                element = self._slot(self._known("Element"), full)
                rules["_" + name] = (
                    members.many_nullable(
                        members.unsound, members.late(element), step, child.maximum, profile
                    )
                    if child.many else members.single(element, (), step)
                )

    def _known(self, name: str) -> Spec:
        spec = self.types.spec(name)
        if spec is None:
            raise KeyError(name)
        return spec

    def _object_slot(self, child: Child, code: str, full: bool) -> Slot:
        """The check of an element's values by their type, none of them primitive."""
        if child.held is not None:
            return self._slot(child.held, full)
        if code == "Resource" or self.types.is_resource(code):
            return [self.contained if child.name == "contained" else self.resource]
        return self._slot(self._known(code), full)

    def _primitive(
        self, child: Child, code: str, profile: str, full: bool
    ) -> tuple[Test, Check]:
        """Whether a primitive value is sound at first sight, and its whole check."""
        sound, own = TESTS[code], members.primitive(code, profile)
        binder = self._binder(child, code, full)
        more = self._more(child, code, profile, full)
        if more:
            sound = binder.sound if binder is not None and len(more) == 1 else members.unsound
        return sound, members.every((own, *more))

    def _binder(self, child: Child, code: str, full: bool) -> Binder | None:
        binding = child.definition.get("binding")
        if binding and (full or (binding[0] == "required" and code == "code")):
            found = self._binders(binding[0], binding[1], code)
            return None if found.open else found
        return None

    def _more(self, child: Child, code: str, profile: str, full: bool) -> tuple[Check, ...]:
        """What an element asks of its values beyond their type."""
        checks: list[Check] = []
        binder = self._binder(child, code, full)
        if binder is not None:
            checks.append(binder.base(profile))
        if full and code == "Reference":
            checks += [
                self._targets(each["targets"], profile)
                for each in child.definition.get("types", ())
                if each["code"] == code and "targets" in each
            ]
        if full and child.held is None and child.definition.get("constraints"):
            spec = self.types.spec(code)
            found = tuple(
                (key, severity, text) for key, severity, text in child.definition["constraints"]
            )
            if spec is not None:
                checks += self._invariants(spec, found, profile)
        return tuple(checks)


def _object(
    rules: dict[str, Rule], texts: dict[str, Test],
    required: tuple[tuple[str, str, frozenset[str], int], ...],
    choices: tuple[frozenset[str], ...], more: tuple[Check, ...], profile: str,
) -> Check:
    """texts: whether a text is sound as the value of a primitive; required: (usual JSON name,
    element, every JSON name, how many); more: what is asked of the object as a whole."""
    find, find_test = rules.get, texts.get

    def check(value: Any, at: At, walk: Walk) -> None:
        if type(value) is not dict:
            walk.fault("json.object", at, found=json_kind(value), profile=profile, structural=True)
            return
        for name, item in value.items():
            if type(item) is str and (sound := find_test(name)) is not None and sound(item):
                continue
            rule = find(name)
            if rule is not None:
                rule(item, value, at, walk)
            else:
                _unknown(name, at, walk, profile)
        for usual, name, names, least in required:
            if usual not in value and names.isdisjoint(value):
                walk.fault("card.min", (at, "." + name, -1), str(least), "0", profile=profile,
                           structural=True)
        for group in choices:
            if not group.isdisjoint(value) and len(found := group.intersection(value)) > 1:
                walk.fault("choice.many", at, found=", ".join(sorted(found)), profile=profile,
                           structural=True)
        if len(value) < 2 and (not value or "id" in value or "resourceType" in value) and (
            "resourceType" not in value
        ):
            walk.fault("json.empty", at, profile=profile, structural=True)
        for each in more:
            each(value, at, walk)

    return check


def _unknown(name: str, at: At, walk: Walk, profile: str) -> None:
    child = name if name.isidentifier() and name.isascii() and len(name) <= LONG_NAME else ""
    walk.fault("element.unknown", (at, "." + child, -1) if child else at, found=name[:LONG_NAME],
               profile=profile, structural=True)


LONG_NAME = 80
__all__ = ["Check", "Structure"]
