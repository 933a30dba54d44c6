"""`$validate` on `/dmp/fhir`, and the PDSm profile that each deposit is checked against.

What is checked here was read by `parse`, which bounds its depth."""

from __future__ import annotations

from dmp.fhir import BASE
from dmp.fhir.elements import Json
from services.fhir.validating import examined, validation
from services.kernel.exchange import Exchange
from services.kernel.transactions import MEBIBYTE

_PROFILES = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition"
LOT = f"{_PROFILES}/pdsm-comprehensive-provide-document-bundle"
SIMPLIFIED = f"{_PROFILES}/pdsm-simplified-publish"
SHORT = "AA=="
"""Stands for a document's bytes, which no profile says anything of."""

validate = validation(
    "dmp", BASE, {
        "Bundle": (LOT,),
        "DocumentReference": (f"{_PROFILES}/pdsm-comprehensive-document-reference",),
        "List": (f"{_PROFILES}/pdsm-submissionset-comprehensive",),
    },
    max_body=40 * MEBIBYTE,
)


def check_lot(exchange: Exchange, bundle: Json) -> None:
    """Findings of a lot by PDSm. Raises NOT_CONFORMANT in a strict tenant."""
    entries = [
        {**one, "resource": _light(one["resource"])} if isinstance(one.get("resource"), dict)
        else one
        for one in bundle.get("entry", ())
    ]
    examined(exchange, {**bundle, "entry": entries}, (LOT,), shallow=True)


def check_simplified(exchange: Exchange, resource: Json) -> None:
    """Findings of a simplified publication by PDSm. Raises NOT_CONFORMANT in a strict tenant."""
    examined(exchange, _light(resource), (SIMPLIFIED,), shallow=True)


def check_plain(exchange: Exchange, resource: Json) -> None:
    """Findings by R4 and the profiles that the resource claims. Raises NOT_CONFORMANT."""
    examined(exchange, resource, shallow=True)


def _light(resource: Json) -> Json:
    """The same, documents' bytes apart: the structure was checked before."""
    if resource.get("resourceType") == "Binary" and "data" in resource:
        return {**resource, "data": SHORT}
    if resource.get("resourceType") != "DocumentReference":
        return resource
    contents = [
        {**one, "attachment": {**one["attachment"], "data": SHORT}}
        if "data" in one.get("attachment", {}) else one
        for one in resource.get("content", ())
    ]
    return {**resource, "content": contents} if contents else resource
