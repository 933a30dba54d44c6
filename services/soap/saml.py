"""SAML 2.0 assertions in `wsse:Security`: what they say of the caller, and their signature.

Signed by a card (CPx), by a carte Vitale (its own algorithms, which only a card can verify), or
not at all (Pro Santé Connect): who relies on them decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from lxml import etree

from services.kernel.clock import from_datetime
from services.soap.envelope import Envelope, content_of, text_of, texts_of
from services.soap.namespaces import SAML, SECURITY, SIGNATURE
from services.soap.signature import Signed, read_signature

SECURITY_BLOCK = f"{{{SECURITY}}}Security"
SECURITY_AT = "/Envelope/Header/Security"
"""Its place, as findings say it."""
VITALE = "VITALE"
"""NameQualifier of an assertion of a carte Vitale."""
MOST = 5
"""Assertions that are read of one message."""
_ALGORITHM = f"{{{SIGNATURE}}}SignedInfo/{{{SIGNATURE}}}SignatureMethod"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an assertion says. at: its place; issued: microseconds, None when IssueInstant cannot
    be read; name_id, name_qualifier: of the subject; attributes: name → values; algorithm: URI of
    the signature, "" unsigned; element: the assertion itself, for what only one service reads.
    """

    at: str
    id: str
    issued: int | None
    issue_instant: str
    issuer: str
    name_id: str
    name_qualifier: str
    attributes: Mapping[str, tuple[str, ...]]
    algorithm: str
    element: etree._Element

    def first(self, *names: str) -> str:
        """The first value of the first of these attributes that has one, else ""."""
        values = (value for name in names for value in self.attributes.get(name, ()))
        return next(filter(None, values), "")

    def signed(self) -> Signed | None:
        """What becomes of its signature: slow, called once. None: it has none."""
        return read_signature(self.element)


def has_security(envelope: Envelope) -> bool:
    return envelope.block(SECURITY_BLOCK) is not None


def read_assertions(envelope: Envelope) -> tuple[Assertion, ...]:
    """The assertions directly inside `wsse:Security`, in order."""
    block = envelope.block(SECURITY_BLOCK)
    if block is None:
        return ()
    return tuple(
        _assertion(each, f"{SECURITY_AT}/Assertion[{rank}]")
        for rank, each in enumerate(block.findall(_saml("Assertion"))[:MOST], 1)
    )


def superfluous(envelope: Envelope) -> tuple[str, ...]:
    """Local names of what stands in `wsse:Security` beside the first assertion of a professional
    and the first of a carte Vitale: only those are read."""
    block = envelope.block(SECURITY_BLOCK)
    if block is None:
        return ()
    found: list[str] = []
    known: set[bool] = set()
    for each in islice(block, MOST):
        name_id = each.find(f"{_saml('Subject')}/{_saml('NameID')}")
        of_card = name_id is not None and name_id.get("NameQualifier") == VITALE
        if each.tag != _saml("Assertion") or of_card in known:
            found.append(str(each.tag).rpartition("}")[2])
        else:
            known.add(of_card)
    return tuple(found)


def instant_of(text: str) -> int | None:
    """Microseconds of an xsd:dateTime with its zone, else None."""
    try:
        moment = datetime.fromisoformat(text)
        return from_datetime(moment.astimezone(UTC)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):  # the last: a zone that leads out of the calendar
        return None


def _assertion(element: etree._Element, at: str) -> Assertion:
    name_id = element.find(f"{_saml('Subject')}/{_saml('NameID')}")
    method = element.find(f"{{{SIGNATURE}}}Signature/{_ALGORITHM}")
    issued = element.get("IssueInstant", "")
    return Assertion(
        at, element.get("ID", ""), instant_of(issued), issued, text_of(element, _saml("Issuer")),
        content_of(name_id),
        name_id.get("NameQualifier", "") if name_id is not None else "",
        dict(_attributes(element)), method.get("Algorithm", "") if method is not None else "",
        element,
    )


def _attributes(element: etree._Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in element.iterfind(f"{_saml('AttributeStatement')}/{_saml('Attribute')}"):
        yield each.get("Name", ""), texts_of(each, _saml("AttributeValue"))


def _saml(name: str) -> str:
    return f"{{{SAML}}}{name}"
