"""FHIR XML to FHIR JSON (FHIR R4 §2.6.1), by a hardened parser: no DOCTYPE, no entities, bounded.

Numbers keep their spelling. What is no element of its type is refused with its place; the rest of
the structure is checked on the JSON, as for what came in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
from lxml import etree

from services.fhir import errors
from services.fhir.elements import RESOURCE, XHTML, Element, elements_of, is_resource
from services.fhir.structure import is_resource_type
from services.fhir.xml_writer import FHIR_NAMESPACE, XHTML_NAMESPACE
from services.kernel import errors as kernel_errors
from services.kernel.errors import Refusal

MAX_DEPTH = 60
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 100
"""Of a narrative: the library takes time over the square of their number."""
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"

Json = dict[str, Any]


def read_xml(raw: bytes) -> bytes:
    """The JSON bytes of one resource. Raises MALFORMED, TOO_DEEP, TOO_MANY_VALUES,
    WRONG_TYPE or INVALID_STRUCTURE."""
    root = _parsed(raw)
    rtype = _name(root, "")
    if not is_resource_type(rtype):
        raise errors.WRONG_TYPE(at="http.body", expected="une ressource FHIR R4", found=rtype)
    return orjson.dumps(_resource(root, rtype))


def _parsed(raw: bytes) -> etree._Element:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kernel_errors.MALFORMED(
            "Le corps n'est pas de l'UTF-8.", at=f"octet {error.start}", expected="UTF-8"
        ) from error
    if "<!DOCTYPE" in text:
        raise kernel_errors.MALFORMED("Une déclaration DOCTYPE est interdite dans FHIR.")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise kernel_errors.MALFORMED(
            f"XML illisible : {error.msg}.", at=f"ligne {line}, colonne {column}"
        ) from error
    _require_bounded(root)
    return root


def _require_bounded(root: etree._Element) -> None:
    depth = elements = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        if depth > MAX_DEPTH:
            raise errors.TOO_DEEP(expected=f"{MAX_DEPTH} niveaux au plus", found="davantage")
    if elements > MAX_ELEMENTS:
        raise errors.TOO_MANY_VALUES(expected=f"{MAX_ELEMENTS} éléments au plus")


def _resource(node: etree._Element, at: str) -> Json:
    rtype = _name(node, at)
    if not is_resource_type(rtype):
        raise _invalid(at, f"« {rtype} » n'est pas une ressource FHIR R4.")
    return {"resourceType": rtype, **_members(node, rtype, at)}


def _members(node: etree._Element, type_name: str, at: str) -> Json:
    known = elements_of(type_name)
    made: Json = dict(_attributes(node, type_name, at))
    if (node.text or "").strip():
        raise _invalid(at, "Du texte se trouve entre les éléments.")
    for child in node:
        name = _name(child, at)
        element = known.get(name)
        if element is None or (name in made and not element.many):
            raise _invalid(f"{at}.{name}", "Élément inconnu ici, ou présent deux fois.")
        if (child.tail or "").strip():
            raise _invalid(f"{at}.{name}", "Du texte se trouve entre les éléments.")
        if element.primitive:
            _add_primitive(made, element, child, f"{at}.{name}")
        else:
            _add(made, element, _complex(child, element, f"{at}.{name}"))
    return made


def _complex(child: etree._Element, element: Element, at: str) -> Any:
    if element.type == XHTML:
        return _xhtml(child, at)
    if element.type == RESOURCE:
        if len(child) != 1:
            raise _invalid(at, "Une ressource et une seule est attendue.")
        return _resource(child[0], at)
    return _members(child, element.type, at)


def _add(made: Json, element: Element, value: Any) -> None:
    if element.many:
        made.setdefault(element.name, []).append(value)
    else:
        made[element.name] = value


def _add_primitive(made: Json, element: Element, child: etree._Element, at: str) -> None:
    """The value under its name, its id and extensions under `_name`; arrays keep in step."""
    text = child.get("value")
    value = None if text is None else _value(text, element)
    child.attrib.pop("value", "")
    companion = _members(child, "Element", at)
    name, other = element.name, f"_{element.name}"
    if not element.many:
        if value is not None:
            made[name] = value
        if companion:
            made[other] = companion
        return
    count = max(len(made.get(name, ())), len(made.get(other, ())))
    for member, one in ((name, value), (other, companion or None)):
        if one is not None or member in made:
            held = made.setdefault(member, [])
            held += [None] * (count - len(held))
            held.append(one)


def _value(text: str, element: Element) -> Any:
    """As JSON spells it; what has not the form of its type stays text, for the structure check."""
    if element.json == "number" and _NUMBER.fullmatch(text):
        return orjson.Fragment(text.encode())
    if element.json == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _attributes(node: etree._Element, type_name: str, at: str) -> Iterator[tuple[str, str]]:
    allowed = {"id", "url"} if type_name == "Extension" else {"id"}
    if is_resource(type_name):
        allowed = set()
    for name in map(str, node.attrib):  # asking for values too takes a look-up each
        if name.startswith(_SCHEMA):
            continue
        if name not in allowed:
            raise _invalid(at, f"Attribut inconnu ici : « {name[:80]} ».")
        yield name, str(node.get(name))


def _xhtml(node: etree._Element, at: str) -> str:
    """The narrative with XHTML as its default namespace, whatever prefixes it came with."""
    default: Any = {None: XHTML_NAMESPACE}
    if len(node.attrib) > MAX_ATTRIBUTES:
        raise _invalid(at, f"Au plus {MAX_ATTRIBUTES} attributs sur un élément.")
    attributes = {str(name): str(value) for name, value in node.attrib.items()}
    root = etree.Element(node.tag, attributes, nsmap=default)
    root.text = node.text
    for child in list(node):
        root.append(child)
    return etree.tostring(root, encoding="unicode", with_tail=False)


def _name(node: etree._Element, at: str) -> str:
    """The local name. Raises INVALID_STRUCTURE for another namespace."""
    namespace, _, name = str(node.tag).rpartition("}")
    wanted = XHTML_NAMESPACE if name == "div" else FHIR_NAMESPACE
    if namespace != "{" + wanted:
        raise _invalid(at, f"Espace de noms attendu : {wanted}, sur « {name[:80]} ».")
    return name


def _invalid(at: str, details: str) -> Refusal:
    return errors.INVALID_STRUCTURE(details, at=at or "http.body")
