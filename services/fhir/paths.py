"""Paths of elements in a resource, compiled once: `name.family`, `extension('https://…').value`.

    path    = step *("." step)
    step    = name | "extension('" url "')"

Lists are flattened, a step that leads nowhere gives nothing. `value` after an extension is its
value, whatever its type. No FHIRPath: what a path cannot say is a function (`Parameter.read`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

Path = Callable[[object], Iterator[Any]]
Step = Callable[[dict[str, Any]], Iterator[Any]]

_STEP = re.compile(r"(?:^|\.)(?:extension\('([^']+)'\)|([A-Za-z][A-Za-z0-9]*))")


@cache
def compiled(text: str) -> Path:
    """The elements that a path leads to. Raises ValueError for what is no path."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ValueError(text)
        url, name = found.groups()
        steps.append(_extension(url) if url else _value if _after_url(steps, name) else _name(name))
        at = found.end()
    if not steps:
        raise ValueError(text)
    return _walk(tuple(steps))


def _walk(steps: tuple[Step, ...]) -> Path:
    def elements(root: object) -> Iterator[Any]:
        level: list[Any] = [root]
        for step in steps:
            level = [one for holder in level if isinstance(holder, dict) for one in step(holder)]
        return iter(level)

    return elements


def _name(name: str) -> Step:
    def step(holder: dict[str, Any]) -> Iterator[Any]:
        value = holder.get(name)
        if isinstance(value, list):
            yield from (one for one in value if one is not None)
        elif value is not None:
            yield value

    return step


def _extension(url: str) -> Step:
    def step(holder: dict[str, Any]) -> Iterator[Any]:
        extensions = holder.get("extension")
        if isinstance(extensions, list):
            yield from (
                one for one in extensions if isinstance(one, dict) and one.get("url") == url
            )

    step.__name__ = "extension"
    return step


def _after_url(steps: list[Step], name: str) -> bool:
    return name == "value" and bool(steps) and steps[-1].__name__ == "extension"


def _value(holder: dict[str, Any]) -> Iterator[Any]:
    """`value[x]` of an extension."""
    yield from (value for name, value in holder.items() if name.startswith("value"))
