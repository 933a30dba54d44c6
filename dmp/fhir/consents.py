"""Who is authorised, was, or is blocked (after TD1.6), as FHIR Consents: ours."""

from __future__ import annotations

import orjson

from dmp import codes, errors, store
from dmp.domain import Declaration
from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import path_id
from dmp.fhir.elements import Json
from dmp.fhir.patients import open_dmp_of
from dmp.fhir.searching import designated, only
from dmp.seed import default_declarations, default_id
from services.fhir import errors as fhir_errors
from services.fhir.bundle import Entry, searchset
from services.fhir.criteria import Parameter
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.fhir.search import read_query
from services.kernel.clock import iso
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Patient, people

PARAMETERS = (Parameter("patient", "reference", "Patient (obligatoire)", ("Patient",)),)
_SCOPE = {
    "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
}
_CATEGORY = {"system": "http://loinc.org", "code": "59284-0"}
_ROLE = {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}


@transaction(
    "dmp.authorisations", name="Professionnels autorisés ou bloqués (équivalent de TD1.6)",
    spec="Socle, d'après SEL-MP-037 (TD1.6) et PDT-INF-526 v1.8", dialect=FHIR,
    routes=(f"GET {BASE}/Consent", f"GET {BASE}/Consent/{{id}}"), fidelity="derived",
)
async def authorisations(exchange: Exchange) -> Answer:
    """A searchset of every professional's last declaration, or one Consent."""
    caller = await caller_of(exchange)
    negotiate(exchange)
    if caller.carte == codes.CPE:
        raise errors.DENIED(
            "Cette liste n'est pas ouverte aux porteurs de CPE.", found=codes.CPE
        )
    if exchange.path_params:
        return answer(await _one(exchange, path_id(exchange, "Consent")), version=1)
    query = read_query(exchange, PARAMETERS, exchange.base_url + BASE)
    said = designated(only(query, "patient"))
    patient = await open_dmp_of(exchange, said, "http.patient")
    found = await _declarations(exchange, patient)
    entries = [
        Entry(
            f"{exchange.base_url}{BASE}/Consent/{one.id}", orjson.dumps(consent(patient, one))
        )
        for one in found
    ]
    return answer(searchset(entries if query.count else (), len(entries)))


def consent(patient: Patient, declared: Declaration) -> Json:
    """One declaration; a blocked professional is an active provision of type deny."""
    blocked = declared.id_nat in patient.dmp.opposed
    # The last millisecond: a FHIR Period holds its end.
    until = {} if declared.until is None else {"end": iso(declared.until - 1)}
    return {
        "resourceType": "Consent",
        "id": declared.id,
        "meta": {"versionId": "1", "lastUpdated": iso(declared.since)},
        "status": "active" if declared.active or blocked else "inactive",
        "scope": {"coding": [_SCOPE]},
        "category": [{"coding": [_CATEGORY]}],
        "patient": {
            "reference": f"Patient/{patient.id}",
            "identifier": {
                "system": f"urn:oid:{patient.matricule.oid}", "value": patient.ins,
            },
        },
        "dateTime": iso(declared.since),
        "policyRule": {"text": "Autorisation ou opposition du patient, recueillie par Socle."},
        "provision": {
            "type": "deny" if blocked else "permit",
            "period": {"start": iso(declared.since), **until},
            "actor": [{
                "role": {"coding": [_ROLE]},
                "reference": {"identifier": {
                    "system": f"urn:oid:{codes.IDNPS}", "value": declared.id_nat,
                }},
            }],
        },
    }


async def _declarations(exchange: Exchange, patient: Patient) -> list[Declaration]:
    """Declared, then given by the seed, then blocked; one for each professional."""
    database, tenant = exchange.sandbox.database, exchange.tenant
    blocked = [
        Declaration(default_id(patient, id_nat), patient.id, id_nat, active=False, since=0)
        for id_nat in patient.dmp.opposed if id_nat[:1].isdigit()
    ]
    found: dict[str, Declaration] = {}
    for one in (
        *await store.declarations(database, tenant, patient.id),
        *default_declarations(patient), *blocked,
    ):
        found.setdefault(one.id_nat, one)
    return list(found.values())


async def _one(exchange: Exchange, id: str) -> Json:
    """The Consent of that id. Raises RESOURCE_UNKNOWN."""
    database, tenant = exchange.sandbox.database, exchange.tenant
    declared = await store.declaration_by_id(database, tenant, id)
    patient_id = declared.patient_id if declared else id.rpartition(".")[0]
    patient = await people(database, tenant).patient(patient_id)
    known = await _declarations(exchange, patient) if patient is not None else []
    for one in known:
        if patient is not None and one.id == id:
            return consent(patient, one)
    raise fhir_errors.RESOURCE_UNKNOWN(at="Consent.id", found=f"Consent/{id}")
