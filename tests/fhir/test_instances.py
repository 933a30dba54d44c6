"""Resources by their id, over the wire: create, read, versions, update, delete, histories."""

from __future__ import annotations

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from services.fhir import structure
from tests.fhir.conftest import Essai

PATIENT = {"resourceType": "Patient", "name": [{"family": "Évrard", "given": ["Zoé"]}]}
SPELLED = (
    b'{ "resourceType":"Observation", "status":"final", "code":{"text":"masse"},\n'
    b'  "valueQuantity":{"value":72.50,"unit":"kg"},"issued":"2026-01-01T10:00:00.000+01:00"}'
)


def test_what_is_created_is_read_again(essai: Essai) -> None:
    made = essai("POST", "Patient", {**PATIENT, "id": "choisi"}, 201)
    stored = made.json()
    assert stored["id"] != "choisi"
    assert stored["meta"]["versionId"] == "1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["location"] == f"{essai.base}/Patient/{stored['id']}/_history/1"
    assert made.headers["last-modified"]
    read = essai("GET", f"Patient/{stored['id']}", status=200)
    assert read.content == made.content
    assert read.headers["etag"] == 'W/"1"'
    assert essai("GET", made.headers["location"]).content == made.content
    assert essai("HEAD", f"Patient/{stored['id']}").content == b""


def test_bytes_are_kept_as_received(essai: Essai) -> None:
    body = essai("POST", "Observation", SPELLED, 201).content
    assert b'"value":72.50,' in body
    assert b'"issued":"2026-01-01T10:00:00.000+01:00"' in body
    assert body.endswith(SPELLED[SPELLED.index(b'"resourceType"'):])


def test_a_hook_may_refuse_or_complete(essai: Essai) -> None:
    refused = essai("POST", "Patient", {**PATIENT, "name": [{"family": "Interdit"}]}, 400)
    assert essai.issue(refused)["expression"] == ["Patient.name[0].family"]
    completed = essai("POST", "Patient", {**PATIENT, "name": [{"family": "Incomplet"}]}).json()
    assert completed["language"] == "fr"
    assert essai("GET", f"Patient/{completed['id']}").json()["language"] == "fr"


def test_rules_are_observed_even_when_the_call_is_refused(essai: Essai) -> None:
    essai("POST", "Patient", {"resourceType": "Patient"}, 401, x_sans_droit="1")
    entries = essai.client.get(f"{essai.url}/t/{essai.tenant}/sandbox/journal").json()["entries"]
    assert [finding["rule"] for finding in entries[0]["findings"]] == ["ESSAI-1"]
    assert entries[0]["transaction"] == "essai.create"


@pytest.mark.parametrize(("prefer", "body"), [
    ("return=minimal", b""), ("respond-async; return=minimal", b""),
    ("return=representation", b"Patient"), ("return=OperationOutcome", b"OperationOutcome"),
    ("return=inconnu", b"Patient"),
])
def test_preferences(essai: Essai, prefer: str, body: bytes) -> None:
    made = essai("POST", "Patient", PATIENT, 201, prefer=prefer)
    assert body in made.content
    assert bool(made.content) == bool(body)
    assert made.headers["etag"] == 'W/"1"'
    if body == b"OperationOutcome":
        OperationOutcome.model_validate(made.json())


def test_updates_are_versions(essai: Essai) -> None:
    stored = essai("POST", "Patient", PATIENT, 201).json()
    place = f"Patient/{stored['id']}"
    second = essai("PUT", place, {**stored, "gender": "female"}, 200)
    assert (second.headers["etag"], second.json()["meta"]["versionId"]) == ('W/"2"', "2")
    assert essai("GET", f"{place}/_history/1", status=200).json() == stored
    assert essai("GET", f"{place}/_history/2").content == second.content
    for unknown in ("3", "0", "x", "1" * 30):
        essai("GET", f"{place}/_history/{unknown}", status=404)


def test_if_match_guards_an_update(essai: Essai) -> None:
    stored = essai("POST", "Patient", PATIENT, 201).json()
    place = f"Patient/{stored['id']}"
    essai("PUT", place, stored, 200, if_match='W/"1"')
    refused = essai("PUT", place, stored, 412, if_match='W/"1"')
    assert essai.issue(refused)["code"] == "conflict"
    assert essai.issue(refused)["location"] == ["http.If-Match"]
    essai("PUT", "Patient/absent", {**PATIENT, "id": "absent"}, 412, if_match='W/"1"')
    essai("DELETE", place, status=412, if_match='W/"1"')
    essai("DELETE", place, status=204, if_match='W/"2"')


