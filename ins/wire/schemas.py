"""Our schemas of the téléservice: to validate what comes, and as files for client generators."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from lxml import etree

from ins import codes
from services.kernel.rules import Mismatch
from services.soap import contracts
from services.soap.envelope import Envelope
from services.soap.namespaces import ENVELOPE

_XS = "http://www.w3.org/2001/XMLSchema"
_HEADER, _BODY = "/Envelope/Header", "/Envelope/Body"
MOST = 5
"""Problems of one element that are told."""
_DATA = files("ins").joinpath("data")
_OF_SOAP = tuple(f"{{{ENVELOPE}}}{name}" for name in ("mustUnderstand", "role", "relay"))
NAMES = frozenset({
    "INSi_RECSANS_INS.xsd", "INSi_RECVITALE_INS.xsd", "INSi_RESULTAT_INS.xsd",
    "INSi_REQUnitaire.xsd", "INSi_REPUnitaire.xsd", "INSi_REQLot.xsd", "INSi_REPLot.xsd",
    "ContexteBAM.xsd", *contracts.NAMES,
})
_ROOTS = {
    codes.ACTION_TRAITS: f"{{{codes.NS_TRAITS}}}RECSANSVITALE",
    codes.ACTION_VITALE: f"{{{codes.NS_VITALE}}}RECVITALE",
    codes.ACTION_VERIFIER: f"{{{codes.NS_VERIFIER}}}REQUETE",
    codes.ACTION_DEPOSER: f"{{{codes.NS_LOT}}}DEPOT",
    codes.ACTION_RECUPERER: f"{{{codes.NS_LOT}}}DEMANDE",
}
"""Operation → what its body holds."""
_OF_ROOT = {
    _ROOTS[codes.ACTION_TRAITS]: "INSi_RECSANS_INS.xsd",
    _ROOTS[codes.ACTION_VITALE]: "INSi_RECVITALE_INS.xsd",
    _ROOTS[codes.ACTION_VERIFIER]: "INSi_REQUnitaire.xsd",
    _ROOTS[codes.ACTION_DEPOSER]: "INSi_REQLot.xsd",
    _ROOTS[codes.ACTION_RECUPERER]: "INSi_REQLot.xsd",
    f"{{{codes.NS_LPS}}}ContexteLPS": "ContexteLPS.xsd",
    f"{{{codes.NS_BAM}}}ContexteBAM": "ContexteBAM.xsd",
}


def content(name: str) -> bytes:
    """A file of the contract, `icir.wsdl` and `idir.wsdl` included."""
    return contracts.content(name) if name in contracts.NAMES else _DATA.joinpath(name).read_bytes()


def violations(envelope: Envelope, action: str) -> list[Mismatch]:
    """What the contract says against a message: another root than that operation's, then what the
    schemas say, block by block."""
    payload, root = envelope.payload, _ROOTS.get(action, "")
    # Hardly ever anything: all is validated at once, then apart for who is wrong.
    if payload.tag == root and _whole().validate(payload.getroottree()):
        return []
    wrong = [Mismatch(_BODY, root, str(payload.tag))] if payload.tag != root else []
    several = [(_HEADER, each) for each in envelope.blocks]
    return wrong + [
        Mismatch(f"{at}/{etree.QName(each).localname}", "un élément conforme au schéma", problem)
        for at, each in (*several, (_BODY, payload)) for problem in _violations(each)
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
