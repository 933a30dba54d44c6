"""Constraints that every resource carries, written by hand: they would cost most otherwise.

ext-1, ref-1, txt-1, txt-2, dom-2 to dom-6 of FHIR R4.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lxml import etree

from services.fhir.validation.issues import CORE, At, Json, shown
from services.fhir.validation.walk import Walk

_XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = frozenset((
    "a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "img", "li", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var",
))
_TAGS = _ELEMENTS | {_XHTML + each for each in _ELEMENTS}
_HANDLER = re.compile(r"\son")
"""What stands before an attribute such as onclick, wherever it is written."""
_EXTENSION = f"{CORE}Extension"
_RESOURCE = f"{CORE}DomainResource"
MOST_NARRATIVE = 2_000_000


def extension(value: Json, at: At, walk: Walk) -> None:
    """ext-1, then what the extension's own definition asks."""
    has_value = False
    for name in value:
        has_value = has_value or name.startswith(("value", "_value"))
    if has_value == ("extension" in value):
        walk.fault("inv.ext-1", at, found="les deux" if has_value else "ni l'une ni les autres",
                   severity="error", profile=_EXTENSION)
    if walk.extension is not None:
        walk.extension(value, at, walk)


def reference(value: Json, at: At, walk: Walk) -> None:
    """ref-1: a local reference leads to a contained resource."""
    text = value.get("reference")
    if type(text) is str and text.startswith("#"):
        walk.local.add(text)
        if walk.resolve(text) is None:
            walk.fault("reference.contained", at, found=shown(text), profile=f"{CORE}Reference")


def narrative(value: Json, at: At, walk: Walk) -> None:
    """txt-1 and txt-2: formatting elements only, and something to read."""
    text = value.get("div")
    if type(text) is not str or len(text) > MOST_NARRATIVE:
        return
    here = (at, ".div", -1)
    try:
        root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        _said(walk, "txt-1", here, "XHTML illisible")
        return
    if root.tag != f"{_XHTML}div":
        _said(walk, "txt-1", here, shown(root.tag))
        return
    # Neither a tag nor, by the text, an attribute to look at: true of nearly all.
    if not _HANDLER.search(text) and {each.tag for each in root.iter(etree.Element)} <= _TAGS:
        _require_text(root, here, walk)
        return
    for each in root.iter(etree.Element):
        if str(each.tag).removeprefix(_XHTML) not in _ELEMENTS or any(
            str(name).startswith("on") for name in each.keys()  # noqa: SIM118 not a dict
        ):
            _said(walk, "txt-1", here, shown(str(each.tag).removeprefix(_XHTML)))
            return
    _require_text(root, here, walk)


def _require_text(root: etree._Element, at: At, walk: Walk) -> None:
    said = any(str(each).strip() for each in root.itertext())
    if not said and root.find(f".//{_XHTML}img") is None:
        _said(walk, "txt-2", at, "aucun texte")


def _said(walk: Walk, key: str, at: At, found: str) -> None:
    walk.fault(f"inv.{key}", at, found=found, severity="error", profile=f"{CORE}Narrative")


def domain_resource(value: Json, at: At, walk: Walk) -> None:
    """dom-3: what is contained is designated; dom-6: best practice, a narrative."""
    text = value.get("text")
    if type(text) is not dict or "div" not in text:
        walk.fault("inv.dom-6", at, severity="information", profile=_RESOURCE)
    held = value.get("contained")
    if type(held) is list and held and not (value is walk.root and _met(held, walk)):
        _designated(value, held, at, walk)


def _met(held: list[Any], walk: Walk) -> bool:
    """Whether the references that the walk came by already designate all that is contained."""
    return all(
        type(each) is dict and type(name := each.get("id")) is str and "#" + name in walk.local
        for each in held
    )


def _designated(value: Json, held: list[Any], at: At, walk: Walk) -> None:
    known = _local(value)
    for index, each in enumerate(held):
        if type(each) is not dict:
            continue
        name = each.get("id")
        if type(name) is str and "#" + name not in known and "#" not in _local(each):
            walk.fault("inv.dom-3", (at, ".contained", index), found=shown(name),
                       severity="error", profile=_RESOURCE)


def _local(value: Json) -> set[str]:
    """The local references of a resource, whatever element they stand in."""
    found: set[str] = set()
    todo: list[Any] = [value]
    while todo:
        each = todo.pop()
        if type(each) is dict:
            todo += each.values()
        elif type(each) is list:
            todo += each
        elif type(each) is str and each.startswith("#"):
            found.add(each)
    return found


def contained(value: Json, at: At, walk: Walk) -> None:
    """dom-2, dom-4 and dom-5, of a contained resource."""
    if "contained" in value:
        walk.fault("contained.depth", at, profile=_RESOURCE)
    meta = value.get("meta")
    if type(meta) is not dict:
        return
    dated = [name for name in ("versionId", "lastUpdated") if name in meta]
    if dated:
        walk.fault("inv.dom-4", at, found=", ".join(dated), severity="error", profile=_RESOURCE)
    if "security" in meta:
        walk.fault("inv.dom-5", at, severity="error", profile=_RESOURCE)


OF_TYPES: dict[str, Callable[[Json, At, Walk], None]] = {
    "Extension": extension, "Reference": reference, "Narrative": narrative,
}
"""Type → what every value of it is held to."""
