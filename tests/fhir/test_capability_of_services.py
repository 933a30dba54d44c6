"""The statements of the services: every search parameter that they name is one they know."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from services.fhir import structure
from tests.fhir.test_capability import SAMPLES

UNKNOWN = {"parameter-unknown", "interaction-unsupported", "type-unsupported", "unknown-path"}


@pytest.mark.parametrize("base", ["/dmp/fhir", "/ins/fhir"])
def test_every_parameter_of_a_service_is_known(
    api: httpx.Client, token: Callable[..., str], base: str
) -> None:
    found = api.get(f"{base}/metadata").raise_for_status().json()
    CapabilityStatement.model_validate(found)
    assert structure.check(found) == []
    headers = {"Authorization": f"Bearer {token()}"}
    for resource in found["rest"][0]["resource"]:
        offered = {each["code"] for each in resource.get("interaction", [])}
        for each in resource.get("searchParam", []) if "search-type" in offered else []:
            asked = f"{base}/{resource['type']}?{each['name']}={SAMPLES[each['type']]}"
            answer = api.get(asked, headers=headers)
            issues = answer.json().get("issue", []) if answer.status_code >= 400 else []
            codes = {
                coding["code"] for issue in issues for coding in issue["details"]["coding"]
            }
            assert not codes & UNKNOWN, (asked, answer.text)
            assert answer.status_code < 500, (asked, answer.text)


@pytest.mark.parametrize("base", ["/dmp/fhir", "/ins/fhir"])
def test_every_service_says_that_it_validates_and_does(
    api: httpx.Client, token: Callable[..., str], base: str
) -> None:
    found = api.get(f"{base}/metadata").raise_for_status().json()
    operations = {each["name"]: each for each in found["rest"][0]["operation"]}
    assert operations["validate"]["definition"].endswith("/Resource-validate")
    answer = api.post(
        f"{base}/Patient/$validate", json={"resourceType": "Patient", "gender": "autre"},
        headers={"Authorization": f"Bearer {token()}", "Content-Type": "application/fhir+json"},
    )
    assert answer.status_code == 200
    faults = [each for each in answer.json()["issue"] if each["severity"] == "error"]
    assert "Patient.gender" in {each["expression"][0] for each in faults}
