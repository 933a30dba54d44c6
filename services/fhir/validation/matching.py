"""Fixed values and patterns, and paths of discriminators."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from services.fhir.validation.walk import Walk

Get = Callable[[Any, Any, Walk], list[Any]]
"""get(value, its `_name` twin, walk): the values at a path"""

_STEP = re.compile(
    r"\s*(?:extension\(\s*'([^']*)'\s*\)|(resolve)\(\)|ofType\(\s*([A-Za-z]+)\s*\)|(\$this)|([A-Za-z]\w*))"
    r"\s*(?:\.|$)"
)


def same(value: Any, fixed: Any) -> bool:
    """Deep equality; true is not 1."""
    if type(fixed) is str:
        return type(value) is str and bool(value == fixed)
    return (type(value) is type(fixed) and bool(value == fixed)) or (
        isinstance(value, (int, float)) and isinstance(fixed, (int, float))
        and not isinstance(value, bool) and not isinstance(fixed, bool) and value == fixed
    )


def fits(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern has; items of a list in any order."""
    if type(pattern) is dict:
        return type(value) is dict and all(
            name in value and fits(value[name], inner) for name, inner in pattern.items()
        )
    if type(pattern) is list:
        return type(value) is list and all(
            any(fits(each, inner) for each in value) for inner in pattern
        )
    return same(value, pattern)


def steps(path: str) -> list[tuple[str, str]] | None:
    """(kind, text) of each step of a discriminator's path, None for a path not understood."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or match.end() == at:
            return None
        url, resolve, of_type, this, name = match.groups()
        if url is not None:
            found.append(("extension", url))
        elif resolve:
            found.append(("resolve", ""))
        elif of_type:
            found.append(("type", of_type))
        elif not this:
            found.append(("name", name))
        at = match.end()
    return found


def getter(path: list[tuple[str, str]]) -> Get:
    """The values at the end of a path."""
    if len(path) == 1 and path[0][0] == "name":
        return _named(path[0][1])

    def get(value: Any, twin: Any, walk: Walk) -> list[Any]:
        level = [(value, twin)]
        for kind, text in path:
            level = [found for one, other in level for found in _step(one, other, kind, text, walk)]
        return [one for one, other in level if one is not None or other is not None]

    return get


def _named(name: str) -> Get:
    """The values of one member."""
    twin_name = "_" + name

    def get(value: Any, twin: Any, walk: Walk) -> list[Any]:
        holder = value if type(value) is dict else twin
        if type(holder) is not dict:
            return []
        item = holder.get(name)
        if item is not None and type(item) is not list and twin_name not in holder:
            return [item]
        found = _members(holder, name)
        return [one for one, other in found if one is not None or other is not None]

    return get


def _step(value: Any, twin: Any, kind: str, text: str, walk: Walk) -> list[tuple[Any, Any]]:
    holder = value if type(value) is dict else twin
    if kind == "resolve":
        reference = value.get("reference") if type(value) is dict else value
        found = walk.resolve(reference) if type(reference) is str else None
        return [(found, None)] if found is not None else []
    if type(holder) is not dict:
        return []
    if kind == "type":
        return [(value, twin)] if holder.get("resourceType", text) == text else []
    if kind == "extension":
        items = holder.get("extension")
        return [
            (each, None) for each in items if type(each) is dict and each.get("url") == text
        ] if type(items) is list else []
    return _members(holder, text)


def _members(holder: dict[str, Any], name: str) -> list[tuple[Any, Any]]:
    item, twin = holder.get(name), holder.get("_" + name)
    if item is None and twin is None:
        return [
            (value, None) for key, value in holder.items()
            if key.startswith(name) and key[len(name) : len(name) + 1].isupper()
        ]
    if type(item) is list or type(twin) is list:
        items = item if type(item) is list else []
        return [(each, None) for each in items]
    return [(item, twin)]
