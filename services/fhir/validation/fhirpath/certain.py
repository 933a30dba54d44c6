"""Constraints that an element meets for certain, told from its JSON alone.

Most elements meet most constraints, for reasons that need no tree of typed nodes: a member is
there, another is not, a code is this one. What is not certain here (another shape than R4's, an
extension in the place of a value, a choice of types, the rest of the language) is left to the full
evaluation, which alone accuses, and whose verdict and exceptions are never other than these:
certain is said only where the evaluation would give `true`, or `false` for the contrary.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.fhir.validation.fhirpath.grammar import Tree, Undecidable, parse
from services.fhir.validation.primitives import TESTS
from services.fhir.validation.reduction import Json
from services.fhir.validation.types import PRIMITIVES, Spec, Types
from services.fhir.validation.walk import Walk

Certain = Callable[[Json, Walk], bool]
Get = Callable[[Json, Walk], Any]
"""get(element, walk): the JSON at a path, None for nothing there, ODD when it is not told here"""

ODD = object()
_TEXTS = frozenset({"canonical", "code", "id", "markdown", "oid", "string", "uri", "url", "uuid"})
_INSTANTS = frozenset({"date", "dateTime", "instant"})
_ADDRESSES = parse("entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId)")


def certain(text: str, spec: Spec, types: Types) -> Certain | None:
    """Whether an element of that type meets a constraint for certain; None when never told."""
    try:
        return _Reader(spec, types).met(parse(text))
    except Undecidable:
        return None


class _Reader:
    """Compiles trees whose focus is of one type."""

    def __init__(self, spec: Spec, types: Types) -> None:
        self._spec = spec
        self._types = types

    def met(self, tree: Tree) -> Certain | None:
        """When the tree is true."""
        if (choice := _one_of(tree)) is not None:
            path, texts = choice
            return self._is(path, lambda value: value in texts)
        match tree:
            case ("binary", "and", left, right):
                return _both(self.met(left), self.met(right))
            case ("binary", "or", left, right):
                # The right side is evaluated only after the left: what the left raises comes first.
                return _either(self.met(left), _both(self.unmet(left), self.met(right)))
            case ("binary", "implies", left, right):
                return _either(self.unmet(left), _both(self.met(left), self.met(right)))
            case ("binary", "=", left, right):
                return _either(
                    _both(self.met(left), self.met(right)),
                    _both(self.unmet(left), self.unmet(right)),
                )
            case ("binary", "<=", left, right):
                return self._in_order(left, right)
            case ("binary", ">", left, ("literal", 0)):
                return self._counted(left)
            case ("call", holder, "not", ()) if holder is not None:
                return self.unmet(holder)
            case ("call", holder, "exists", ()) if holder is not None:
                return self._found(holder, wanted=True)
            case ("call", holder, "empty", ()) if holder is not None:
                return self._found(holder, wanted=False)
            case ("call", holder, "hasValue", ()) if holder is not None:
                return self._valued(holder)
            case ("call", holder, "all", (inner,)) if holder is not None:
                return self._every(holder, inner)
            case ("call", holder, "isDistinct", ()) if holder == _ADDRESSES:
                return _distinct_addresses
        return None

    def unmet(self, tree: Tree) -> Certain | None:
        """When the tree is false."""
        if (choice := _one_of(tree)) is not None:
            path, texts = choice
            return self._is(path, lambda value: value not in texts)
        match tree:
            case ("binary", "or", left, right):
                return _both(self.unmet(left), self.unmet(right))
            case ("call", holder, "contains", (("literal", str() as text),)) if holder is not None:
                return self._is(holder, lambda value: text not in value)
            case ("call", holder, "not", ()) if holder is not None:
                return self.met(holder)
            case ("call", holder, "exists", ()) if holder is not None:
                return self._found(holder, wanted=False)
            case ("call", holder, "empty", ()) if holder is not None:
                return self._found(holder, wanted=True)
            case ("call", holder, "hasValue", ()) if holder is not None:
                return self._found(holder, wanted=False)
        return None

    def _path(self, tree: Tree) -> tuple[Get, str, Spec | None] | None:
        """How to read a path, and the type that it leads to."""
        match tree:
            case ("step", None, name) if not name[0].isupper():
                return self._step(None, self._spec, name)
            case ("step", ("variable", "resource"), name):
                rtype = self._spec.path.partition(".")[0]
                spec = self._types.spec(rtype)
                return self._step(_resource(rtype), spec, name) if spec is not None else None
            case ("step", tuple() as holder, name):
                before = self._path(holder)
                return self._step(before[0], before[2], name) if before is not None else None
        return None

    def _step(
        self, before: Get | None, spec: Spec | None, name: str
    ) -> tuple[Get, str, Spec | None] | None:
        child = spec.children.get(name) if spec is not None else None
        if child is None or child.choice or len(child.forms) != 1:
            return None
        code = child.forms[0][1]
        further = child.held or (
            None if code in PRIMITIVES or self._is_resource(code) else self._types.spec(code)
        )
        get = _member(name)
        return (get if before is None else _chained(before, get)), code, further

    def _is_resource(self, code: str) -> bool:
        return code == "Resource" or self._types.is_resource(code)

    def _is(self, tree: Tree, test: Callable[[str], bool]) -> Certain | None:
        """A test of one text."""
        path = self._path(tree)
        if path is None or path[1] not in _TEXTS:
            return None
        get = path[0]

        def tested(value: Json, walk: Walk) -> bool:
            found = get(value, walk)
            return type(found) is str and test(found)

        return tested

    def _found(self, tree: Tree, *, wanted: bool) -> Certain | None:
        path = self._path(tree)
        if path is None:
            return None
        get = path[0]

        def present(value: Json, walk: Walk) -> bool:
            found = get(value, walk)
            if found is ODD:
                return False
            if type(found) is list:
                return any(each is not None for each in found) is wanted
            return (found is not None) is wanted

        return present

    def _valued(self, tree: Tree) -> Certain | None:
        path = self._path(tree)
        if path is None or path[1] not in PRIMITIVES:
            return None
        get = path[0]
        return lambda value, walk: type(get(value, walk)) in {str, int, float, bool}

    def _every(self, tree: Tree, inner: Tree) -> Certain | None:
        path = self._path(tree)
        if path is None or path[2] is None:
            return None
        get, one = path[0], _Reader(path[2], self._types).met(inner)
        if one is None:
            return None

        def every(value: Json, walk: Walk) -> bool:
            found = get(value, walk)
            return found is None or (
                type(found) is list and all(_is_element(each) and one(each, walk) for each in found)
            )

        return every

    def _counted(self, tree: Tree) -> Certain | None:
        """A sum of counts that is more than nothing."""
        match tree:
            case ("binary", "+", left, right):
                return _either(self._counted(left), self._counted(right))
            case ("call", tuple() as holder, "count", ()):
                return self._found(holder, wanted=True)
        return None

    def _in_order(self, left: Tree, right: Tree) -> Certain | None:
        """Instants written alike, in the same zone."""
        one, other = self._path(left), self._path(right)
        if one is None or other is None or not {one[1], other[1]} <= _INSTANTS:
            return None
        get, get_other, test = one[0], other[0], TESTS["dateTime"]

        def ordered(value: Json, walk: Walk) -> bool:
            start, end = get(value, walk), get_other(value, walk)
            return type(start) is str and type(end) is str and len(start) == len(end) and (
                start[19:] == end[19:] and "0002" < start <= end < "9999" and test(start)
                and test(end)
            )

        return ordered


def _one_of(tree: Tree) -> tuple[Tree, frozenset[str]] | None:
    """The path of `path = 'a' or path = 'b'…`, and its texts."""
    match tree:
        case ("binary", "=", tuple() as path, ("literal", str() as text)):
            return path, frozenset({text})
        case ("binary", "or", left, right):
            one, other = _one_of(left), _one_of(right)
            if one is not None and other is not None and one[0] == other[0]:
                return one[0], one[1] | other[1]
    return None


def _both(one: Certain | None, other: Certain | None) -> Certain | None:
    if one is None or other is None:
        return None
    return lambda value, walk: one(value, walk) and other(value, walk)


def _either(one: Certain | None, other: Certain | None) -> Certain | None:
    if one is None or other is None:
        return one or other
    return lambda value, walk: one(value, walk) or other(value, walk)


def _is_element(value: Any) -> bool:
    """Whether a value is an object, and says nothing of a type of its own."""
    return type(value) is dict and "resourceType" not in value


def _member(name: str) -> Get:
    twin = "_" + name

    def get(value: Json, walk: Walk) -> Any:
        return value.get(name) if twin not in value else ODD

    return get


def _resource(rtype: str) -> Get:
    def get(value: Json, walk: Walk) -> Any:
        return walk.resource if walk.resource.get("resourceType") == rtype else ODD

    return get


def _chained(before: Get, get: Get) -> Get:
    def chained(value: Json, walk: Walk) -> Any:
        holder = before(value, walk)
        if holder is None or holder is ODD:
            return holder
        if type(holder) is not list:
            if _is_element(holder) or holder is walk.resource:
                return get(holder, walk)
            return ODD
        found: list[Any] = []
        for each in holder:
            one = get(each, walk) if _is_element(each) else ODD
            if one is ODD:
                return ODD
            if type(one) is list:
                found += one
            elif one is not None:
                found.append(one)
        return found

    return chained


def _distinct_addresses(value: Json, walk: Walk) -> bool:
    """bdl-7 of entries that all have an address and tell no version."""
    addresses: set[str] = set()
    entries = value.get("entry")
    if type(entries) is not list:
        return False
    for each in entries:
        if not _is_element(each) or "_fullUrl" in each or type(each.get("fullUrl")) is not str:
            return False
        held = each.get("resource")
        meta = held.get("meta") if type(held) is dict else None
        if meta is not None and (
            type(meta) is not dict or "versionId" in meta or "_versionId" in meta
        ):
            return False
        addresses.add(each["fullUrl"])
    return len(addresses) == len(entries)
