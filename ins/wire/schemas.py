"""Our schemas of the téléservice: to validate what comes, and as files for client generators."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from ins import codes
from services.soap import contracts
from services.soap.namespaces import ENVELOPE

_DATA = files("ins").joinpath("data")
_SOAP = f"{{{ENVELOPE}}}"
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


def violations(element: etree._Element) -> list[str]:
    """What the schema of this element says against it; nothing for an element of no schema."""
    name = _OF_ROOT.get(str(element.tag))
    if name is None:
        return []
    schema, element = _schema(name), _without_soap(element)
    if schema.validate(element):
        return []
    log: Any = schema.error_log  # the stubs do not know that it is iterable
    return [each.message for each in log][:5]


def _without_soap(element: etree._Element) -> etree._Element:
    """The block without mustUnderstand, role, relay: every header block may have them (SOAP 1.2,
    §5.2), whatever its own schema says."""
    theirs = [name for name in element.keys() if str(name).startswith(_SOAP)]  # noqa: SIM118
    if not theirs:
        return element
    plain = deepcopy(element)
    for name in theirs:
        del plain.attrib[name]
    return plain


@cache
def _schema(name: str) -> etree.XMLSchema:
    own = contracts.place(name) if name in contracts.NAMES else _DATA.joinpath(name)
    return etree.XMLSchema(etree.parse(str(own)))
