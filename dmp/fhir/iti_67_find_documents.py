"""ITI-67 Find Document References: the fiches of a patient, and one fiche by its id."""

from __future__ import annotations

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import readable_document
from dmp.fhir.index import DOCUMENT_PARAMETERS
from dmp.fhir.searching import search_dmp
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

MANDATORY = ("status",)


@transaction(
    "ITI-67", name="Recherche des fiches de documents d'un patient",
    spec="PDSm 3.1.1, flux 5 et 6b ; IHE MHD 4.2.3 §3.67", dialect=FHIR,
    routes=(
        f"GET {BASE}/DocumentReference", f"POST {BASE}/DocumentReference/_search",
        f"GET {BASE}/DocumentReference/{{id}}",
    ),
    fidelity="derived",
)
async def find_document_references(exchange: Exchange) -> Answer:
    """A searchset (patient and status are mandatory), or one DocumentReference."""
    caller = await caller_of(exchange)
    if exchange.path_params:
        negotiate(exchange)
        found = await readable_document(exchange, caller, "DocumentReference")
        return answer(found.content, version=found.vid, updated=found.updated)
    return await search_dmp(
        exchange, caller, "DocumentReference", DOCUMENT_PARAMETERS, MANDATORY
    )
