"""Batch and transaction, over the wire."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle

from services.fhir import structure
from tests.fhir.conftest import Essai

MOTHER = "urn:uuid:0b9a1c9e-0000-4000-8000-000000000001"
UNIT = "urn:uuid:0b9a1c9e-0000-4000-8000-000000000002"
PATIENT = {"resourceType": "Patient", "identifier": [{"system": "urn:ins", "value": "1"}]}


def entry(
    method: str, url: str, resource: object = None, full_url: str = "", **request: str
) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if full_url:
        made["fullUrl"] = full_url
    return made | ({"resource": resource} if resource is not None else {})


def send(
    essai: Essai, kind: str, *entries: dict[str, Any], status: int = 200, **headers: str
) -> Any:
    bundle = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
    found = essai("POST", "", bundle, status, **headers).json()
    if status == 200:
        Bundle.model_validate(found)
        assert structure.check(found) == []
        assert found["type"] == f"{kind}-response"
    return found


def statuses(found: dict[str, Any]) -> list[str]:
    return [each["response"]["status"][:3] for each in found["entry"]]


def observation(subject: object) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "x"},
        "subject": subject,
    }


def test_a_transaction_links_its_entries(essai: Essai) -> None:
    narrative = f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{MOTHER}">p</a></div>'
    found = send(
        essai, "transaction",
        entry("POST", "Observation", {
            **observation({"reference": MOTHER}), "text": {"status": "generated", "div": narrative},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": MOTHER}],
        }),
        entry("POST", "Patient", {**PATIENT, "managingOrganization": {"reference": UNIT}}, MOTHER),
        entry("PUT", "Organization/chu", {"resourceType": "Organization", "id": "chu"}, UNIT),
    )
    assert statuses(found) == ["201", "201", "201"]
    places = [each["response"]["location"] for each in found["entry"]]
    assert [place.split("/")[0] for place in places] == ["Observation", "Patient", "Organization"]
    stored = essai("GET", places[0]).json()
    patient = places[1].removesuffix("/_history/1")
    assert stored["subject"]["reference"] == patient
    assert f'href="{patient}"' in stored["text"]["div"]
    assert stored["identifier"][0]["value"] == MOTHER
    assert essai.ids("Patient?organization=chu") == [patient.rpartition("/")[2]]
    assert found["entry"][0]["response"]["lastModified"]


def test_a_transaction_is_all_or_nothing(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    refused = send(
        essai, "transaction", entry("POST", "Patient", PATIENT),
        entry("DELETE", "Patient/p"),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "x"}), status=400,
    )
    assert refused["issue"][0]["expression"] == ["Bundle.entry[2].resource.gender"]
    assert essai.ids("Patient") == ["p"]
    essai("GET", "Patient/p/_history/2", status=404)


def test_the_order_is_that_of_fhir(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    essai.put({**PATIENT, "id": "q"})
    found = send(
        essai, "transaction",
        entry("GET", "Patient?_summary=count"), entry("GET", "Patient/p"),
        entry("PUT", "Patient/q", {**PATIENT, "id": "q", "gender": "male"}),
        entry("POST", "Patient", PATIENT), entry("DELETE", "Patient/p"),
        entry("GET", "Patient/q"),
    )
    assert statuses(found) == ["200", "410", "200", "201", "204", "200"]
    assert found["entry"][0]["resource"]["total"] == 2
    assert found["entry"][1]["response"]["outcome"]["issue"][0]["code"] == "deleted"
    assert found["entry"][5]["resource"]["gender"] == "male"
    assert "resource" not in found["entry"][2]


def test_what_was_stored_is_shown_when_asked_for(essai: Essai) -> None:
    found = send(
        essai, "transaction", entry("POST", "Patient", PATIENT), prefer="return=representation"
    )
    assert found["entry"][0]["resource"]["identifier"] == PATIENT["identifier"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_an_outcome_is_given_when_asked_for(essai: Essai, kind: str) -> None:
    found = send(
        essai, kind, entry("POST", "Patient", PATIENT), entry("GET", "Patient?gender=male"),
        prefer="return=OperationOutcome",
    )
    made, read = found["entry"]
    assert "resource" not in made
    assert made["response"]["outcome"]["issue"][0]["severity"] == "information"
    assert read["resource"]["type"] == "searchset"


def test_a_head_in_a_bundle_shows_no_resource(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    (found,) = send(essai, "batch", entry("HEAD", "Patient/p"))["entry"]
    assert found == {"response": {"status": "200 OK", "etag": 'W/"1"'}}


def test_conditions_in_a_transaction(essai: Essai) -> None:
    known = essai("POST", "Patient", PATIENT, 201).json()["id"]
    found = send(
        essai, "transaction",
        entry("POST", "Patient", PATIENT, MOTHER, ifNoneExist="identifier=urn:ins|1"),
        entry("POST", "Observation", observation({"reference": MOTHER})),
        entry("POST", "Observation", observation({"reference": "Patient?identifier=urn:ins|1"})),
        entry("PUT", "Patient?identifier=urn:ins|2", {"resourceType": "Patient"}, UNIT),
        entry("POST", "Observation", observation({"reference": UNIT})),
        entry("DELETE", "Patient?identifier=urn:ins|3"),
    )
    assert statuses(found) == ["200", "201", "201", "201", "201", "204"]
    assert len(essai.ids(f"Observation?subject=Patient/{known}")) == 2
    made = found["entry"][3]["response"]["location"].split("/")[1]
    assert len(essai.ids(f"Observation?subject=Patient/{made}")) == 1
    assert essai("GET", "Patient").json()["total"] == 2


def test_versions_in_a_transaction(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    body = {**PATIENT, "id": "p"}
    send(essai, "transaction", entry("PUT", "Patient/p", body, ifMatch='W/"1"'))
    refused = send(
        essai, "transaction", entry("PUT", "Patient/p", body, ifMatch='W/"1"'), status=412
    )
    assert refused["issue"][0]["expression"] == ["Bundle.entry[0].request"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
@pytest.mark.parametrize("patch", [
    {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "add"}, {"name": "path", "valueString": "Patient"},
        {"name": "name", "valueString": "gender"}, {"name": "value", "valueCode": "male"},
    ]}]},
    {"resourceType": "Binary", "contentType": "application/json-patch+json",
     "data": base64.b64encode(b'[{"op":"add","path":"/gender","value":"male"}]').decode()},
])
def test_patches_in_bundles(essai: Essai, patch: dict[str, Any], kind: str) -> None:
    essai.put({**PATIENT, "id": "p"})
    assert statuses(send(essai, kind, entry("PATCH", "Patient/p", patch))) == ["200"]
    assert essai("GET", "Patient/p").json()["gender"] == "male"


@pytest.mark.parametrize(("entries", "status", "at"), [
    ([entry("POST", "Observation", observation({"reference": MOTHER}))], 400,
     "Bundle.entry[0].resource"),
    ([entry("POST", "Observation", observation({"reference": "Patient?identifier=9"}))], 404,
     "Bundle.entry[0].resource"),
    ([entry("PUT", "Patient/p", {**PATIENT, "id": "p"}), entry("DELETE", "Patient/p")], 400,
     "Bundle.entry[0]"),
    ([entry("POST", "Patient", PATIENT, MOTHER), entry("POST", "Patient", PATIENT, MOTHER)], 400,
     "Bundle.entry[1].fullUrl"),
    ([entry("POST", "Device", {"resourceType": "Device"})], 404, "Bundle.entry[0].request"),
    ([entry("POST", "Patient/$match", {"resourceType": "Patient"})], 501,
     "Bundle.entry[0].request"),
    ([entry("POST", "Patient/_search", {"resourceType": "Patient"})], 400,
     "Bundle.entry[0].request.url"),
    ([entry("PUT", "http://ailleurs/Patient/p", {**PATIENT, "id": "p"})], 400,
     "Bundle.entry[0].request.url"),
    ([entry("POST", "Patient")], 400, "Bundle.entry[0].resource"),
    ([entry("POST", "Patient", {"resourceType": "Observation"})], 400, "Bundle.entry[0].request"),
    ([{"resource": PATIENT}], 400, "Bundle.entry[0].request"),
    ([entry("GET", "Patient/p"), entry("PATCH", "Patient/absent", {
        "resourceType": "Binary", "contentType": "application/json-patch+json", "data": "W10=",
    })], 404, "Bundle.entry[1].request"),
    ([entry("POST", "Patient", {"resourceType": "Patient", "name": [{"family": "Interdit"}]})],
     400, "Bundle.entry[0].resource.name[0].family"),
])
def test_a_transaction_that_fails_says_where(
    essai: Essai, entries: list[dict[str, Any]], status: int, at: str
) -> None:
    essai.put({**PATIENT, "id": "p"})
    issue = send(essai, "transaction", *entries, status=status)["issue"][0]
    assert issue["expression"] == [at]
    assert essai.ids("Patient") == ["p"]
    assert essai("GET", "Patient/p").headers["etag"] == 'W/"1"'


def test_each_entry_of_a_batch_stands_alone(essai: Essai) -> None:
    found = send(
        essai, "batch", entry("POST", "Patient", PATIENT), entry("GET", "Patient/absent"),
        entry("POST", "Patient", {"resourceType": "Patient", "gender": "x"}),
        entry("GET", "Patient?identifier=1"), entry("GET", "Patient?couleur=bleu"),
        entry("GET", f"{essai.base}/metadata"),
        entry("GET", "Patient?identifier=1", ifNoneMatch="*"),
    )
    assert statuses(found) == ["201", "404", "400", "200", "400", "501", "200"]
    outcome = found["entry"][2]["response"]["outcome"]["issue"][0]
    assert outcome["expression"] == ["Bundle.entry[2].resource.gender"]
    assert len(found["entry"][3]["resource"]["entry"]) == 1


def test_numbers_of_a_transaction_keep_their_spelling(essai: Essai) -> None:
    bundle = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [
        entry("POST", "Observation", {**observation({"reference": MOTHER}), "valueQuantity": 7}),
        entry("POST", "Patient", PATIENT, MOTHER),
    ]}).replace(b'"valueQuantity":7', b'"valueQuantity":{"value":72.50}')
    found = essai("POST", "", bundle, 200).json()
    stored = essai("GET", found["entry"][0]["response"]["location"])
    assert b'"value":72.50' in stored.content
    assert stored.json()["subject"]["reference"].startswith("Patient/")


@pytest.mark.parametrize(("bundle", "status"), [
    ({"resourceType": "Bundle", "type": "collection"}, 501),
    ({"resourceType": "Bundle"}, 501), ({"resourceType": "Patient"}, 400),
    ({"resourceType": "Bundle", "type": "batch", "entry": [{"request": {}}] * 1001}, 400),
    ({"resourceType": "Bundle", "type": "batch", "entry": "x"}, 400),
    ({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": 3}]}, 400),
    ({"resourceType": "Bundle", "type": "batch", "entry": [7]}, 400),
])
def test_another_bundle_is_refused(essai: Essai, bundle: object, status: int) -> None:
    essai("POST", "", bundle, status)


def test_an_empty_bundle_is_answered(essai: Essai) -> None:
    found = essai("POST", "", {"resourceType": "Bundle", "type": "transaction"}, 200).json()
    assert found["type"] == "transaction-response"


def test_who_is_not_admitted_writes_nothing(essai: Essai) -> None:
    send(essai, "batch", entry("POST", "Patient", PATIENT), status=401, x_sans_droit="1")
    assert essai.ids("Patient") == []
