"""ITI-68 Retrieve Document: the bytes as they were deposited."""

from __future__ import annotations

import asyncio
import binascii

import orjson

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import readable_document
from dmp.fhir.elements import Json
from services.fhir import errors as fhir_errors
from services.fhir.dialect import FHIR
from services.fhir.resource import FHIR_JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

THREAD_ABOVE = 1024 * 1024
"""Above this size, a document is written in base64 out of the event loop."""
PART = 3 * 256 * 1024

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
    resource: Json = {
        "resourceType": "Binary", "id": exchange.path_params["id"], "meta": {"versionId": "1"},
        "contentType": document.media_type,
    }
    if len(content) > THREAD_ABOVE:
        body = await asyncio.to_thread(_with_data, resource, content)
    else:
        body = _with_data(resource, content)
    return Answer(200, body, FHIR_JSON, headers)


def _with_data(resource: Json, content: bytes) -> bytes:
    """The resource and its `data`: base64 needs no JSON escape, so it is joined as it comes."""
    parts = (content[start:start + PART] for start in range(0, len(content), PART))
    head = orjson.dumps(resource)[:-1] + b',"data":"'
    return b"".join((head, *(binascii.b2a_base64(part, newline=False) for part in parts), b'"}'))


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
