"""ITI-66 Find Document Lists: the lots of submission of a patient, and one lot by its id."""

from __future__ import annotations

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import readable_lot
from dmp.fhir.index import LIST_PARAMETERS
from dmp.fhir.searching import search_dmp
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

MANDATORY = ("code", "status")


@transaction(
    "ITI-66", name="Recherche des lots de soumission d'un patient",
    spec="PDSm 3.1.1, flux 5 et 6a ; IHE MHD 4.2.3 §3.66", dialect=FHIR,
    routes=(
        f"GET {BASE}/List", f"POST {BASE}/List/_search", f"GET {BASE}/List/{{id}}",
    ),
    fidelity="derived",
)
async def find_document_lists(exchange: Exchange) -> Answer:
    """A searchset (patient, code and status are mandatory), or one List."""
    caller = await caller_of(exchange)
    if exchange.path_params:
        negotiate(exchange)
        found = await readable_lot(exchange, caller)
        return answer(found.content, version=found.vid, updated=found.updated)
    return await search_dmp(exchange, caller, "List", LIST_PARAMETERS, MANDATORY)
