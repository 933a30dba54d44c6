"""Structure of R4 resources, compiled once per type into nested functions.

Elements, shapes, formats, cardinalities, required codes and, in the full form, the constraints of
the R4 types and the extensions. A rule is `rule(item, holder, at, walk)`, called for a member that
is present; it reports to the walk and returns nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.fhir.validation import constraints
from services.fhir.validation.issues import CORE, At, Json, shown
from services.fhir.validation.primitives import JSON_KIND, TESTS, json_kind
from services.fhir.validation.types import PRIMITIVES, UNBOUNDED, Child, Spec, Types
from services.fhir.validation.walk import Walk

if TYPE_CHECKING:
    from services.fhir.validation.bindings import Binder

Check = Callable[[Any, At, Walk], None]
Rule = Callable[[Any, Json, At, Walk], None]
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
        self._made: dict[tuple[str, bool], Check] = {}

    def resource(self, value: Any, at: At | str, walk: Walk) -> None:
        """A resource of any type, on its own: the root of its references."""
        if type(value) is not dict:
            walk.fault("json.object", at, found=json_kind(value), profile="", structural=True)
            return
        rtype = value.get("resourceType")
        if type(rtype) is not str or not self.types.is_resource(rtype):
            walk.fault(
                "resource.type", at, found=shown(rtype) if rtype is not None else "absent",
                profile=f"{CORE}Resource", structural=True,
            )
            return
        here: At = (at, f".ofType({rtype})", -1) if at else (rtype, "", -1)
        before, root, bundle, package = walk.resource, walk.root, walk.bundle, walk.package
        walk.resource = walk.root = value
        if rtype == "Bundle" and bundle is None:
            walk.bundle = value
        overlays = walk.profiles(value, here, walk) if walk.profiles is not None else ()
        self.checker(rtype, full=walk.full)(value, here, walk)
        for each in overlays:
            self.apply(each, value, here, walk)
        walk.resource, walk.root, walk.bundle, walk.package = before, root, bundle, package

    def contained(self, value: Any, at: At, walk: Walk) -> None:
        """A contained resource: %resource is itself, %rootResource the one that holds it."""
        if type(value) is dict and type(rtype := value.get("resourceType")) is str and (
            self.types.is_resource(rtype)
        ):
            here: At = (at, f".ofType({rtype})", -1)
            before, walk.resource, package = walk.resource, value, walk.package
            overlays = walk.profiles(value, here, walk) if walk.profiles is not None else ()
            self.checker(rtype, full=walk.full)(value, here, walk)
            for each in overlays:
                self.apply(each, value, here, walk)
            walk.resource, walk.package = before, package
            if walk.full:
                constraints.contained(value, at, walk)
        else:
            self.resource(value, at, walk)

    def checker(self, name: str, *, full: bool) -> Check:
        """The check of one type's values."""
        found = self._made.get((name, full))
        if found is None:
            spec = self.types.spec(name)
            if spec is None:
                raise KeyError(name)
            found = self._compile(spec, full)
        return found

    def _compile(self, spec: Spec, full: bool) -> Check:
        key = (spec.path, full)
        if key in self._made:
            return self._made[key]
        rules: dict[str, Rule] = {}

        def late(value: Any, at: At, walk: Walk) -> None:
            self._made[key](value, at, walk)

        self._made[key] = late
        profile = CORE + spec.path.partition(".")[0]
        required: list[tuple[str, tuple[str, ...], int]] = []
        choices: list[frozenset[str]] = []
        for child in spec.children.values():
            self._add(rules, child, profile, full)
            names = tuple(name for name, _ in child.forms)
            if child.minimum:
                required.append((child.name, names + tuple("_" + name for name in names),
                                 child.minimum))
            if child.choice:
                choices.append(frozenset(names))
        if spec.sort == "resource":
            rules["resourceType"] = _nothing
        check = _object(rules, tuple(required), tuple(choices), profile)
        if full:
            more = list(self._invariants(spec, spec.constraints, profile))
            if spec.path == "Extension":
                more.append(constraints.extension)
            if spec.path == "Reference":
                more.append(constraints.reference)
            if spec.path == "Narrative":
                more.append(constraints.narrative)
            if spec.sort == "resource" and self.types.is_a(spec.path, "DomainResource"):
                more.append(constraints.domain_resource)
            if more:
                check = _both(check, tuple(more))
        self._made[key] = check
        return check

    def _add(self, rules: dict[str, Rule], child: Child, profile: str, full: bool) -> None:
        for name, code in child.forms:
            step = "." + child.name + (f".ofType({code})" if child.choice else "")
            check = self._value(child, code, step, profile, full)
            rules[name] = (
                _many(check, step, child.maximum, profile, nullable=code in PRIMITIVES)
                if child.many else _single(check, step)
            )
            if child.maximum == 0:
                rules[name] = _forbidden(step, profile)
            if code in PRIMITIVES:
                element = self._compile(self._known("Element"), full)
                rules["_" + name] = (
                    _many(element, step, child.maximum, profile, nullable=True)
                    if child.many else _single(element, step)
                )

    def _known(self, name: str) -> Spec:
        spec = self.types.spec(name)
        if spec is None:
            raise KeyError(name)
        return spec

    def _value(self, child: Child, code: str, step: str, profile: str, full: bool) -> Check:
        """The check of one value of an element, in one of its forms."""
        checks: list[Check] = []
        if code in PRIMITIVES:
            checks.append(_primitive(code, profile))
        elif child.held is not None:
            checks.append(self._late(child.held, full))
        elif code == "Resource" or self.types.is_resource(code):
            checks.append(self.contained if child.name == "contained" else self.resource)
        else:
            checks.append(self._late(self._known(code), full))
        binding = child.definition.get("binding")
        if binding and (full or (binding[0] == "required" and code == "code")):
            checks.append(self._binders(binding[0], binding[1], code).base(profile))
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
        return checks[0] if len(checks) == 1 else _all(tuple(checks))

    def _late(self, spec: Spec, full: bool) -> Check:
        key, made = (spec.path, full), self._made

        def check(value: Any, at: At, walk: Walk) -> None:
            found = made.get(key)
            if found is None:
                found = self._compile(spec, full)
            found(value, at, walk)

        return check


