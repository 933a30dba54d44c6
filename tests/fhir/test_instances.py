"""Resources by their id, over the wire: create, read, versions, update, delete, histories."""

from __future__ import annotations

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.fhir.conftest import Essai

PATIENT = {"resourceType": "Patient", "name": [{"family": "Évrard", "given": ["Zoé"]}]}
NUMBERS = (
    b'[1e5,0.00000001,-0,-0.0,1E+5,12345678901234567890123,1e-99999999999999999999,72.50]'
)
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


def test_numbers_keep_their_spelling_when_the_machinery_writes(essai: Essai) -> None:
    extensions = b",".join(
        b'{"url":"u","valueDecimal":%b}' % each for each in NUMBERS[1:-1].split(b",")
    )
    body = (b'{"resourceType":"Patient","id":"p","meta":{"extension":[%b]},"extension":[%b]}'
            % (extensions, extensions))
    stored = essai("PUT", "Patient/p", body, 201).content
    assert stored.count(extensions) == 2
    patch = [{"op": "add", "path": "/gender", "value": "male"},
             {"op": "copy", "from": "/extension/0", "path": "/extension/-"}]
    essai("PATCH", "Patient/p", patch, 200, content_type="application/json-patch+json")
    patched = essai("GET", "Patient/p?_elements=extension", status=200).content
    assert patched.count(extensions) == 2
    assert patched.endswith(b'{"url":"u","valueDecimal":1e5}]}')
    xml = essai("GET", "Patient/p?_format=xml", status=200).content
    assert all(b'value="%b"' % each in xml for each in NUMBERS[1:-1].split(b","))
    essai("PUT", "Patient/p", xml, 200, content_type="application/fhir+xml")
    assert extensions in essai("GET", "Patient/p").content


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
    refused = essai("PUT", place, stored, 412, if_none_match="*")
    assert essai.issue(refused)["location"] == ["http.If-None-Match"]
    essai("PUT", "Patient/neuf", {**PATIENT, "id": "neuf"}, 201, if_none_match="*")
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


def test_another_tenant_sees_nothing(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    other = f"{essai.url}/t/{essai.tenant}-autre/essai/fhir/Patient"
    for place in ("p", "p/_history", "p/_history/1"):
        essai("GET", f"{other}/{place}", status=404)
    assert essai("GET", other).json()["total"] == 0


@pytest.mark.parametrize("where", ["name", "identifier"])
def test_a_nul_is_refused_where_it_would_be_indexed(essai: Essai, where: str) -> None:
    value = [{"family": "a\0b"}] if where == "name" else [{"system": "urn:s", "value": "a\0b"}]
    refused = essai("PUT", "Patient/nul", {"resourceType": "Patient", "id": "nul", where: value})
    assert refused.status_code == 400
    assert essai.issue(refused)["code"] in ("structure", "invalid")
    assert essai("GET", "Patient/nul").status_code == 404
    assert essai("GET", "Patient/a%00").status_code in (400, 404)
    assert essai("GET", "Patient?name=a%00").status_code in (200, 400)
