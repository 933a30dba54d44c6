"""A profile as a tree of what it adds to its base type: elements, and slices beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.fhir.validation.reduction import Json

_SEGMENT = re.compile(r"([^.:]+)(?::([^.]*))?(?:\.|$)")
MOST_NESTED = 40


@dataclass(slots=True)
class Part:
    """An element of a profile, or one slice of it. name: of the element; slice: of the slice."""

    name: str
    slice: str = ""
    element: Json = field(default_factory=dict)
    children: dict[str, Part] = field(default_factory=dict)
    slices: dict[str, Part] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return self.name.removesuffix("[x]")

    @property
    def types(self) -> list[Json]:
        found: list[Json] = self.element.get("types", [])
        return found

    @property
    def codes(self) -> tuple[str, ...]:
        """Types that the profile leaves; empty: those of the base."""
        return tuple(each["code"] for each in self.types)

    @property
    def profiles(self) -> list[str]:
        """Profiles that a value must match one of."""
        return [one for each in self.types for one in each.get("profiles", ())]

    def child(self, stem: str) -> Part | None:
        """The part of a child, `value` for `value[x]` too."""
        return self.children.get(stem) or self.children.get(f"{stem}[x]")

    @property
    def minimum(self) -> int:
        found: int = self.element.get("min", 0)
        return found

    @property
    def maximum(self) -> str:
        return str(self.element.get("max", "*"))


def tree(source: Json) -> Part:
    """The tree of a reduced profile. Elements nested too deeply, or astray, are left out."""
    root = Part(source["type"])
    for element in source["elements"]:
        segments = [*_segments(element["id"])]
        if not segments or len(segments) > MOST_NESTED:
            continue
        part = root
        for name, slice_name in segments[1:]:
            part = part.children.setdefault(name, Part(name))
            if slice_name:
                part = part.slices.setdefault(slice_name, Part(name, slice_name))
        part.element = element
    return root


def _segments(text: str) -> Iterator[tuple[str, str]]:
    for match in _SEGMENT.finditer(text):
        yield match[1], match[2] or ""
