"""From bytes to a SOAP 1.2 envelope: no DOCTYPE, no entities, bounded elements and depth."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from services.kernel.errors import Refusal
from services.soap import errors
from services.soap.namespaces import ENVELOPE, ENVELOPE_1_1

MAX_DEPTH = 60
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 100_000
"""Namespaces included: a schema takes seconds over a few times as many."""
ENCODINGS = frozenset({
    "utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15",
    "windows-1252",
})
"""In which `<` is one byte, or two with a zero: what is looked for before parsing is there."""
_ENVELOPE, _HEADER, _BODY = (f"{{{ENVELOPE}}}{name}" for name in ("Envelope", "Header", "Body"))
_MUST_UNDERSTAND = f"{{{ENVELOPE}}}mustUnderstand"
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


class _OfThread(threading.local):
    """One parser for each thread: to make one takes a fifth of the time of a message, and two
    threads would wait for each other."""

    def __init__(self) -> None:
        self.parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )


_OF_THREAD = _OfThread()


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as received. blocks: of the header, in order; payload: what the body holds."""

    blocks: tuple[etree._Element, ...]
    payload: etree._Element
    _named: Mapping[str, etree._Element] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = {str(each.tag): each for each in reversed(self.blocks)}
        object.__setattr__(self, "_named", named)

    def block(self, tag: str) -> etree._Element | None:
        """The first header block of that name ("{namespace}name")."""
        return self._named.get(tag)

    @property
    def repeated(self) -> tuple[str, ...]:
        """Names of the header blocks that come more than once."""
        if len(self._named) == len(self.blocks):
            return ()
        names = Counter(str(each.tag) for each in self.blocks)
        return tuple(name for name, times in names.items() if times > 1)


def read_envelope(content: bytes, most_elements: int = MAX_ELEMENTS) -> Envelope:
    """The envelope. Raises UNREADABLE, TOO_LARGE or VERSION_MISMATCH."""
    root = parsed(content, most_elements)
    if root.tag != _ENVELOPE:
        raise _not_an_envelope(root)
    parts = {str(each.tag): each for each in root}
    body = parts.get(_BODY)
    if body is None or len(parts) != len(root) or parts.keys() - {_HEADER, _BODY}:
        raise errors.UNREADABLE(
            at="/Envelope", expected="Header (facultatif) puis Body", found=_names(root)
        )
    if len(body) != 1:
        raise errors.UNREADABLE(
            at="/Envelope/Body", expected="un élément et un seul", found=f"{len(body)} éléments"
        )
    header = parts.get(_HEADER)
    return Envelope(tuple(header) if header is not None else (), body[0])


def parsed(content: bytes, most_elements: int = MAX_ELEMENTS) -> etree._Element:
    """The root of a message, whatever it is. Raises UNREADABLE or TOO_LARGE."""
    plain = content.replace(b"\0", b"") if b"\0" in content else content  # UTF-16 without zeros
    if b"<!DOCTYPE" in plain:
        raise errors.UNREADABLE("Une déclaration DOCTYPE est interdite dans un message SOAP.")
    signs = content.count(b"<")
    if signs > 2 * most_elements:
        raise errors.TOO_LARGE(expected=f"au plus {most_elements} éléments")
    if content.count(b"=") > MAX_ATTRIBUTES:
        raise errors.TOO_LARGE(expected=f"au plus {MAX_ATTRIBUTES} attributs")
    try:
        root = etree.fromstring(content, _OF_THREAD.parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise errors.UNREADABLE(
            f"XML illisible : {error.msg}.", at=f"ligne {line}, colonne {column}"
        ) from error
    # In UTF-7 none of these signs would have been seen.
    if b"encoding" in plain:
        encoding = str(root.getroottree().docinfo.encoding or "").lower()
        if encoding not in ENCODINGS:
            raise errors.UNREADABLE(
                "Ce codage n'est pas admis.", expected="UTF-8", found=encoding
            )
    # So many levels take twice as many signs: counting costs less than asking.
    if signs > 2 * MAX_DEPTH and _TOO_DEEP(root.getroottree()):
        raise errors.TOO_LARGE(expected=f"au plus {MAX_DEPTH} niveaux")
    return root


def require_understood(envelope: Envelope, namespaces: Collection[str]) -> None:
    """Raise MUST_UNDERSTAND for a mandatory block of a namespace that is not among these."""
    for block in envelope.blocks:
        if block.get(_MUST_UNDERSTAND, "").strip() not in ("1", "true"):
            continue
        if etree.QName(block).namespace not in namespaces:
            raise errors.MUST_UNDERSTAND(
                at="/Envelope/Header", expected="un bloc connu, ou facultatif", found=str(block.tag)
            )


def text_of(parent: etree._Element | None, tag: str) -> str:
    """The stripped text of the first child of that name, "" when there is none."""
    return content_of(parent.find(tag)) if parent is not None else ""


def content_of(element: etree._Element | None) -> str:
    """The stripped text of an element, "" when there is none."""
    return (element.text or "").strip() if element is not None else ""


def first_children(parent: etree._Element | None) -> dict[str, etree._Element]:
    """Tag → the first child of that name, for who reads several: one pass."""
    return {str(child.tag): child for child in reversed(parent)} if parent is not None else {}


def texts_of(parent: etree._Element, tag: str) -> tuple[str, ...]:
    """The stripped texts of the children of that name, in order."""
    return tuple(content_of(child) for child in parent.iterfind(tag))


def _not_an_envelope(root: etree._Element) -> Refusal:
    found = etree.QName(root)
    if found.localname != "Envelope":
        return errors.UNREADABLE(at="/", expected="Envelope", found=found.localname)
    version = "SOAP 1.1" if found.namespace == ENVELOPE_1_1 else str(found.namespace)
    return errors.VERSION_MISMATCH(at="/Envelope", expected=ENVELOPE, found=version)


def _names(root: etree._Element) -> str:
    def names() -> Iterator[str]:
        for child in root:
            yield etree.QName(child).localname

    return ", ".join(islice(names(), 5)) or "rien"
