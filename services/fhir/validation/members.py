"""Rules of the members of an object: shape, number, and the check of each value.

Most values are sound. A rule asks that first; the place of a value is put together only for what
looks further into it, or has a fault to tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.fhir.validation.issues import At, Json, shown
from services.fhir.validation.primitives import JSON_KIND, TESTS, Test, json_kind
from services.fhir.validation.walk import Walk

Check = Callable[[Any, At, Walk], None]
Rule = Callable[[Any, Json, At, Walk], None]
"""rule(item, holder, place of the holder, walk), for a member that is present"""
Slot = list[Check]
"""The check of a type, alone in a list: the first call puts the compiled one in its place."""


def single(slot: Slot, more: tuple[Check, ...], step: str) -> Rule:
    """One object, or whatever its check takes."""
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        here = (at, step, -1)
        slot[0](item, here, walk)
        for each in more:
            each(item, here, walk)

    return rule


def many(slot: Slot, more: tuple[Check, ...], step: str, most: int, profile: str) -> Rule:
    """An array of objects."""
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        if not (type(item) is list and 0 < len(item) <= most) and not _is_array(
            item, (at, step, -1), walk, most, profile
        ):
            return
        for index, one in enumerate(item):
            here = (at, step, index)
            slot[0](one, here, walk)
            for each in more:
                each(one, here, walk)

    return rule


def single_primitive(sound: Test, check: Check, step: str) -> Rule:
    """One value. check: asked about what is not sound at first sight."""
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        if not sound(item):
            check(item, (at, step, -1), walk)

    return rule


def many_nullable(sound: Test, check: Check, step: str, most: int, profile: str) -> Rule:
    """An array of primitive values, or of their twins: null stands for what the other says."""
    name = step[1:].partition(".")[0]

    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        if not (type(item) is list and 0 < len(item) <= most) and not _is_array(
            item, (at, step, -1), walk, most, profile
        ):
            return
        for index, each in enumerate(item):
            if each is None:
                if not _other(holder, name, item, index):
                    walk.fault("json.empty", (at, step, index), profile=profile, structural=True)
            elif not sound(each):
                check(each, (at, step, index), walk)

    return rule


def forbidden(step: str, profile: str) -> Rule:
    """A member that may not be there."""
    def rule(item: Any, holder: Json, at: At, walk: Walk) -> None:
        walk.fault("card.max", (at, step, -1), "0", "1", profile=profile, structural=True)

    return rule


def nothing(item: Any, holder: Json, at: At, walk: Walk) -> None:
    """A member that is looked at elsewhere."""


def unsound(value: Any) -> bool:
    """The test of values that have to be looked into."""
    return False


def late(slot: Slot) -> Check:
    """The check of a slot, whichever is there by then."""
    return lambda value, at, walk: slot[0](value, at, walk)


def primitive(code: str, profile: str) -> Check:
    """The JSON type and the form of a primitive's value."""
    test, kind = TESTS[code], JSON_KIND.get(code, "string")

    def check(value: Any, at: At, walk: Walk) -> None:
        if test(value):
            return
        found = json_kind(value)
        if found != kind:
            walk.fault("value.type", at, kind, found, profile=profile, structural=True)
        else:
            walk.fault("value.format", at, code, f"« {shown(value)} »", profile=profile,
                       structural=True)

    return check


def every(checks: tuple[Check, ...]) -> Check:
    """All of them, one after the other."""
    def check(value: Any, at: At, walk: Walk) -> None:
        for each in checks:
            each(value, at, walk)

    return check if len(checks) != 1 else checks[0]


def _is_array(item: Any, at: At, walk: Walk, most: int, profile: str) -> bool:
    """Whether there are values to look at; tells what is wrong with the array itself."""
    if type(item) is not list:
        walk.fault("json.array", at, found=json_kind(item), profile=profile, structural=True)
        return False
    if not item:
        walk.fault("json.empty", at, profile=profile, structural=True)
    if len(item) > most:
        walk.fault("card.max", at, str(most), str(len(item)), profile=profile, structural=True)
    return True


def _other(holder: Json, name: str, item: list[Any], index: int) -> bool:
    """Whether a null in an array stands for something said in its twin (`given`, `_given`)."""
    for twin in (holder.get(name), holder.get("_" + name)):
        if type(twin) is list and twin is not item and len(twin) > index and (
            twin[index] is not None
        ):
            return True
    return False
