"""FHIR JSON to FHIR XML (FHIR R4 §2.6.1): elements in the order of their definitions.

Numbers keep their spelling. What R4 does not define is left out: what is stored was checked.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from services.fhir.elements import RESOURCE, XHTML, Element, elements_of, is_resource

FHIR_NAMESPACE = "http://hl7.org/fhir"
XHTML_NAMESPACE = "http://www.w3.org/1999/xhtml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Json = dict[str, Any]


def write_xml(raw: bytes, *, pretty: bool = False) -> bytes:
    """The XML of one resource given as JSON bytes. pretty: indented, narratives aside.

    Raises KeyError for a type R4 lacks.
    """
    out = [_DECLARATION]
    _resource(out, json.loads(raw, parse_float=str, parse_int=str), f' xmlns="{FHIR_NAMESPACE}"')
    written = "".join(out).encode()
    if not pretty:
        return written
    root = etree.fromstring(written, etree.XMLParser(resolve_entities=False, huge_tree=True))
    _indent(root, "\n")
    return _DECLARATION.encode() + b"\n" + etree.tostring(root, encoding="UTF-8")


def _indent(node: etree._Element, line: str) -> None:
    """White space between elements. line: the start of the line that `node` is on."""
    if not len(node) or node.tag == f"{{{XHTML_NAMESPACE}}}div":
        return
    node.text = line + "  "
    for child in node:
        _indent(child, line + "  ")
        child.tail = line + "  "
    node[-1].tail = line


def _resource(out: list[str], resource: Json, namespace: str = "") -> None:
    rtype = resource["resourceType"]
    out.append(f"<{rtype}{namespace}>")
    _children(out, resource, rtype)
    out.append(f"</{rtype}>")


def _children(out: list[str], holder: Json, type_name: str) -> None:
    known = elements_of(type_name)
    attributes = _attributes(type_name)
    names = {name.removeprefix("_") for name in holder}
    for element in sorted((known[n] for n in names if n in known), key=_order(type_name)):
        name = element.name
        if name in attributes:
            continue
        value, companion = holder.get(name), holder.get(f"_{name}")
        values = value if isinstance(value, list) else [value]
        companions = companion if isinstance(companion, list) else [companion]
        for n in range(max(len(values), len(companions))):
            one = values[n] if n < len(values) else None
            other = companions[n] if n < len(companions) else None
            if one is not None or other is not None:
                _element(out, element, one, other)


def _element(out: list[str], element: Element, value: Any, companion: Any) -> None:
    name = element.name
    if element.primitive:
        held = companion if isinstance(companion, dict) else {}
        shown = "" if value is None else f" value={_quoted(value)}"
        _complex(out, name, held, "Element", shown)
    elif element.type == XHTML:
        out.append(_xhtml(str(value)))
    elif element.type == RESOURCE:
        out.append(f"<{name}>")
        _resource(out, value)
        out.append(f"</{name}>")
    else:
        _complex(out, name, value, element.type)


def _complex(out: list[str], name: str, held: Json, type_name: str, shown: str = "") -> None:
    attributes = "".join(
        f" {each}={_quoted(held[each])}" for each in _attributes(type_name) if each in held
    )
    children: list[str] = []
    _children(children, held, type_name)
    if not children:
        out.append(f"<{name}{attributes}{shown}/>")
        return
    out += [f"<{name}{attributes}{shown}>", *children, f"</{name}>"]


def _attributes(type_name: str) -> tuple[str, ...]:
    """What is an attribute of the holder: ids of elements, urls of extensions."""
    if type_name == "Extension":
        return ("id", "url")
    return () if is_resource(type_name) else ("id",)


def _order(type_name: str) -> Any:
    ranks = {name: rank for rank, name in enumerate(elements_of(type_name))}
    return lambda element: ranks[element.name]


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return '"true"' if value else '"false"'
    return quoteattr(_NOT_XML.sub("", str(value)))


def _xhtml(text: str) -> str:
    """The narrative as it is; as plain text when it is no XHTML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = None if "<!DOCTYPE" in text else etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is not None and root.tag == f"{{{XHTML_NAMESPACE}}}div":
        return etree.tostring(root, encoding="unicode")
    return f'<div xmlns="{XHTML_NAMESPACE}">{escape(_NOT_XML.sub("", text))}</div>'
