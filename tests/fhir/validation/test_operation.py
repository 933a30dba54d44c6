"""`$validate` on the FHIR services, and what writes are checked against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.confiance import Software
from tests.fhir.validation.test_fidelity import INS, patient

Json = dict[str, Any]
FHIR = {"Content-Type": "application/fhir+json"}


def validated(api: httpx.Client, path: str, resource: Json) -> list[Json]:
    answer = api.post(path, json=resource, headers=FHIR)
    assert answer.status_code == 200, answer.text
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    issues: list[Json] = outcome["issue"]
    return issues


def rules(issues: list[Json]) -> set[tuple[str, str]]:
    return {
        (each["details"]["coding"][0]["code"], each["severity"]) for each in issues
        if "coding" in each["details"]
    }


@pytest.mark.parametrize("base", ["/ins/fhir", "/dmp/fhir"])
def test_every_fhir_service_validates(api: httpx.Client, base: str) -> None:
    issues = validated(api, f"{base}/Patient/$validate", patient() | {"surnom": "Dom"})
    assert ("element.unknown", "error") in rules(issues)
    assert "non conforme" in issues[-1]["details"]["text"]


def test_an_issue_says_where_what_and_by_whom(api: httpx.Client) -> None:
    issues = validated(api, "/ins/fhir/Patient/$validate", patient() | {"gender": "other"})
    found = next(
        each for each in issues
        if each["details"].get("coding", [{}])[0].get("code") == "binding.required"
    )
    assert found["expression"] == ["Patient.gender"]
    assert "other" in found["diagnostics"]
    source = {each["url"].rpartition(":")[2]: each for each in found["extension"]}
    assert any(each.get("valueString") == f"{INS}|2.2.0" for each in found["extension"])
    assert source["link"]["valueUrl"].endswith("StructureDefinition-fr-core-patient-ins.html")
    english = found["details"]["_text"]["extension"][0]["extension"][1]["valueString"]
    assert "required value set" in english


def test_the_endpoint_has_a_default_profile(api: httpx.Client) -> None:
    bare = {"resourceType": "Patient", "name": [{"family": "PAT-ESSAI"}]}
    assert ("card.min", "error") in rules(validated(api, "/ins/fhir/Patient/$validate", bare))
    assert ("card.min", "error") not in rules(validated(api, "/dmp/fhir/Patient/$validate", bare))


def test_a_profile_may_be_asked_for(api: httpx.Client) -> None:
    bare = {"resourceType": "Patient", "name": [{"family": "PAT-ESSAI"}]}
    path = f"/dmp/fhir/Patient/$validate?mode=create&profile={INS}"
    assert ("card.min", "error") in rules(validated(api, path, bare))
    request = {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": bare}, {"name": "profile", "valueUri": INS},
    ]}
    assert ("card.min", "error") in rules(validated(api, "/dmp/fhir/$validate", request))


def test_the_type_of_the_address_counts(api: httpx.Client) -> None:
    issues = validated(api, "/dmp/fhir/List/$validate", patient())
    assert issues[0]["severity"] == "error"


def test_a_deletion_needs_no_resource(api: httpx.Client) -> None:
    answer = api.post("/dmp/fhir/List/1/$validate?mode=delete", headers=FHIR)
    assert answer.status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"resourceType": 3}'])
def test_what_is_no_resource_is_refused(api: httpx.Client, body: bytes) -> None:
    assert api.post("/dmp/fhir/$validate", content=body, headers=FHIR).status_code == 400


def test_an_unknown_mode_is_refused(api: httpx.Client) -> None:
    answer = api.post("/dmp/fhir/$validate?mode=maybe", json=patient(), headers=FHIR)
    assert answer.status_code == 400
    empty = {"resourceType": "Parameters", "parameter": [{"name": "mode", "valueCode": "create"}]}
    assert api.post("/dmp/fhir/$validate", json=empty, headers=FHIR).status_code == 400


def test_findings_are_in_the_journal(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    validated(api, "/ins/fhir/Patient/$validate", patient() | {"gender": "other"})
    entry = journal(service="ins", transaction="ins.validate")[0]
    found = {each["rule"]: each for each in entry["findings"]}["binding.required"]
    assert (found["severity"], found["at"]) == ("error", "Patient.gender")


def test_a_write_is_checked_by_the_profile_of_its_endpoint(
    api: httpx.Client, token: Callable[..., str], journal: Callable[..., list[Json]]
) -> None:
    document = {"resourceType": "DocumentReference", "status": "current",
                "content": [{"attachment": {"contentType": "text/plain", "data": "QQ=="}}]}
    headers = FHIR | {"Authorization": f"Bearer {token()}"}
    api.post("/dmp/fhir/DocumentReference", json=document, headers=headers)
    entry = journal(service="dmp", transaction="ITI-105")[0]
    assert "card.min" in {each["rule"] for each in entry["findings"]}


def test_a_strict_tenant_refuses_what_breaks_the_profile(
    api: httpx.Client, software: Software
) -> None:
    software.register()
    secure = software.secure()
    token = software.token(secure, "dmp")
    api.put("/sandbox/settings", json={"strict": True})
    document = {"resourceType": "DocumentReference", "status": "current",
                "content": [{"attachment": {"contentType": "text/plain", "data": "QQ=="}}]}
    headers = FHIR | {"Authorization": f"Bearer {token}"}
    answer = secure.post("/dmp/fhir/DocumentReference", json=document, headers=headers)
    assert answer.status_code == 422, answer.text
    issue = answer.json()["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "not-conformant"
