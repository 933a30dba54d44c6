"""Checks of one element of a profile: how many, of which slice, and what each value must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from services.fhir.validation.issues import At, Json
from services.fhir.validation.parts import Part
from services.fhir.validation.slicing import Matcher, Matchers
from services.fhir.validation.types import UNBOUNDED, Spec
from services.fhir.validation.values import ValueCheck, value_checks
from services.fhir.validation.walk import Walk

if TYPE_CHECKING:
    from services.fhir.validation.overlay import Overlay, Overlays

ElementCheck = Callable[[Json, At, Walk], None]
Forms = tuple[tuple[str, str, Spec | None], ...]
COUNTED = frozenset({"id", "min", "max", "slicing"})
"""Members of an element that say nothing of its values."""
URL = [["value", "url"]]
THIS_TYPE = [["type", "$this"]]


Item = tuple[Any, Any, At, str]
"""One value of an element: JSON, `_name` twin, place, type of its form."""


class Checks(dict[str, "tuple[ValueCheck, ...]"]):
    """Checks of a part's values by the type of their form, made when a value has it."""

    def __init__(self, make: Callable[[str], tuple[ValueCheck, ...]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, code: str) -> tuple[ValueCheck, ...]:
        found = self[code] = self._make(code)
        return found


class Slice(NamedTuple):
    name: str
    matcher: Matcher | None
    minimum: int
    maximum: int
    checks: Checks


def elements(
    overlays: Overlays, overlay: Overlay
) -> tuple[tuple[ElementCheck, ...], tuple[ValueCheck, ...]]:
    """The checks of a profile's elements, and the constraints of its root."""
    spec = overlays.types.spec(overlay.rtype)
    compiler = ElementCompiler(overlays, overlay)
    checks = compiler.children(overlay.root, spec, 0)
    constraints = overlays.invariants.checks(
        overlay.rtype, None,
        [(key, severity, text) for key, severity, text
         in overlay.root.element.get("constraints", ())],
        overlay.canonical,
    )
    return checks, constraints


class ElementCompiler:
    """Compiles the parts of one profile."""

    def __init__(self, overlays: Overlays, overlay: Overlay) -> None:
        self.overlays = overlays
        self.overlay = overlay
        self.matchers = Matchers(overlays, overlay.package)

    def children(self, part: Part, spec: Spec | None, depth: int) -> tuple[ElementCheck, ...]:
        """Checks of the elements below a part."""
        if depth > 40:
            return ()
        return tuple(self._element(child, spec, depth) for child in part.children.values())

    def _element(self, part: Part, spec: Spec | None, depth: int) -> ElementCheck:
        forms = self._forms(part, spec)
        general = self._values(part, forms, depth)
        slices = self._slices(part, forms, depth)
        slicing = part.element.get("slicing", {})
        closed = slicing.get("rules") == "closed"
        check_slices = _sliced(
            slices, closed=closed, ordered=bool(slicing.get("ordered")),
            choice=len(forms) > 1, profile=self.overlay.canonical,
        ) if slices or closed else None
        return _element(
            part, forms, general, check_slices, self.overlay.canonical,
            least_slices=any(each.minimum and each.matcher for each in slices),
        )

    def _forms(self, part: Part, spec: Spec | None) -> Forms:
        stem = part.stem
        child = spec.children.get(stem) if spec else None
        if child is None:
            # `Observation.valueQuantity`: one form, named as in JSON.
            for each in spec.children.values() if spec else ():
                for name, code in each.forms:
                    if name == stem and each.choice:
                        return ((name, code, None),)
            return ((stem, part.codes[0] if len(part.codes) == 1 else "", None),)
        return tuple((name, code, child.held) for name, code in child.forms)

    def _values(self, part: Part, forms: Forms, depth: int) -> Checks:
        """Checks of a value, by the type of its form."""
        held = next((tree for _, _, tree in forms if tree is not None), None)
        return Checks(lambda code: value_checks(self, part, code, held, len(forms) > 1, depth))

    def _slices(self, part: Part, forms: Forms, depth: int) -> list[Slice]:
        if not part.slices:
            return []
        by = part.element.get("slicing", {}).get("by")
        if by is None:
            by = URL if part.stem in {"extension", "modifierExtension"} else (
                THIS_TYPE if part.name.endswith("[x]") else []
            )
        return [
            Slice(
                each.slice, self.matchers.matcher(each, by), each.minimum, _most(each.maximum),
                self._values(each, forms, depth),
            )
            for each in part.slices.values()
        ]


def _most(maximum: str) -> int:
    return int(maximum) if maximum.isdigit() else UNBOUNDED


def _element(
    part: Part, forms: Forms, general: Checks,
    slices: Callable[[list[Item], At, Walk], None] | None, profile: str, *, least_slices: bool,
) -> ElementCheck:
    least, most = part.minimum, _most(part.maximum)
    step = "." + part.stem
    silent = not least and not least_slices
    checked = bool(part.children) or not part.element.keys() <= COUNTED

    def judge(items: list[Item], at: At, walk: Walk) -> None:
        if len(items) < least:
            walk.fault("card.min", (at, step, -1), str(least), str(len(items)), profile=profile)
        if len(items) > most:
            walk.fault("card.max", (at, step, -1), str(most), str(len(items)), profile=profile)
        if checked and most:
            for value, twin, here, code in items:
                for each in general[code]:
                    each(value, here, walk, twin)
        if slices is not None and most:
            slices(items, (at, step, -1), walk)

    if len(forms) > 1:
        collect = _of_choice(forms, step)

        def check_choice(holder: Json, at: At, walk: Walk) -> None:
            items = collect(holder, at)
            if items or not silent:
                judge(items, at, walk)

        return check_choice
    name, code, _ = forms[0]
    twin_name = "_" + name
    one_will_do = slices is None and least <= 1 <= most

    def check(holder: Json, at: At, walk: Walk) -> None:
        value, twin = holder.get(name), holder.get(twin_name)
        if value is None and twin is None:
            if not silent:
                judge([], at, walk)
        elif one_will_do and type(value) is not list and type(twin) is not list:
            if checked:
                here = (at, step, -1)
                for each in general[code]:
                    each(value, here, walk, twin)
        else:
            judge(_items(value, twin, at, step, code), at, walk)

    return check


def _of_choice(forms: Forms, step: str) -> Callable[[Json, At], list[Item]]:
    codes = {name: code for name, code, _ in forms}

    def collect(holder: Json, at: At) -> list[Item]:
        items: list[Item] = []
        for key in holder:
            name = key.removeprefix("_")
            code = codes.get(name)
            if code is not None and (name == key or name not in holder):
                items += _items(
                    holder.get(name), holder.get("_" + name), at, f"{step}.ofType({code})", code
                )
        return items

    return collect


def _items(value: Any, twin: Any, at: At, step: str, code: str) -> list[Item]:
    """The values of a member, arrays taken apart."""
    if type(value) is not list and type(twin) is not list:
        return [(value, twin, (at, step, -1), code)] if (
            value is not None or twin is not None
        ) else []
    values = value if type(value) is list else []
    twins = twin if type(twin) is list else []
    if not twins:
        return [
            (one, None, (at, step, index), code) for index, one in enumerate(values)
            if one is not None
        ]
    items: list[Item] = []
    for index in range(max(len(values), len(twins))):
        one = values[index] if index < len(values) else None
        other = twins[index] if index < len(twins) else None
        if one is not None or other is not None:
            items.append((one, other, (at, step, index), code))
    return items


def _sliced(
    slices: list[Slice], *, closed: bool, ordered: bool, choice: bool, profile: str
) -> Callable[[list[Item], At, Walk], None]:
    # The types that a choice may have are those that the element lists: publishing tools close
    # every slicing by type, also where a type left is not sliced.
    severity = "warning" if choice else "error"
    undecided = [each.name for each in slices if each.matcher is None]
    names = ", ".join(each.name for each in slices) or "aucune"

    def check(items: list[Item], at: At, walk: Walk) -> None:
        counts = [0] * len(slices)
        last = -1
        unsure: set[int] = set()
        for item in items:
            number = _slice_of(item, slices, unsure, walk)
            value, twin, here, code = item
            if number < 0:
                if closed and not undecided and not unsure:
                    walk.fault("slice.closed", here, names, severity=severity, profile=profile)
                continue
            counts[number] += 1
            if ordered and number < last:
                walk.fault("slice.order", here, names, slices[number].name, profile=profile)
            last = max(last, number)
            for each in slices[number].checks[code]:
                each(value, here, walk, twin)
        for number, (one, count) in enumerate(zip(slices, counts, strict=True)):
            if one.matcher is None:
                continue
            if count < one.minimum and number not in unsure:
                walk.fault("slice.min", at, f"{one.name} : {one.minimum}", str(count),
                           profile=profile)
            if count > one.maximum:
                walk.fault("slice.max", at, f"{one.name} : {one.maximum}", str(count),
                           profile=profile)
        if undecided and items:
            for name in undecided:
                walk.tell_once("slice.undecidable", at, name,
                               "le profil ne dit pas ce qui la distingue", profile)

    return check


def _slice_of(item: Item, slices: list[Slice], unsure: set[int], walk: Walk) -> int:
    """Number of the slice of an item, -1 for none; adds to `unsure` those that it may be of."""
    value, twin, _, code = item
    for number, each in enumerate(slices):
        if each.matcher is None:
            continue
        walk.unsure = False
        if each.matcher(value, twin, code, walk):
            return number
        if walk.unsure:
            unsure.add(number)
    return -1
