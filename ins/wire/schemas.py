"""Our schemas of the téléservice: to validate what comes, and as files for client generators."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from lxml import etree

from ins import codes
from services.soap import contracts
from services.soap.envelope import Envelope
from services.soap.namespaces import ENVELOPE

_XS = "http://www.w3.org/2001/XMLSchema"
MOST = 5
"""Problems of one element that are told."""
_DATA = files("ins").joinpath("data")
_OF_SOAP = tuple(f"{{{ENVELOPE}}}{name}" for name in ("mustUnderstand", "role", "relay"))
NAMES = frozenset({
    "INSi_RECSANS_INS.xsd", "INSi_RECVITALE_INS.xsd", "INSi_RESULTAT_INS.xsd",
    "INSi_REQUnitaire.xsd", "INSi_REPUnitaire.xsd", "INSi_REQLot.xsd", "INSi_REPLot.xsd",
    "ContexteBAM.xsd", *contracts.NAMES,
})
_OF_ROOT = {
    f"{{{codes.NS_TRAITS}}}RECSANSVITALE": "INSi_RECSANS_INS.xsd",
    f"{{{codes.NS_VITALE}}}RECVITALE": "INSi_RECVITALE_INS.xsd",
    f"{{{codes.NS_VERIFIER}}}REQUETE": "INSi_REQUnitaire.xsd",
    f"{{{codes.NS_LOT}}}DEPOT": "INSi_REQLot.xsd",
    f"{{{codes.NS_LOT}}}DEMANDE": "INSi_REQLot.xsd",
    f"{{{codes.NS_LPS}}}ContexteLPS": "ContexteLPS.xsd",
    f"{{{codes.NS_BAM}}}ContexteBAM": "ContexteBAM.xsd",
}


def content(name: str) -> bytes:
    """A file of the contract, `icir.wsdl` and `idir.wsdl` included."""
    return contracts.content(name) if name in contracts.NAMES else _DATA.joinpath(name).read_bytes()


def violations(envelope: Envelope) -> list[tuple[str, str]]:
    """What the schemas say against a message: the block, or the payload, and the problem."""
    # Hardly ever anything: all is validated at once, then apart for who is wrong.
    if _whole().validate(envelope.payload.getroottree()):
        return []
    return [
        (str(each.tag).rpartition("}")[2], problem)
        for each in (*envelope.blocks, envelope.payload) for problem in _violations(each)
    ]


def _violations(element: etree._Element) -> list[str]:
    """Against one element; nothing for an element of no schema."""
    name = _OF_ROOT.get(str(element.tag))
    if name is None:
        return []
    schema, element = _schema(name), _without_soap(element)
    if schema.validate(element):
        return []
    log: Any = schema.error_log  # the stubs do not know that it is iterable
    return [each.message for each in islice(log, MOST)]


def _without_soap(element: etree._Element) -> etree._Element:
    """The block without mustUnderstand, role, relay: every header block may have them (SOAP 1.2,
    §5.2), whatever its own schema says."""
    theirs = [name for name in _OF_SOAP if element.get(name) is not None]
    if not theirs:
        return element
    plain = deepcopy(element)
    for name in theirs:
        del plain.attrib[name]
    return plain


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_place(name)))


@cache
def _whole() -> etree.XMLSchema:
    """Of an envelope that holds anything, in which each element of a schema keeps to it."""
    schema = etree.Element(f"{{{_XS}}}schema", targetNamespace=ENVELOPE)
    namespaces = {etree.QName(root).namespace: name for root, name in _OF_ROOT.items()}
    for namespace, name in namespaces.items():
        etree.SubElement(
            schema, f"{{{_XS}}}import", namespace=str(namespace), schemaLocation=_place(name)
        )
    etree.SubElement(schema, f"{{{_XS}}}element", name="Envelope")
    return etree.XMLSchema(schema)


def _place(name: str) -> str:
    own = contracts.place(name) if name in contracts.NAMES else _DATA.joinpath(name)
    return str(own)
