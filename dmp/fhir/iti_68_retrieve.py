"""ITI-68 Retrieve Document: the bytes as they were deposited."""

from __future__ import annotations

import base64

import orjson

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import readable_document
from services.fhir import errors as fhir_errors
from services.fhir.dialect import FHIR
from services.fhir.resource import FHIR_JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

_HEADERS = (
    ("Cache-Control", "private"),
    # A document is data from elsewhere: a browser that opens it must run nothing of it.
    ("Content-Security-Policy", "sandbox"), ("X-Content-Type-Options", "nosniff"),
)


@transaction(
    "ITI-68", name="Consultation d'un document", spec="PDSm 3.1.1, flux 7 et 8 ; "
    "IHE MHD 4.2.3 §3.68 ; FHIR R4 §2.37 (Binary)", dialect=FHIR,
    routes=(f"GET {BASE}/Binary/{{id}}",), fidelity="derived",
)
async def retrieve_document(exchange: Exchange) -> Answer:
    """The document in its own media type, or a Binary resource when FHIR JSON is asked for."""
    caller = await caller_of(exchange)
    document = await readable_document(exchange, caller, "Binary")
    headers = (("ETag", 'W/"1"'), *_HEADERS)
    content = await exchange.sandbox.blobs.get(document.blob)
    if not _wants_fhir(exchange):
        return Answer(200, content, document.media_type, headers)
    resource = {
        "resourceType": "Binary", "id": document.id, "meta": {"versionId": "1"},
        "contentType": document.media_type, "data": base64.b64encode(content).decode(),
    }
    return Answer(200, orjson.dumps(resource), FHIR_JSON, headers)


def _wants_fhir(exchange: Exchange) -> bool:
    """FHIR R4 §2.37.2: the resource itself only when its type is asked for first.

    Raises NOT_ACCEPTABLE for FHIR XML.
    """
    formats = [value for name, value in exchange.query if name == "_format"]
    asked = formats[0] if formats else exchange.header("accept")
    first = asked.split(",")[0].split(";")[0].strip().replace(" ", "+")
    if first == "application/fhir+xml":
        raise fhir_errors.NOT_ACCEPTABLE(at="Accept", expected=FHIR_JSON, found=first)
    return first in (FHIR_JSON, "application/json", "json")