def _nothing(item: Any, holder: Json, at: At, walk: Walk) -> None:
    return


def _single(check: Check, step: str) -> Rule:
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        check(item, (at, step, -1), walk)

    return rule


def _many(check: Check, step: str, most: int, profile: str, *, nullable: bool) -> Rule:
    name = step[1:].partition(".")[0]

    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        if type(item) is not list:
            walk.fault("json.array", (at, step, -1), found=json_kind(item), profile=profile,
                       structural=True)
            return
        if not item:
            walk.fault("json.empty", (at, step, -1), profile=profile, structural=True)
        if len(item) > most:
            walk.fault("card.max", (at, step, -1), str(most), str(len(item)), profile=profile,
                       structural=True)
        for index, each in enumerate(item):
            if each is not None or not nullable:
                check(each, (at, step, index), walk)
            elif not _other(holder, name, item, index):
                walk.fault("json.empty", (at, step, index), profile=profile, structural=True)

    return rule


def _other(holder: Json, name: str, item: list[Any], index: int) -> bool:
    """Whether a null in an array stands for something said in its twin (`given`, `_given`)."""
    for twin in (holder.get(name), holder.get("_" + name)):
        if type(twin) is list and twin is not item and len(twin) > index and (
            twin[index] is not None
        ):
            return True
    return False


def _forbidden(step: str, profile: str) -> Rule:
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        walk.fault("card.max", (at, step, -1), "0", "1", profile=profile, structural=True)

    return rule


def _all(checks: tuple[Check, ...]) -> Check:
    def check(value: Any, at: At, walk: Walk) -> None:
        for each in checks:
            each(value, at, walk)

    return check


def _both(check: Check, more: tuple[Check, ...]) -> Check:
    """The constraints of an object are looked at when it is an object."""

    def both(value: Any, at: At, walk: Walk) -> None:
        check(value, at, walk)
        if type(value) is dict:
            for each in more:
                each(value, at, walk)

    return both


def _primitive(code: str, profile: str) -> Check:
    test, kind = TESTS[code], JSON_KIND.get(code, "string")

    def check(value: Any, at: At, walk: Walk) -> None:
        if not test(value):
            found = json_kind(value)
            if found != kind:
                walk.fault("value.type", at, kind, found, profile=profile, structural=True)
            else:
                walk.fault("value.format", at, code, f"« {shown(value)} »", profile=profile,
                           structural=True)

    return check


def _object(
    rules: dict[str, Rule], required: tuple[tuple[str, tuple[str, ...], int], ...],
    choices: tuple[frozenset[str], ...], profile: str,
) -> Check:
    find = rules.get

    def check(value: Any, at: At, walk: Walk) -> None:
        if type(value) is not dict:
            walk.fault("json.object", at, found=json_kind(value), profile=profile, structural=True)
            return
        for name, item in value.items():
            rule = find(name)
            if rule is not None:
                rule(item, value, at, walk)
            else:
                _unknown(name, at, walk, profile)
        for name, names, least in required:
            for each in names:
                if each in value:
                    break
            else:
                walk.fault("card.min", (at, "." + name, -1), str(least), "0", profile=profile,
                           structural=True)
        for group in choices:
            if len(found := value.keys() & group) > 1:
                walk.fault("choice.many", at, found=", ".join(sorted(found)), profile=profile,
                           structural=True)
        if len(value) < 2 and (not value or "id" in value or "resourceType" in value) and (
            "resourceType" not in value
        ):
            walk.fault("json.empty", at, profile=profile, structural=True)

    return check


def _unknown(name: str, at: At, walk: Walk, profile: str) -> None:
    child = name if name.isidentifier() and name.isascii() and len(name) <= LONG_NAME else ""
    walk.fault("element.unknown", (at, "." + child, -1) if child else at, found=name[:LONG_NAME],
               profile=profile, structural=True)


LONG_NAME = 80
__all__ = ["UNBOUNDED", "Check", "Rule", "Structure"]
