"""An element of a header as its reader meets it: children by name, attributes, text."""

from __future__ import annotations

from functools import cache

from lxml import etree

from services.cda.parse import NAMESPACE


class Element:
    """One element. Its children are sorted by name when first asked for, and once: headers are
    read by some sixty paths, many of which begin alike."""

    __slots__ = ("_children", "_element")

    def __init__(self, element: etree._Element) -> None:
        self._element = element
        self._children: dict[str, list[Element]] | None = None

    def all(self, path: str) -> list[Element]:
        """The elements at the end of a path of names (`a/b`), in order."""
        first, *rest = _tags(path)
        found = self._named(first)
        for tag in rest:
            found = [child for each in found for child in each._named(tag)]
        return found

    def one(self, path: str) -> Element | None:
        """The first of them, or None."""
        found = self.all(path)
        return found[0] if found else None

    def get(self, attribute: str) -> str:
        """Its value, "" when absent."""
        return self._element.get(attribute, "")

    @property
    def text(self) -> str:
        """The text in it at any depth, each white space as one blank."""
        element = self._element
        texts = element.itertext() if len(element) else (element.text or "",)
        return " ".join("".join([str(each) for each in texts]).split())

    def _named(self, tag: str) -> list[Element]:
        if self._children is None:
            self._children = {}
            for child in self._element:
                self._children.setdefault(child.tag, []).append(Element(child))
        return self._children.get(tag, [])


@cache
def _tags(path: str) -> tuple[str, ...]:
    return tuple(f"{{{NAMESPACE}}}{name}" for name in path.split("/"))
