"""Slices: which one a value belongs to, decided by the discriminators of the profile.

A slice that its profile does not tell from others is undecidable: it is told as not checked, and
neither its cardinality nor the closing of the list is held against anyone. So is a value whose
code is looked for in a list that is not wholly known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.fhir.validation import matching
from services.fhir.validation.matching import Get
from services.fhir.validation.parts import Part
from services.fhir.validation.walk import Walk

if TYPE_CHECKING:
    from services.fhir.validation.overlay import Overlays

Matcher = Callable[[Any, Any, str, Walk], bool]
"""matcher(value, twin, type code of the form, walk)"""
Test = Callable[[list[Any], Walk], bool]
MOST_NESTED = 10
MOST_PARTS = 20_000
"""Parts that the matchers of one profile may go through: profiles may name each other."""


class Matchers:
    """Builds matchers of the slices of one profile."""

    def __init__(self, overlays: Overlays, package: str) -> None:
        self._overlays = overlays
        self._package = package
        self._left = MOST_PARTS

    def matcher(self, part: Part, by: list[list[str]]) -> Matcher | None:
        """The matcher of one slice, None when it is undecidable."""
        tests = [self._discriminator(part, kind, path) for kind, path in by]
        found = [each for each in tests if each is not None]
        if not found or all(each is _anything for each in found):
            return None
        if len(found) == 1:
            return found[0]
        made = tuple(found)

        def matches(value: Any, twin: Any, code: str, walk: Walk) -> bool:
            return all(each(value, twin, code, walk) for each in made)

        return matches

    def _discriminator(self, part: Part, kind: str, path: str) -> Matcher | None:
        steps = matching.steps(path)
        if steps is None:
            return None
        if kind == "type":
            return self._by_type(part, steps)
        if kind == "exists":
            return self._by_presence(part, steps)
        if kind == "profile":
            return self._by_profile(part, steps)
        if kind not in {"value", "pattern"}:
            return None
        test = self._test_at(part, steps, 0)
        return None if test is None else _tested(matching.getter(steps), test)

    def _by_type(self, part: Part, steps: list[tuple[str, str]]) -> Matcher | None:
        target = self._at(part, steps)
        codes = frozenset(target.codes) if target else frozenset()
        if not codes and not steps and part.slice.startswith(part.stem):
            suffix = part.slice.removeprefix(part.stem)
            codes = frozenset({suffix, suffix[:1].lower() + suffix[1:]})
        if not codes:
            return None
        if not steps:
            return lambda value, twin, code, walk: code in codes or _is_resource(value, codes)
        get = matching.getter(steps)
        return lambda value, twin, code, walk: any(
            _is_resource(each, codes) for each in get(value, twin, walk)
        )

    def _by_presence(self, part: Part, steps: list[tuple[str, str]]) -> Matcher | None:
        target = self._at(part, steps)
        get = matching.getter(steps)
        if target is not None and target.maximum == "0":
            return lambda value, twin, code, walk: not get(value, twin, walk)
        if target is not None and target.minimum > 0:
            return lambda value, twin, code, walk: bool(get(value, twin, walk))
        return _anything

    def _by_profile(self, part: Part, steps: list[tuple[str, str]]) -> Matcher | None:
        by_reference = bool(steps) and steps[-1][0] == "resolve"
        target = self._at(part, steps[:-1] if by_reference else steps)
        if target is None:
            return None
        names = [one for each in target.types for one in each.get("targets", ())]
        profiles = target.profiles
        if not by_reference and not profiles and names:
            # `target` of a link: a reference, followed.
            steps, by_reference = [*steps, ("resolve", "")], True
        canonicals = names if by_reference else profiles
        if not canonicals:
            return None
        return self._conforming(part, canonicals, steps, by_reference)

    def _conforming(
        self, part: Part, canonicals: list[str], steps: list[tuple[str, str]], by_reference: bool
    ) -> Matcher | None:
        if any(self._overlays.find(each, self._package) is None for each in canonicals):
            return None if by_reference else self._by_type(part, steps)
        get = matching.getter(steps)
        near = matching.getter(steps[:-1]) if by_reference else None
        conforms = self._overlays.conforms

        def matches(value: Any, twin: Any, code: str, walk: Walk) -> bool:
            found = get(value, twin, walk)
            if not found and near is not None:
                return any(
                    self._overlays.reference_may_be(each, canonicals, self._package, walk)
                    for each in near(value, twin, walk)
                )
            return any(
                conforms(each, one, self._package, walk) for each in found for one in canonicals
            )

        return matches

    def _at(self, part: Part, steps: list[tuple[str, str]], depth: int = 0) -> Part | None:
        """The part that a path leads to, through the profiles of datatypes."""
        self._left -= 1
        if self._left < 0:
            return None
        for number, (kind, text) in enumerate(steps):
            following = self._below(part, kind, text) or next(
                (found for each in part.slices.values() if each.minimum > 0
                 and (found := self._below(each, kind, text))), None,
            )
            if following is None:
                for canonical in part.profiles if depth < MOST_NESTED else ():
                    root = self._overlays.root(canonical, self._package)
                    if root is not None and (found := self._at(root, steps[number:], depth + 1)):
                        return found
                return None
            part = following
        return part

    def _below(self, part: Part, kind: str, text: str) -> Part | None:
        if kind == "name":
            return part.child(text)
        if kind == "extension":
            held = part.child("extension")
            for each in held.slices.values() if held else ():
                if self._url(each) == text:
                    return each
            return None
        return part

    def _url(self, part: Part) -> str:
        """The url of an extension slice."""
        if part.profiles:
            return part.profiles[0].partition("|")[0]
        url = part.child("url")
        return str(url.element.get("fixed", "")) if url else ""

    def _test_at(self, part: Part, steps: list[tuple[str, str]], depth: int) -> Test | None:
        """What the values at the end of a path must be."""
        if steps == [("name", "url")] and (url := self._url(part)):
            return lambda values, walk: url in values
        for split in range(len(steps) + 1):
            # A pattern or fixed value may stand above the path.
            above = self._at(part, steps[:split])
            if above is not None and split < len(steps):
                inner = _inside(above, steps[split:])
                if inner is not None:
                    return inner
        target = self._at(part, steps)
        return None if target is None else self._test(target, depth)

    def _test(self, part: Part, depth: int) -> Test | None:
        """What one of the values must be, by all that the part says of it."""
        if "fixed" in part.element:
            fixed = part.element["fixed"]
            return lambda values, walk: any(matching.same(each, fixed) for each in values)
        if "pattern" in part.element:
            pattern = part.element["pattern"]
            return lambda values, walk: any(matching.fits(each, pattern) for each in values)
        self._left -= 1
        if depth >= MOST_NESTED or self._left < 0:
            return None
        if part.element.get("binding", ("",))[0] == "required":
            return self._bound(part)
        if inner := self._inner(part, depth):
            return lambda values, walk: any(
                all(test(get(each, None, walk), walk) for get, test in inner) for each in values
            )
        if part.slices and part.element.get("slicing", {}).get("rules") == "closed":
            tests = [self._test(each, depth + 1) for each in part.slices.values()]
            kept = [each for each in tests if each is not None]
            if len(kept) == len(tests):
                return lambda values, walk: any(test(values, walk) for test in kept)
        for canonical in part.profiles:
            root = self._overlays.root(canonical, self._package)
            if root is not None and (test := self._test(root, depth + 1)):
                return test
        return None

    def _inner(self, part: Part, depth: int) -> list[tuple[Get, Test]]:
        found: list[tuple[Get, Test]] = []
        for child in part.children.values():
            get = matching.getter([("name", child.stem)])
            test = self._test(child, depth + 1)
            if test is not None:
                found.append((get, test))
            found += [
                (get, test) for each in child.slices.values()
                if each.minimum > 0 and (test := self._test(each, depth + 1))
            ]
        return found

    def _bound(self, part: Part) -> Test:
        strength, canonical = part.element["binding"]
        codes = part.codes or ("CodeableConcept",)
        binders = [self._overlays.binder(strength, canonical, code, self._package)
                   for code in (*codes, "Coding", "code")]

        def test(values: list[Any], walk: Walk) -> bool:
            return any(_carries(each, binders, walk) for each in values)

        return test


def _is_resource(value: Any, codes: frozenset[str]) -> bool:
    """Whether a value says that it is a resource of one of these types."""
    return type(value) is dict and type(said := value.get("resourceType")) is str and said in codes


def _carries(value: Any, binders: list[Any], walk: Walk) -> bool:
    code = "code"
    if type(value) is dict:
        code = "CodeableConcept" if "coding" in value else "Coding"
    for each in binders:
        if each.code == code:
            answer, walk.closed = each.answer(value, walk), ""
            walk.unsure = walk.unsure or answer == "unknown"
            return bool(answer == "member" and _coded(value))
    return False


def _coded(value: Any) -> bool:
    return type(value) is str or (type(value) is dict and ("coding" in value or "code" in value))


def _inside(part: Part, steps: list[tuple[str, str]]) -> Test | None:
    """The test that a pattern of an outer element sets on one further in."""
    value = part.element.get("pattern", part.element.get("fixed"))
    for kind, name in steps:
        if type(value) is list:
            value = value[0] if value else None
        if kind != "name" or type(value) is not dict or name not in value:
            return None
        value = value[name]
    if value is None:
        return None
    wanted = value[0] if type(value) is list and value else value
    return lambda values, walk: any(matching.fits(each, wanted) for each in values)


def _anything(value: Any, twin: Any, code: str, walk: Walk) -> bool:
    """The matcher of a discriminator that sets no condition for the slice."""
    return True


def _tested(get: Get, test: Test) -> Matcher:
    return lambda value, twin, code, walk: test(get(value, twin, walk), walk)
