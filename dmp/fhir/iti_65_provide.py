"""ITI-65 Provide Document Bundle: a lot of submission, in one transaction."""

from __future__ import annotations

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.deposit import deposit
from dmp.fhir.elements import Json
from dmp.fhir.envoi import PEOPLE, Entry, read_envoi
from dmp.fhir.filing import Filing
from dmp.fhir.validate import check_lot
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate, parse
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import MEBIBYTE, transaction

MAX_BODY = 40 * MEBIBYTE


@transaction(
    "ITI-65", name="Alimentation d'un DMP (lot de soumission)",
    spec="PDSm 3.1.1, flux 1 et 2 ; IHE MHD 4.2.3 §3.65", dialect=FHIR,
    routes=(f"POST {BASE}",), fidelity="derived", max_body=MAX_BODY,
)
async def provide_document_bundle(exchange: Exchange) -> Answer:
    """201 for each resource filed; feeding a DMP needs no authorisation of the patient."""
    negotiate(exchange)
    caller = await caller_of(exchange)
    bundle = parse(exchange, "Bundle")
    envoi = read_envoi(bundle)
    check_lot(exchange, bundle)
    filing = await deposit(exchange, caller, envoi)
    return answer({
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _response(one, filing)} for one in envoi.entries],
    })


def _response(entry: Entry, filing: Filing) -> Json:
    location = filing.locations.get(entry.at)
    if location is None and entry.type in PEOPLE:
        return {"status": "200 OK"}
    if location is None:
        return {"status": "200 OK", "location": entry.target}
    return {
        "status": "201 Created", "location": location, "etag": 'W/"1"',
        "lastModified": filing.instant,
    }