def test_an_update_may_create_where_it_is_declared(essai: Essai) -> None:
    made = essai("PUT", "Patient/a.b-1", {**PATIENT, "id": "a.b-1"}, 201)
    assert made.json()["meta"]["versionId"] == "1"
    refused = essai("PUT", "Practitioner/x", {"resourceType": "Practitioner", "id": "x"}, 405)
    assert essai.issue(refused)["code"] == "not-supported"


@pytest.mark.parametrize("body", [{**PATIENT, "id": "autre"}, PATIENT])
def test_the_id_is_that_of_the_address(essai: Essai, body: dict[str, object]) -> None:
    issue = essai.issue(essai("PUT", "Patient/un", body, 400))
    assert issue["expression"] == ["Patient.id"]


def test_what_is_deleted_is_gone_and_may_come_back(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    assert essai("DELETE", "Patient/p", status=204).headers["etag"] == 'W/"2"'
    gone = essai("GET", "Patient/p", status=410)
    assert essai.issue(gone)["code"] == "deleted"
    assert essai.ids("Patient?_id=p") == []
    essai("GET", "Patient/p/_history/1", status=200)
    essai("GET", "Patient/p/_history/2", status=410)
    essai("DELETE", "Patient/p", status=204)
    essai("DELETE", "Patient/jamais", status=204)
    essai("GET", "Patient/jamais", status=404)
    again = essai("PUT", "Patient/p", {**PATIENT, "id": "p"}, 201)
    assert again.headers["etag"] == 'W/"3"'
    assert essai.ids("Patient?_id=p") == ["p"]
    outcome = essai("DELETE", "Patient/p", status=200, prefer="return=OperationOutcome")
    OperationOutcome.model_validate(outcome.json())


def test_a_client_that_has_the_version_is_told_so(essai: Essai) -> None:
    stored = essai("POST", "Patient", PATIENT, 201)
    place = f"Patient/{stored.json()['id']}"
    for tag in ('W/"1"', '"1"', "1", 'W/"0", W/"1"', "*"):
        same = essai("GET", place, status=304, if_none_match=tag)
        assert (same.content, same.headers["etag"]) == (b"", 'W/"1"')
    essai("GET", place, status=200, if_none_match='W/"2"')
    essai("GET", place, status=304, if_modified_since=stored.headers["last-modified"])
    essai("GET", place, status=200, if_modified_since="Thu, 01 Jan 2009 00:00:00 GMT")
    essai("GET", place, status=200, if_modified_since="hier")


def test_the_history_of_a_resource(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    essai.put({**PATIENT, "id": "p", "gender": "male"})
    essai("DELETE", "Patient/p", status=204)
    found = essai("GET", "Patient/p/_history", status=200).json()
    Bundle.model_validate(found)
    assert structure.check(found) == []
    assert (found["type"], found["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in found["entry"]] == ["DELETE", "PUT", "POST"]
    assert [entry["response"]["etag"] for entry in found["entry"]] == [
        'W/"3"', 'W/"2"', 'W/"1"'
    ]
    assert "resource" not in found["entry"][0]
    assert found["entry"][1]["resource"]["gender"] == "male"
    essai("GET", "Patient/jamais/_history", status=404)


@pytest.mark.parametrize("place", ["Patient/p0/_history", "Patient/_history"])
def test_histories_are_paged(essai: Essai, place: str) -> None:
    for n in range(3):
        for _ in range(3):
            essai.put({**PATIENT, "id": f"p{n}"})
    essai("DELETE", "Patient/p0", status=204)
    url, seen = f"{place}?_count=2", []
    while url:
        found = essai("GET", url, status=200).json()
        Bundle.model_validate(found)
        seen += [(e["fullUrl"].rpartition("/")[2], e["response"]["etag"]) for e in found["entry"]]
        essai.put({**PATIENT, "id": "autre"})
        url = {link["relation"]: link["url"] for link in found["link"]}.get("next", "")
    assert len(seen) == len(set(seen)) == (4 if "p0" in place else 10)
    assert seen[0] == ("p0", 'W/"4"')


def test_a_history_since(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    updated = essai.put({**PATIENT, "id": "p"})["meta"]["lastUpdated"]
    recent = essai("GET", f"Patient/p/_history?_since={updated}", status=200).json()
    assert len(recent["entry"]) >= 1
    assert "entry" not in essai("GET", "Patient/p/_history?_since=2999").json()
    for query in ("_since=hier", "_count=x", "_sort=date"):
        essai("GET", f"Patient/p/_history?{query}", status=400)


def test_another_tenant_sees_nothing(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    other = f"{essai.url}/t/{essai.tenant}-autre/essai/fhir/Patient"
    for place in ("p", "p/_history", "p/_history/1"):
        essai("GET", f"{other}/{place}", status=404)
    assert essai("GET", other).json()["total"] == 0
