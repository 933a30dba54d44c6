"""A tree that a page can show, built from JSON or XML within a budget. Knows no service."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from lxml import etree

MOST_NODES = 1500
MOST_DEPTH = 40
MOST_ATTRIBUTES = 100
"""Of one element."""
LONGEST_NAME = 80
LONG = 240
"""Characters shown of one value; the rest is in the raw bytes."""

REST = "la suite est dans les octets bruts"


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding on a node: its number in the margin, and its colour (`err`, ``, `info`)."""

    number: int
    shade: str


@dataclass(frozen=True, slots=True)
class Node:
    """One line of the tree.

    kind: `layer` (a protocol), `el` (an element with children) or `at` (a name and its value);
    note: type or size; paths: how a finding may name this place, the most precise first;
    marks: findings about this very place; open: whether its children are shown at first.
    """

    kind: str
    label: str
    value: str = ""
    note: str = ""
    paths: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()
    marks: tuple[Mark, ...] = ()
    open: bool = False


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, in reading order."""
    for node in nodes:
        yield node
        yield from walk(node.children)


class Builder:
    """Makes at most MOST_NODES nodes, then one last line that says so."""

    def __init__(self) -> None:
        self._left = MOST_NODES

    def members(self, content: Mapping[str, Any], path: str, near: str, depth: int = 0
                ) -> Iterator[Node]:
        """Members of an object. `near` is the path from the closest resource, as rules write it."""
        for key, value in content.items():
            name = key[:LONGEST_NAME]
            yield from self.value(name, value, _join(path, name), _join(near, name), depth)
            if self._left <= 0:
                return

    def value(self, name: str, value: Any, path: str, near: str, depth: int) -> Iterator[Node]:
        """One node, or one per item of an array."""
        if self._left <= 0:
            return
        if isinstance(value, list) and depth < MOST_DEPTH:
            for index, item in enumerate(value):
                at = f"[{index}]"
                yield from self.value(name + at, item, path + at, near + at, depth + 1)
                if self._left <= 0:
                    return
            return
        self._left -= 1
        paths = (path,) if path == near else (path, near)
        if self._left == 0 or depth >= MOST_DEPTH:
            yield Node("at", "…", "", REST)
        elif isinstance(value, dict):
            kind = value.get("resourceType")
            kind = kind if isinstance(kind, str) else ""
            near = kind or near
            children = tuple(self.members(value, path, near, depth + 1))
            yield Node("el", name, "", kind, (path, near), children)
        elif name.startswith("data") and isinstance(value, str) and len(value) > LONG:
            yield self._embedded(name, value, paths, depth)
        else:
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            yield Node("at", name, clip(text), "", paths)

    def element(self, element: etree._Element, parent: str = "", depth: int = 0) -> Node:
        """An XML element, its attributes first. Paths are local names: `/ClinicalDocument/id`."""
        self._left -= 1
        name = etree.QName(element).localname[:LONGEST_NAME]
        path = f"{parent}/{name}"
        if depth >= MOST_DEPTH:
            return Node("el", name, "", REST, (path,))
        children = []
        for key in islice(element.attrib, MOST_ATTRIBUTES):
            if self._left <= 0:
                break
            self._left -= 1
            local, value = etree.QName(key).localname[:LONGEST_NAME], str(element.get(key))
            children.append(Node("at", f"@{local}", clip(value), "", (f"{path}/@{local}",)))
        if len(element.attrib) > MOST_ATTRIBUTES:
            children.append(Node("at", "…", "", REST))
        for child in element:
            if self._left <= 0:
                children.append(Node("at", "…", "", REST))
                break
            if isinstance(child.tag, str):
                children.append(self.element(child, path, depth + 1))
        text = clip(" ".join((element.text or "").split()))
        return Node("el", name, text, "", (path,), tuple(children))

    def _embedded(self, name: str, value: str, paths: tuple[str, ...], depth: int) -> Node:
        """A long base64 value: its size, and its XML when it is a document."""
        note = f"base64, {grouped(len(value))} caractères"
        children: tuple[Node, ...] = ()
        try:
            root = parse_xml(base64.b64decode(value, validate=True))
        except binascii.Error:
            root = None
        if root is not None:
            children = (self.element(root, "", depth + 1),)
        return Node("at", name, value[:24] + "…", note, paths, children)


def parse_xml(content: bytes) -> etree._Element | None:
    """The root, or None when this is not XML or declares a DOCTYPE. Nothing is ever resolved."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root.getroottree().docinfo.internalDTD is not None else root


def grouped(number: int) -> str:
    """Thousands apart as in French: 131 560, with narrow no-break spaces."""
    return f"{number:,}".replace(",", "\u202f")


def clip(text: str) -> str:
    """At most LONG characters, and how many there were."""
    if len(text) <= LONG:
        return text
    return f"{text[:LONG]}… ({grouped(len(text))} caractères)"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
