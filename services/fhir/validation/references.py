"""Types of what references lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from services.fhir.validation.issues import At, shown
from services.fhir.validation.types import Types
from services.fhir.validation.walk import Walk

_ADDRESS = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]{1,60})(?:/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?|\?.*)",
    re.ASCII,
)
MOST = 2000


def target_type(value: Any, types: Types, walk: Walk) -> str:
    """The resource type that a reference leads to, "" when it cannot be told."""
    if type(value) is not dict:
        return ""
    text = value.get("reference")
    if type(text) is str and len(text) <= MOST:
        found = walk.resolve(text)
        if found is not None:
            rtype = found.get("resourceType")
            return rtype if type(rtype) is str else ""
        match = _ADDRESS.fullmatch(text)
        if match and types.is_resource(match[1]):
            return match[1]
    said = value.get("type")
    return said if type(said) is str and types.is_resource(said) else ""


def target_check(
    wanted: Callable[[], Iterable[str]], types: Types, profile: str
) -> Callable[[Any, At, Walk], None]:
    """wanted(): the resource types accepted, none when one of them is not known."""
    accepted: frozenset[str] | None = None

    def check(value: Any, at: At, walk: Walk) -> None:
        nonlocal accepted
        if accepted is None:
            accepted = frozenset(wanted())
        if not accepted:
            return
        found = target_type(value, types, walk)
        if found and found not in accepted and not any(types.is_a(found, one) for one in accepted):
            walk.fault("reference.type", at, " ou ".join(sorted(accepted)), shown(found),
                       profile=profile)

    return check
