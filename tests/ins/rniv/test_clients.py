"""Other people's clients, unmodified, on the identity store."""

from __future__ import annotations

from collections.abc import Callable

import fhirpy
import pytest
from fhirpy.base.exceptions import OperationOutcome

from tests.conftest import Server
from tests.ins.rniv.conftest import BASE, ZOE, identity, parameters


@pytest.fixture
def client(server: Server, tenant: str, token: Callable[..., str]) -> fhirpy.SyncFHIRClient:
    return fhirpy.SyncFHIRClient(
        f"{server.url}/t/{tenant}{BASE}", authorization=f"Bearer {token()}"
    )


def test_fhirpy_keeps_an_identity(client: fhirpy.SyncFHIRClient) -> None:
    patient = client.resource("Patient", **{
        name: value for name, value in identity(*ZOE).items() if name != "resourceType"
    })
    patient.save()
    assert patient["meta"]["versionId"] == "1"
    done = patient.execute("$ins-retrieve", data={"resourceType": "Parameters"})
    told = {each["name"]: each for each in done["parameter"]}
    assert told["statut"]["valueCode"] == "RECUP"
    found = client.resources("Patient").search(family="ADRUN", birthdate="1975-12-31").fetch()
    assert [one.id for one in found] == [patient.id]
    assert "275126322074974" not in str(found[0].serialize())
    patient.execute("$validate-identity", data=parameters(document="CN"))
    system = "urn:oid:1.2.250.1.213.1.4.8"
    one = client.resources("Patient").search(identifier=f"{system}|275126322074974").get()
    assert one.id == patient.id
    one["telecom"] = [{"system": "phone", "value": "0102030405"}]
    one.save()
    assert one["meta"]["versionId"] == "4"
    history = client.execute(f"Patient/{one.id}/_history", method="GET")
    assert history["total"] == 4
    one["gender"] = "male"
    with pytest.raises(OperationOutcome, match="rniv-traits-certifies"):
        one.save()


def test_fhirpy_merges(client: fhirpy.SyncFHIRClient) -> None:
    pair = []
    for _ in range(2):
        made = client.resource("Patient", **{
            name: value for name, value in identity(*ZOE).items() if name != "resourceType"
        })
        made.save()
        pair.append(made)
    source, target = pair
    client.execute("Patient/$merge", method="POST", data={
        "resourceType": "Parameters", "parameter": [
            {"name": "source-patient", "valueReference": {"reference": f"Patient/{source.id}"}},
            {"name": "target-patient", "valueReference": {"reference": f"Patient/{target.id}"}},
        ],
    })
    assert client.resources("Patient").search(active="true").fetch()[0].id == target.id
