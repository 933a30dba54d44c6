"""ITI-105 Simplified Publish: one DocumentReference that holds its document."""

from __future__ import annotations

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.deposit import deposit
from dmp.fhir.envoi import Entry, Envoi, require_structure
from dmp.fhir.iti_65_provide import MAX_BODY
from dmp.fhir.validate import check_simplified
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate, parse
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction


@transaction(
    "ITI-105", name="Publication simplifiée d'un document",
    spec="PDSm 3.1.1, flux 9 et 10 ; IHE MHD 4.2.3 §3.105", dialect=FHIR,
    routes=(f"POST {BASE}/DocumentReference",), fidelity="derived", max_body=MAX_BODY,
    answers=(201,),
)
async def simplified_publish(exchange: Exchange) -> Answer:
    """201 with the DocumentReference as stored."""
    negotiate(exchange)
    caller = await caller_of(exchange)
    resource = parse(exchange, "DocumentReference")
    require_structure(resource, "DocumentReference")
    check_simplified(exchange, resource)
    entry = Entry("DocumentReference", resource)
    filing = await deposit(exchange, caller, Envoi((entry,), (entry,)))
    return answer(
        filing.resources[entry.at], 201, version=1, updated=filing.now,
        location=f"{exchange.base_url}{BASE}/{filing.locations[entry.at]}",
    )
