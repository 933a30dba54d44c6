"""What a declaration becomes: transactions, routes, CapabilityStatement, named refusals."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome

from services.fhir import structure
from services.fhir.api import transactions_of
from services.fhir.declaration import FhirApi, ResourceType
from tests.fhir.conftest import Essai
from tests.fhir.essai import API, restrict


def test_one_transaction_per_interaction_and_one_route_per_type() -> None:
    found = {each.code: each for each in transactions_of(API)}
    assert set(found) == {
        "essai.read", "essai.vread", "essai.update", "essai.patch", "essai.delete",
        "essai.history-instance", "essai.history-type", "essai.create", "essai.search-type",
        "ESSAI-90", "essai.bundle", "essai.capabilities", "essai.history-system",
        "essai.validate",
    }
    assert "GET /essai/fhir/Practitioner/{id}" in found["ESSAI-90"].routes
    assert "POST /essai/fhir/Practitioner/_search" in found["ESSAI-90"].routes
    assert "DELETE /essai/fhir/Patient" in found["essai.delete"].routes
    assert "DELETE /essai/fhir/Organization" not in found["essai.delete"].routes
    assert found["essai.bundle"].routes == ("POST /essai/fhir",)
    assert found["essai.read"].place.endswith(".py:") is False
    assert all(each.name and each.spec and each.max_body for each in found.values())


def test_a_service_may_offer_little() -> None:
    api = FhirApi("x", "/x", "X", "X.", (ResourceType("Patient", ("read",)),))
    assert [each.routes[0] for each in transactions_of(api)] == [
        "GET /x/Patient/{id}", "POST /x/$validate", "GET /x/metadata",
    ]


@pytest.mark.parametrize("api", [
    {"types": (ResourceType("Patient", ("read", "history-type")),)},
    {"types": (), "interactions": ("history-system",)},
])
def test_wide_histories_and_restrictions_exclude_each_other(api: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="restrict"):
        FhirApi("x", "/x", "X", "X.", **api, restrict=restrict)


def test_the_capability_statement_says_what_is_declared(essai: Essai) -> None:
    found = essai("GET", "metadata", status=200, x_sans_droit="1").json()
    CapabilityStatement.model_validate(found)
    assert structure.check(found) == []
    assert found["fhirVersion"] == "4.0.1"
    assert found["patchFormat"] == [
        "application/fhir+json", "application/fhir+xml", "application/json-patch+json"
    ]
    (rest,) = found["rest"]
    assert [each["code"] for each in rest["interaction"]] == [
        "batch", "transaction", "history-system"
    ]
    types = {each["type"]: each for each in rest["resource"]}
    assert list(types) == ["Patient", "Practitioner", "Organization", "Observation", "Basic"]
    patient = types["Patient"]
    assert patient["searchInclude"] == ["Patient:general-practitioner", "Patient:organization"]
    assert patient["searchRevInclude"] == ["Observation:subject"]
    assert patient["updateCreate"] is patient["conditionalCreate"] is True
    assert patient["conditionalDelete"] == "single"
    assert "_secret" not in {each["name"] for each in patient["searchParam"]}
    assert types["Basic"]["interaction"] == [{"code": "read"}, {"code": "create"}]
    assert "conditionalCreate" not in types["Basic"]


@pytest.mark.parametrize(("method", "path", "status", "named"), [
    ("GET", "Patient/$everything", 501, "$everything"), ("POST", "Patient/$match", 501, "$match"),
    ("GET", "Patient/p/$everything", 501, "$everything"), ("POST", "$process-message", 501, "$pro"),
    ("GET", "Patient/p/Observation", 501, "compartiment Observation"),
    ("POST", "_search", 501, "search-system"),
    ("GET", "", 501, "search-system"), ("GET", "?_type=Patient", 501, "search-system"),
    ("GET", "Basic", 501, "search-type"), ("PUT", "Basic/x", 501, "update"),
    ("PATCH", "Basic/x", 501, "patch"), ("DELETE", "Basic/x", 501, "delete"),
    ("DELETE", "Organization?name=x", 501, "delete"), ("GET", "Basic/x/_history", 501, "history-"),
    ("GET", "Basic/x/_history/1", 501, "vread"), ("GET", "Basic/_history", 501, "history-type"),
    ("GET", "Device/x", 404, "Device"), ("POST", "Device", 404, "Device"),
    ("GET", "Inconnu/x", 404, "Inconnu/x"), ("OPTIONS", "Patient/x", 404, "OPTIONS"),
    ("GET", "Patient/a/b/c/d", 404, "Patient/a/b/c/d"), ("GET", "Patient/a%2Fb", 404, ""),
    ("GET", "Patient/é", 404, "Patient/é"), ("GET", "Patient/" + "a" * 65, 404, "aaa"),
])
def test_what_is_not_offered_is_named(
    essai: Essai, method: str, path: str, status: int, named: str
) -> None:
    answer = essai(method, path, status=status)
    OperationOutcome.model_validate(answer.json())
    issue = essai.issue(answer)
    assert issue["code"] in ("not-supported", "not-found")
    assert named in issue["diagnostics"]


def test_the_journal_names_what_was_refused(essai: Essai) -> None:
    essai("GET", "Patient/$everything", status=501)
    entries = essai.client.get(f"{essai.url}/t/{essai.tenant}/sandbox/journal").json()["entries"]
    assert entries[0]["service"] == "essai"


@pytest.mark.parametrize(("body", "content_type", "status", "code"), [
    (b"", "application/fhir+json", 400, "structure"),
    (b"{", "application/fhir+json", 400, "structure"),
    (b"[]", "application/fhir+json", 400, "structure"),
    (b"{}", "application/fhir+json", 400, "invalid"),
    (b'{"resourceType":"Device"}', "application/fhir+json", 400, "invalid"),
    (b'{"resourceType":"Patient","x":1}', "application/fhir+json", 400, "structure"),
    (b"{}", "text/plain", 415, "not-supported"),
    (b"<a/>", "application/fhir+xml", 400, "structure"),
])
def test_a_bad_body_is_refused(
    essai: Essai, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = essai("POST", "Patient", body, status, content_type=content_type)
    assert essai.issue(answer)["code"] == code
