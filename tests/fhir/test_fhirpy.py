"""fhirpy, unmodified, on declared types: create, search, pages, update, delete, transaction."""

from __future__ import annotations

import fhirpy
import pytest
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from tests.fhir.conftest import Essai


@pytest.fixture
def client(essai: Essai) -> fhirpy.SyncFHIRClient:
    return fhirpy.SyncFHIRClient(essai.base)


def test_a_resource_lives_and_dies(client: fhirpy.SyncFHIRClient) -> None:
    patient = client.resource("Patient", name=[{"family": "Durand"}], gender="female")
    patient.save()
    assert patient["meta"]["versionId"] == "1"
    patient["gender"] = "other"
    patient.save()
    assert client.reference("Patient", patient.id).to_resource()["gender"] == "other"
    assert patient.refresh()["meta"]["versionId"] == "2"
    patient.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", patient.id).to_resource()


def test_searches_and_pages(client: fhirpy.SyncFHIRClient) -> None:
    for n in range(12):
        client.resource("Patient", id=f"p{n:02d}", gender="male" if n % 2 else "female").save()
    males = client.resources("Patient").search(gender="male")
    assert males.count() == 6
    fetched = males.limit(2).sort("_id").fetch_all()
    assert [one.id for one in fetched] == [f"p{n:02d}" for n in (1, 3, 5, 7, 9, 11)]
    assert males.sort("-_id").first().id == "p11"
    assert males.elements("gender").first()["gender"] == "male"
    assert client.resources("Patient").search(_id="p03").get().id == "p03"
    with pytest.raises(MultipleResourcesFound):
        males.get()
    with pytest.raises(OperationOutcome):
        client.resources("Patient").search(couleur="bleu").fetch()


def test_inclusions(client: fhirpy.SyncFHIRClient) -> None:
    client.resource("Organization", id="chu", name="CHU").save()
    client.resource(
        "Patient", id="p", managingOrganization={"reference": "Organization/chu"}
    ).save()
    found = client.resources("Patient").include("Patient", "organization").fetch_raw()
    assert [entry.resource["resourceType"] for entry in found.entry] == ["Patient", "Organization"]


def test_a_transaction(client: fhirpy.SyncFHIRClient) -> None:
    mother = "urn:uuid:0b9a1c9e-0000-4000-8000-000000000001"
    answer = client.execute("", data={
        "resourceType": "Bundle", "type": "transaction", "entry": [
            {"fullUrl": mother, "resource": {"resourceType": "Patient"},
             "request": {"method": "POST", "url": "Patient"}},
            {"resource": {
                "resourceType": "Observation", "status": "final", "code": {"text": "x"},
                "subject": {"reference": mother},
             }, "request": {"method": "POST", "url": "Observation"}},
        ],
    })
    assert answer["type"] == "transaction-response"
    observation = client.resources("Observation").first()
    assert observation["subject"].to_resource()["resourceType"] == "Patient"


def test_a_history(client: fhirpy.SyncFHIRClient) -> None:
    patient = client.resource("Patient", id="p")
    patient.save()
    patient.save()
    found = client.execute("Patient/p/_history", method="get")
    assert [entry["resource"]["meta"]["versionId"] for entry in found["entry"]] == ["2", "1"]
