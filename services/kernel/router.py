"""From (method, path) to a declared transaction, in as many steps as the path has segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from services.kernel.dialects import Dialect
    from services.kernel.transactions import Service, Transaction


class Match(NamedTuple):
    """A declared transaction, its service and the values of `{…}` segments.

    actions: the transactions that share its address, by what their messages say.
    """

    service: str
    transaction: Transaction
    params: Mapping[str, str]
    actions: Mapping[str, Transaction]


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    wildcard: _Node | None = None
    rest: _Node | None = None
    methods: dict[str, tuple[str, Transaction, tuple[str, ...]]] = field(default_factory=dict)
    actions: dict[str, Transaction] = field(default_factory=dict)


class Router:
    """Literal segments win over `{parameter}`, which never stands for an operation (`$name`);
    `{parameter:path}`, at the end, is whatever remains; a trailing slash is ignored; HEAD follows
    GET."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._root = _Node()
        self._prefixes: dict[str, tuple[str, Dialect]] = {}
        self._parents: dict[str, _Node] = {}
        for service in services:
            for prefix, dialect in service.prefixes.items():
                self._prefixes[prefix] = (service.id, dialect)
            for each in service.transactions:
                if each.handler is None:
                    continue
                for route in each.routes:
                    self._add(route, service.id, each)

    def match(self, method: str, raw_path: str) -> Match | None:
        """The transaction for this method and percent-encoded path, or None."""
        found = self._direct(raw_path) or self._find(self._root, _segments(raw_path), 0, ())
        if found is None:
            return None
        node, values = found
        known = node.methods.get("GET" if method == "HEAD" else method)
        if known is None:
            return None
        service, each, names = known
        if not names:
            return Match(service, each, {}, node.actions)
        return Match(service, each, dict(zip(names, values, strict=True)), node.actions)

    def allowed(self, raw_path: str) -> list[str]:
        """Methods known at this path, empty for an unknown path."""
        found = self._find(self._root, _segments(raw_path), 0, ())
        return sorted(found[0].methods) if found else []

    def owner(self, path: str) -> tuple[str, Dialect] | None:
        """The service and dialect whose longest prefix holds this path."""
        while path:
            known = self._prefixes.get(path)
            if known is not None:
                return known
            path = path.rpartition("/")[0]
        return None

    def _add(self, route: str, service: str, each: Transaction) -> None:
        method, _, path = route.partition(" ")
        node, names = self._root, []
        for segment in _segments(path):
            if segment.endswith(":path}"):
                names.append(segment[1:].removesuffix(":path}"))
                node.rest = node.rest or _Node()
                node = node.rest
            elif segment.startswith("{"):
                names.append(segment.strip("{}"))
                node.wildcard = node.wildcard or _Node()
                node = node.wildcard
            else:
                node = node.literals.setdefault(segment, _Node())
        if each.action:
            node.actions[each.action] = each
            return
        if method in node.methods:
            raise ValueError(f"two transactions at {route}")
        node.methods[method] = (service, each, tuple(names))
        parent = path.rpartition("/")[0]
        if len(names) == 1 and path.endswith("}") and not path.endswith(":path}"):
            self._parents[parent] = self._at(parent)

    def _at(self, path: str) -> _Node:
        """The node of a path without parameters."""
        node = self._root
        for segment in _segments(path):
            node = node.literals[segment]
        return node

    def _direct(self, raw_path: str) -> tuple[_Node, tuple[str, ...]] | None:
        """`/a/b/{id}`, the usual read, by one look-up; None for what needs more care."""
        head, _, last = raw_path.rpartition("/")
        parent = self._parents.get(head)
        if parent is None or not last or last[0] == "$" or "%" in last or last in parent.literals:
            return None
        return (parent.wildcard, (last,)) if parent.wildcard is not None else None

    def _find(
        self, node: _Node, segments: list[str], at: int, values: tuple[str, ...]
    ) -> tuple[_Node, tuple[str, ...]] | None:
        if at == len(segments):
            return (node, values) if node.methods else None
        literal = node.literals.get(segments[at])
        if literal is not None:
            found = self._find(literal, segments, at + 1, values)
            if found is not None:
                return found
        found = None
        if node.wildcard is not None and segments[at] and segments[at][0] != "$":
            found = self._find(node.wildcard, segments, at + 1, (*values, segments[at]))
        if found is None and node.rest is not None:
            return node.rest, (*values, "/".join(segments[at:]))
        return found


def _segments(raw_path: str) -> list[str]:
    segments = raw_path.split("/")[1:]
    if len(segments) > 1 and not segments[-1]:
        segments.pop()
    if "%" in raw_path:
        return [unquote(segment) for segment in segments]
    return segments
