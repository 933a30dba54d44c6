"""PyPI fhirclient (SMART), unmodified, on declared types: create, search, pages, history."""

from __future__ import annotations

import pytest
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRServer
from requests import HTTPError

from tests.fhir.conftest import Essai


@pytest.fixture
def server(essai: Essai) -> FHIRServer:
    return FHIRServer(None, essai.base)


def test_a_resource_lives_and_dies(server: FHIRServer) -> None:
    patient = Patient({"name": [{"family": "Durand"}], "birthDate": "1980-05-04"})
    made = patient.create(server)
    read = Patient.read(made["id"], server)
    assert (read.name[0].family, read.birthDate.isostring) == ("Durand", "1980-05-04")
    read.gender = "female"
    assert read.update(server)["meta"]["versionId"] == "2"
    read.delete()
    with pytest.raises(HTTPError, match="410"):
        Patient.read(made["id"], server)


def test_searches_and_pages(essai: Essai, server: FHIRServer) -> None:
    for n in range(7):
        essai.put({
            "resourceType": "Patient", "id": f"p{n}", "birthDate": f"198{n}", "gender": "male"
        })
    search = Patient.where(struct={
        "gender": "male", "birthdate": "gt1981", "_count": "2", "_sort": "birthdate",
    })
    assert [one.id for one in search.perform_resources_iter(server)] == [
        "p2", "p3", "p4", "p5", "p6"
    ]


def test_a_transaction_and_its_history(essai: Essai, server: FHIRServer) -> None:
    bundle = Bundle({"type": "transaction", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p"},
         "request": {"method": "PUT", "url": "Patient/p"}},
    ]})
    answer = Bundle(server.post_json("", bundle.as_json()).json())
    assert answer.entry[0].response.status == "201 Created"
    history = Bundle(server.request_json("Patient/p/_history"))
    assert [entry.resource.id for entry in history.entry] == ["p"]


def test_the_capability_statement(server: FHIRServer) -> None:
    assert CapabilityStatement.read_from("metadata", server).fhirVersion == "4.0.1"
