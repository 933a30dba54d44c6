"""Findings on the tree: the very value each one is about, as a teacher marks a paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.console.tree import Mark, Node, walk

SHADES = {"error": "err", "warning": "", "information": "info"}
OPEN_DEPTH = 3

_NOISE = re.compile(r"\[(?!\d+\])[^\]]*\]|\.(?:ofType|where)\([^)]*\)")
_STEP = re.compile(r"([^./@\[\]]+)(?:\[(\d+)\])?")
_Step = tuple[str, str]
"""A name and its index, "" for any."""
_Places = Sequence[tuple[Node, list[list[_Step]]]]


def marked(nodes: tuple[Node, ...], findings: Sequence[Mapping[str, Any]]) -> tuple[Node, ...]:
    """The same tree with its marks, opened where they are, or a little everywhere without marks.

    A finding whose place is not in the tree gets no mark: the margin still explains it.
    """
    marks: dict[int, tuple[Mark, ...]] = {}
    for number, place in enumerate(_places(nodes, findings), 1):
        if place is not None:
            mark = Mark(number, SHADES.get(str(findings[number - 1]["severity"]), ""))
            marks[place] = (*marks.get(place, ()), mark)
    places = iter(range(sum(1 for _ in walk(nodes))))
    return tuple(_rebuilt(node, places, marks, 0)[0] for node in nodes)


def in_reading_order(
    nodes: tuple[Node, ...], findings: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """The findings as their places follow one another on the page; those without a place last."""
    nowhere = sum(1 for _ in walk(nodes))
    pairs = zip(_places(nodes, findings), findings, strict=True)
    ranked = sorted(((nowhere if place is None else place, each) for place, each in pairs),
                    key=lambda pair: pair[0])
    return [finding for _, finding in ranked]


def _places(
    nodes: tuple[Node, ...], findings: Sequence[Mapping[str, Any]]
) -> list[int | None]:
    """Index of the node that each finding is about, in reading order."""
    every = [(node, [_steps(path) for path in node.paths]) for node in walk(nodes)]
    return [_find(every, str(each["at"]), str(each["found"])) for each in findings]


def _rebuilt(
    node: Node, places: Iterator[int], marks: Mapping[int, tuple[Mark, ...]], depth: int
) -> tuple[Node, bool]:
    """The node with its marks, and whether one is on it or below it."""
    own = marks.get(next(places), ())
    pairs = [_rebuilt(child, places, marks, depth + 1) for child in node.children]
    below = any(has_mark for _, has_mark in pairs)
    usual = node.open or (not marks and node.kind == "el" and depth < OPEN_DEPTH)
    children = tuple(child for child, _ in pairs)
    return replace(node, children=children, marks=own, open=below or usual), below or bool(own)


def _find(every: _Places, at: str, found: str) -> int | None:
    """Index of the node that `at` names or of its closest parent; of `found` when it is below."""
    wanted = _steps(at)
    while wanted:
        candidates = [
            place for place, (_, paths) in enumerate(every)
            if any(_ends(path, wanted) for path in paths)
        ]
        exact = (_inside(every[place][0], place, found) for place in candidates)
        if candidates:
            return next((place for place in exact if place is not None), candidates[0])
        wanted = wanted[:-1] if len(wanted) > 2 else []
    return None


def _inside(node: Node, place: int, found: str) -> int | None:
    """Index of the value `found` on the node or below it."""
    if not found:
        return None
    values = (place + offset for offset, each in enumerate(walk((node,))) if each.value == found)
    return next(values, None)


def _ends(path: list[_Step], wanted: list[_Step]) -> bool:
    """Whether the last steps of a path are those; a step without an index means any."""
    if len(path) < len(wanted):
        return False
    pairs = zip(path[-len(wanted):], wanted, strict=True)
    return all(name == other and (not index or not at or index == at)
               for (name, index), (other, at) in pairs)


def _steps(path: str) -> list[_Step]:
    bare = _NOISE.sub("", path)
    return [(name.rpartition(":")[2].lower(), index) for name, index in _STEP.findall(bare)]
