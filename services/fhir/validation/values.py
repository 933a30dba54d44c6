"""Checks of one value of a profile's element."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from services.fhir.validation import matching
from services.fhir.validation.issues import At, Json, shown
from services.fhir.validation.parts import Part
from services.fhir.validation.references import target_check
from services.fhir.validation.types import PRIMITIVES, Spec
from services.fhir.validation.walk import Walk

if TYPE_CHECKING:
    from services.fhir.validation.elements import ElementCompiler

ValueCheck = Callable[[Any, At, Walk, Any], None]
"""check(value, place, walk, `_name` twin)"""


def value_checks(
    compiler: ElementCompiler, part: Part, code: str, held: Spec | None, choice: bool, depth: int
) -> tuple[ValueCheck, ...]:
    """All that a part asks of a value of one type."""
    profile, overlays = compiler.overlay.canonical, compiler.overlays
    element = part.element
    resource = code == "Resource" or overlays.types.is_resource(code)
    allowed = {each["code"]: each for each in part.types}
    if allowed and code not in allowed and choice:
        return (_refused(frozenset(allowed), code, profile),)
    checks: list[ValueCheck] = []
    if resource and allowed:
        checks.append(_resource_type(compiler, frozenset(allowed), profile))
    if "fixed" in element and not choice:
        checks.append(_fixed(element["fixed"], profile))
    if "pattern" in element:
        checks.append(_pattern(element["pattern"], profile))
    kind = allowed.get(code, {})
    if code == "Reference" and "targets" in kind:
        checks.append(_targets(compiler, kind["targets"], profile))
    if "binding" in element:
        strength, canonical = element["binding"]
        bound = overlays.binder(strength, canonical, code, compiler.overlay.package).check(profile)
        checks.append(lambda value, at, walk, twin: bound(value, at, walk))
    if "length" in element:
        checks.append(_length(element["length"], profile))
    if "least" in element or "most" in element:
        checks.append(_range(element.get("least"), element.get("most"), profile))
    profiles = part.profiles if resource else kind.get("profiles", [])
    if profiles:
        checks.append(_profiles(compiler, profiles, "Resource" if resource else code))
    checks += overlays.invariants.checks(
        code, held,
        [(key, severity, text) for key, severity, text in element.get("constraints", ())], profile,
    ) if code else ()
    if part.children:
        below = held or (overlays.types.spec(code) if code and not resource else None)
        if resource and len(allowed) == 1:
            below = overlays.types.spec(next(iter(allowed)))
        if code in PRIMITIVES:
            below = overlays.types.spec("Element")
        inner = _below(compiler.children(part, below, depth + 1), code in PRIMITIVES)
        checks.append(_named(inner) if resource else inner)
    return tuple(checks)


def _named(check: ValueCheck) -> ValueCheck:
    """The same, the place saying the type of the resource."""
    return lambda value, at, walk, twin: check(value, resource_place(value, at), walk, twin)


def resource_place(value: Any, at: At) -> At:
    """The place of a resource held by another, with its type."""
    found = value.get("resourceType") if type(value) is dict else None
    return (at, f".ofType({found})", -1) if type(found) is str else at


def _refused(allowed: frozenset[str], code: str, profile: str) -> ValueCheck:
    wanted = " ou ".join(sorted(allowed))

    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        walk.fault("type.choice", at, wanted, code, profile=profile)

    return check


def _resource_type(
    compiler: ElementCompiler, allowed: frozenset[str], profile: str
) -> ValueCheck:
    types = compiler.overlays.types

    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        found = value.get("resourceType") if type(value) is dict else None
        if type(found) is str and not any(types.is_a(found, one) for one in allowed):
            walk.fault("resource.type.other", at, " ou ".join(sorted(allowed)), shown(found),
                       profile=profile)

    return check


def _written(value: Any) -> str:
    return shown(value if isinstance(value, str) else orjson.dumps(value).decode())


def _fixed(fixed: Any, profile: str) -> ValueCheck:
    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        if not matching.same(value, fixed):
            walk.fault("fixed", at, _written(fixed), _found(value), profile=profile)

    return check


def _pattern(pattern: Any, profile: str) -> ValueCheck:
    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        if not matching.fits(value, pattern):
            walk.fault("pattern", at, _written(pattern), _found(value), profile=profile)

    return check


def _found(value: Any) -> str:
    try:
        return _written(value) if value is not None else "aucune valeur"
    except (TypeError, orjson.JSONEncodeError):
        return shown(value)


def _targets(compiler: ElementCompiler, targets: list[str], profile: str) -> ValueCheck:
    overlays, package = compiler.overlays, compiler.overlay.package

    def wanted() -> list[str]:
        found = [overlays.find(each, package) for each in targets]
        return [] if None in found else [each.rtype for each in found if each]

    bound = target_check(wanted, overlays.types, profile)
    return lambda value, at, walk, twin: bound(value, at, walk)


def _length(most: int, profile: str) -> ValueCheck:
    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        if type(value) is str and len(value) > most:
            walk.fault("value.length", at, str(most), str(len(value)), profile=profile)

    return check


def _range(least: Any, most: Any, profile: str) -> ValueCheck:
    """Bounds of numbers and of instants written alike; others are left alone."""

    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        low = least is not None and _comparable(value, least) and value < least
        high = most is not None and _comparable(value, most) and value > most
        if low or high:
            walk.fault("value.range", at, f"≥ {least}" if low else f"≤ {most}", shown(value),
                       profile=profile)

    return check


def _comparable(value: Any, bound: Any) -> bool:
    if isinstance(value, bool) or isinstance(bound, bool):
        return False
    if isinstance(value, (int, float)) and isinstance(bound, (int, float)):
        return True
    return isinstance(value, str) and isinstance(bound, str) and len(value) == len(bound)


def _profiles(compiler: ElementCompiler, profiles: list[str], code: str) -> ValueCheck:
    overlays, package = compiler.overlays, compiler.overlay.package
    asking = compiler.overlay.canonical
    resource, extension = code == "Resource", code == "Extension"

    def check(value: Any, at: At, walk: Walk, twin: Any) -> None:
        if type(value) is not dict:
            return
        found = [each for one in profiles if (each := overlays.find(one, package))]
        if len(found) < len(profiles):
            if extension:
                # What an extension is called tells that it is not known (`extension.unknown`).
                return
            missing = ", ".join(one for one in profiles if not overlays.find(one, package))
            walk.tell_once("profile.unknown", at, "", missing, asking)
            return
        if len(found) == 1:
            here = resource_place(value, at) if resource else at
            overlays.apply(found[0], value, here, walk)
            return
        if not any(overlays.conforms(value, one, package, walk) for one in profiles):
            walk.fault("type.profile", at, " ou ".join(profiles), profile=asking)

    return check


def _below(checks: tuple[Any, ...], primitive: bool) -> ValueCheck:
    def below(value: Any, at: At, walk: Walk, twin: Any) -> None:
        holder: Json | None = twin if primitive else value
        if primitive and holder is None:
            holder = {}
        if type(holder) is dict:
            for each in checks:
                each(holder, at, walk)

    return below
