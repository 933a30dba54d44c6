"""From bytes to the element tree of the header, in bounded time and memory.

A small document without a DOCTYPE is read once, as a whole. Any other takes two passes: expat
reads all of it without building anything (well-formed, no DOCTYPE, bounded depth and number of
elements), then lxml builds the tree up to `<component>`, where the body begins. Documents embed
megabytes of base64 that nothing here needs. The two passes also tell what is wrong with a document
that the short way does not take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from lxml import etree

from services.cda.header import CdaUnreadable

NAMESPACE = "urn:hl7-org:v3"
ROOT = f"{{{NAMESPACE}}}ClinicalDocument"
COMPONENT = f"{{{NAMESPACE}}}component"

MAX_BYTES = 40 * 1024 * 1024
MAX_HEADER_BYTES = 512 * 1024
MAX_ELEMENTS = 500_000
MAX_DEPTH = 100
SMALL = 256 * 1024
"""Below, elements and header are within their bounds whatever is written."""
CHUNK = 16 * 1024
PART = 1024 * 1024
"""What expat reads at once: in between, the interpreter serves the other threads."""

REASONS = {
    "not well-formed (invalid token)": "un caractère n'est pas à sa place",
    "no element found": "la fin du document manque",
    "mismatched tag": "une balise en ferme une autre",
    "unclosed token": "une balise n'est pas finie",
    "unclosed CDATA section": "une section CDATA n'est pas finie",
    "junk after document element": "il y a autre chose après l'élément racine",
    "duplicate attribute": "un attribut est écrit deux fois",
    "undefined entity": "une entité n'est pas définie",
    "unbound prefix": "un préfixe n'a pas d'espace de noms",
    "reference to invalid character number": "un caractère désigné n'existe pas",
}
"""What expat says, in French; its own words for the rest."""

_PLAIN = re.compile(
    rb"""(\xef\xbb\xbf)?(<\?xml version=["']1\.0["']( encoding=["']utf-8["'])?"""
    rb"""( standalone=["'](yes|no)["'])? ?\?>)?[ \t\r\n]*<(?P<first>[A-Za-z!_])""",
    re.IGNORECASE,
)
"""How a document in UTF-8 begins. A DOCTYPE has no place after the first element."""
_HARDENED: Any = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False,
    "huge_tree": False, "remove_pis": True, "remove_comments": True,
}
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")

DOCTYPE_REFUSED = "Une déclaration DOCTYPE est interdite dans un document CDA"


def header_tree(content: bytes) -> tuple[etree._Element, list[etree._Element]]:
    """The ClinicalDocument element without its body, and the body's first elements in order.

    The second value is [component, nonXMLBody or structuredBody, its first child], as far as they
    exist; their attributes are there, their contents may not be. Raises CdaUnreadable.
    """
    if not content.strip():
        raise CdaUnreadable("Le document est vide", "octet 0")
    if len(content) > MAX_BYTES:
        raise CdaUnreadable("Le document dépasse 40 Mo", f"octet {MAX_BYTES}")
    root = _whole(content) if len(content) <= SMALL else None
    if root is not None:
        return root, _body(root)
    check_well_formed(content)
    return _build(content)


def _whole(content: bytes) -> etree._Element | None:
    """The whole tree, or None when the two passes must judge."""
    begun = _PLAIN.match(content)
    if begun is None or (begun["first"] == b"!" and b"<!DOCTYPE" in content):
        return None
    try:
        root = etree.fromstring(content, etree.XMLParser(**_HARDENED))
    except etree.XMLSyntaxError:
        return None
    return None if root.tag != ROOT or _TOO_DEEP(root) else root


def _body(root: etree._Element) -> list[etree._Element]:
    found: list[etree._Element] = []
    element = next(root.iterchildren(COMPONENT), None)
    while element is not None and len(found) < 3:
        found.append(element)
        element = next(element.iterchildren(etree.Element), None)
    return found


def check_well_formed(content: bytes) -> None:
    """Read all of it without keeping anything. Raises CdaUnreadable with line and column."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = elements = 0

    def place() -> str:
        return f"ligne {parser.CurrentLineNumber}, colonne {parser.CurrentColumnNumber + 1}"

    def doctype(*_: object) -> None:
        raise CdaUnreadable(DOCTYPE_REFUSED, place())

    def start(*_: object) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise CdaUnreadable(f"Plus de {MAX_DEPTH} niveaux d'éléments", place())
        if elements > MAX_ELEMENTS:
            raise CdaUnreadable(f"Plus de {MAX_ELEMENTS} éléments", place())

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        for position in range(0, len(content), PART):
            parser.Parse(content[position:position + PART], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise CdaUnreadable(
            f"XML mal formé : {REASONS.get(reason, reason)}",
            f"ligne {error.lineno}, colonne {error.offset + 1}",
        ) from error
    except (LookupError, ValueError) as error:
        raise CdaUnreadable(f"Encodage inconnu : {error}", "ligne 1") from error


def _build(content: bytes) -> tuple[etree._Element, list[etree._Element]]:
    parser = etree.XMLPullParser(events=("start",), **_HARDENED)
    body: list[etree._Element] = []
    root: etree._Element | None = None
    for element in _elements(parser, content):
        if root is None:
            root = _clinical_document(element)
        elif body or (element.tag == COMPONENT and element.getparent() is root):
            body.append(element)
        if len(body) == 3:
            return root, body
    if root is None:
        raise CdaUnreadable("Le document n'a pas d'élément", "ligne 1")
    return root, body


def _elements(parser: etree.XMLPullParser, content: bytes) -> Iterator[etree._Element]:
    """Every element as it starts. Raises CdaUnreadable past MAX_HEADER_BYTES."""
    try:
        for position in range(0, len(content), CHUNK):
            if position >= MAX_HEADER_BYTES:
                raise CdaUnreadable(
                    "L'en-tête dépasse 512 ko", f"octet {MAX_HEADER_BYTES}"
                )
            parser.feed(content[position:position + CHUNK])
            yield from _started(parser)
        parser.close()
        yield from _started(parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise CdaUnreadable(
            f"XML refusé : {error.msg}", f"ligne {line}, colonne {column}"
        ) from error


def _started(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    return (e for _, e in parser.read_events() if isinstance(e, etree._Element))


def _clinical_document(element: etree._Element) -> etree._Element:
    if element.tag != ROOT:
        raise CdaUnreadable(
            f"L'élément racine n'est pas ClinicalDocument de l'espace de noms {NAMESPACE}",
            f"/{etree.QName(element).localname}",
        )
    return element
