"""The patient as the DMP knows him: does a DMP exist, is it open (after TD0.2)."""

from __future__ import annotations

import orjson

from dmp.fhir import BASE
from dmp.fhir.access import caller_of
from dmp.fhir.documents import path_id
from dmp.fhir.elements import Json
from dmp.fhir.patients import identified
from dmp.fhir.searching import designated, only
from services.fhir import errors as fhir_errors
from services.fhir.bundle import Entry, searchset
from services.fhir.criteria import Parameter
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.fhir.search import read_query
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Patient, people

PARAMETERS = (
    Parameter("identifier", "token", "INS avec son OID (obligatoire)", selective=True),
)
_SEXES = {"M": "male", "F": "female"}


@transaction(
    "dmp.existence", name="Test d'existence d'un DMP (équivalent FHIR de TD0.2)",
    spec="IG-FHIR-PDSM4DMP-EEDS 0.1.0 (projet), TD0.2", dialect=FHIR,
    routes=(f"GET {BASE}/Patient", f"GET {BASE}/Patient/{{id}}"), fidelity="derived",
)
async def existence(exchange: Exchange) -> Answer:
    """A searchset, empty when there is no DMP; `active` is false when it is closed."""
    await caller_of(exchange)
    negotiate(exchange)
    root = f"{exchange.base_url}{BASE}/Patient"
    if exchange.path_params:
        id = path_id(exchange, "Patient")
        one = await people(exchange.sandbox.database, exchange.tenant).patient(id)
        if one is None or one.dmp.status == "none":
            raise fhir_errors.RESOURCE_UNKNOWN(at="Patient.id", found=f"Patient/{id}")
        return answer(_resource(one))
    query = only(read_query(exchange, PARAMETERS), "identifier")
    found = await identified(exchange, designated(query, "identifier"), "http.identifier")
    shown = [found] if found is not None and found.dmp.status != "none" else []
    entries = [Entry(f"{root}/{one.id}", orjson.dumps(_resource(one))) for one in shown]
    return answer(searchset(entries if query.count else (), len(entries)))


def _resource(patient: Patient) -> Json:
    return {
        "resourceType": "Patient",
        "id": patient.id,
        "identifier": [
            {"system": f"urn:oid:{patient.matricule.oid}", "value": patient.ins},
        ],
        "active": patient.dmp.status == "active",
        "name": [{
            "use": "official", "family": patient.nom_naissance, "given": list(patient.prenoms),
        }],
        "gender": _SEXES[patient.sexe],
        **_birth(patient.date_naissance),
    }


def _birth(date: str) -> Json:
    """FHIR has no lunar dates: `1950-00-00` is the year alone."""
    known = date.replace("-00", "")
    return {"birthDate": known} if known else {}
