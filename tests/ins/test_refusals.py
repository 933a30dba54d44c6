"""What the façade refuses: faults, tokens, bad input. Always an OperationOutcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from ins import errors
from services.fhir import structure
from services.kernel.errors import CatalogueError
from tests.ins.conftest import MATCH, checked, fhir_patient, parameters

Json = dict[str, Any]
Match = Callable[[Json], httpx.Response]


def coded(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and label of the only issue."""
    (issue,) = checked(answer)["issue"]
    (coding,) = issue["details"]["coding"]
    assert coding["system"] == "urn:socle:erreur:ins"
    assert issue["details"]["text"] == coding["display"]
    return answer.status_code, coding["code"], coding["display"]


def as_told(error: CatalogueError) -> tuple[int, str, str]:
    return error.status, error.code, error.label


@pytest.mark.parametrize(("patient", "error", "at"), [
    (fhir_patient(nom=""), errors.NOM_ABSENT, "name[0].family"),
    (fhir_patient(prenoms=""), errors.TRAIT_REFUSE, "name[0].given"),
    (fhir_patient(sexe=""), errors.TRAIT_REFUSE, "gender"),
    (fhir_patient(date=""), errors.TRAIT_REFUSE, "birthDate"),
    (fhir_patient(nom="adrun"), errors.TRAIT_REFUSE, "name[0].family"),
    (fhir_patient(nom="D’AEION"), errors.TRAIT_REFUSE, "name[0].family"),
    (fhir_patient(nom="D'ÆION"), errors.TRAIT_REFUSE, "name[0].family"),
    (fhir_patient(nom="-ADRUN"), errors.TRAIT_REFUSE, "name[0].family"),
    (fhir_patient(nom="D''ARTAGNAN"), errors.TRAIT_REFUSE, "name[0].family"),
    (fhir_patient(prenoms="Zoé"), errors.TRAIT_REFUSE, "name[0].given[0]"),
    (fhir_patient(prenoms="CŒUR"), errors.TRAIT_REFUSE, "name[0].given[0]"),
    (fhir_patient(sexe="unknown"), errors.TRAIT_REFUSE, "gender"),
    (fhir_patient(date="1975"), errors.TRAIT_REFUSE, "birthDate"),
    (fhir_patient(nom="A" * 101), errors.TRAIT_REFUSE, "name[0].family"),
])
def test_t10_a_trait_that_insi_refuses(
    match: Match, journal: Callable[..., list[Json]], patient: Json, error: CatalogueError, at: str
) -> None:
    answer = match(parameters(patient))
    assert coded(answer) == as_told(error)
    place = f"Parameters.parameter[0].resource.ofType(Patient).{at}"
    assert answer.json()["issue"][0]["expression"] == [place]
    (entry,) = journal(service="ins")
    assert entry["outcome"] == "fail"
    assert entry["findings"][0]["at"] == place


def test_nothing_is_corrected_silently_but_the_right_spelling_is_told(match: Match) -> None:
    diagnostics = checked(match(fhir_patient(prenoms="Zoé")))["issue"][0]["diagnostics"]
    assert "« ZOE »" in diagnostics
    assert "Trouvé : Zoé" in diagnostics


def test_the_national_base_is_not_searched(api: httpx.Client, bearer: dict[str, str]) -> None:
    system = "urn:oid:1.2.250.1.213.1.4.8"
    for answer in (
        api.get(f"/ins/fhir/Patient?identifier={system}|275126322074974", headers=bearer),
        api.get("/ins/fhir/Patient?family=ADRUN"),
        api.post("/ins/fhir/Patient/_search", data={"family": "ADRUN"}, headers=bearer),
    ):
        assert coded(answer) == as_told(errors.BASE_NATIONALE)
        assert answer.json()["issue"][0]["code"] == "not-supported"


@pytest.mark.parametrize("body", [
    {"resourceType": "Parameters"},
    parameters({"resourceType": "Practitioner"}),
    {"resourceType": "Parameters", "parameter": [{"name": "resource", "valueString": "x"}]},
    {"resourceType": "Parameters", "parameter": [{"name": "patient", "resource": fhir_patient()}]},
])
def test_parameters_carry_a_patient(match: Match, body: Json) -> None:
    assert coded(match(body)) == as_told(errors.PATIENT_ABSENT)


@pytest.mark.parametrize("authorization", [
    "", "Bearer", "Bearer inconnu", "Basic c29jbGU6c29jbGU=", "Bearer a.b.c", "bearer é",
])
def test_a_right_token_is_required(api: httpx.Client, authorization: str) -> None:
    headers = [(b"authorization", authorization.encode("latin-1"))] if authorization else []
    answer = api.post(MATCH, json=fhir_patient(), headers=headers)
    assert answer.status_code == 401
    assert checked(answer)["issue"][0]["code"] == "login"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_another_tenant_is_refused(
    api: httpx.Client, token: Callable[..., str], tenant: str
) -> None:
    foreign = token(tenant_name=f"{tenant}-autre")
    answer = api.post(
        MATCH, json=fhir_patient(), headers={"Authorization": f"Bearer {foreign}"}
    )
    assert coded(answer)[:2] == (401, "invalid_token")


def test_an_expired_token_is_refused(api: httpx.Client, match: Match) -> None:
    assert match(fhir_patient()).status_code == 200
    assert api.put("/sandbox/clock", json={"shift_seconds": 86_400}).status_code == 200
    assert coded(match(fhir_patient()))[:2] == (401, "invalid_token")


def test_findings_are_kept_when_the_call_is_then_refused(
    api: httpx.Client, journal: Callable[..., list[Json]]
) -> None:
    assert api.post(MATCH, json=fhir_patient(lieu="63000")).status_code == 401
    (entry,) = journal(service="ins")
    assert [finding["rule"] for finding in entry["findings"]] == ["INS-CODE-POSTAL"]


XML = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Patient>&e;</Patient>'


@pytest.mark.parametrize(("body", "content_type", "status", "code"), [
    (b'{"resourceType":"Patient",', "application/fhir+json", 400, "structure"),
    (b"", "application/fhir+json", 400, "structure"),
    (b"[]", "application/fhir+json", 400, "structure"),
    (b'{"resourceType":"Patient","name":[{"family":"\xe9"}]}', "application/fhir+json", 400,
     "structure"),
    (b'{"resourceType":"Observation"}', "application/fhir+json", 400, "resource-type"),
    (b'{"a":1}', "application/json", 400, "resource-type"),
    (b'{"resourceType":"Patient","a":' + b"[" * 80 + b"]" * 80 + b"}", "application/json", 400,
     "too-deep"),
    (b'{"resourceType":"Patient","couleur":1}', "application/json", 400, "invalid"),
    (b'{"resourceType":"Patient","gender":"F"}', "application/json", 400, "invalid"),
    (XML, "application/fhir+xml", 400, "structure"), (XML, "text/xml", 400, "structure"),
    (b"a=1", "application/x-www-form-urlencoded", 415, "media-type"),
    (b"{}", "", 415, "media-type"),
    (b" " * (2 * 1024 * 1024 + 1), "application/fhir+json", 413, "too-long"),
])
def test_bad_input(
    api: httpx.Client, bearer: dict[str, str], body: bytes, content_type: str, status: int,
    code: str,
) -> None:
    headers = bearer | ({"Content-Type": content_type} if content_type else {})
    answer = api.post(MATCH, content=body, headers=headers)
    assert coded(answer)[:2] == (status, code)


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/ins/fhir", 404, "not-found"), ("GET", "/ins/fhir/Observation", 404, "not-found"),
    ("GET", "/ins/fhir/Patient/1", 404, "not-found"),
    ("GET", MATCH, 405, "method-not-allowed"), ("PUT", "/ins/fhir/Patient", 405,
                                                "method-not-allowed"),
    ("POST", "/ins/fhir/$ins-verify", 404, "not-found"),
])
def test_unknown_places_answer_in_fhir(
    api: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    assert coded(api.request(method, path))[:2] == (status, code)


def test_a_client_that_takes_another_format_is_told(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    for request in ({"headers": bearer | {"Accept": "text/turtle"}},
                    {"headers": bearer, "params": {"_format": "ttl"}}):
        answer = api.post(MATCH, json=fhir_patient(), **request)  # type: ignore[arg-type]
        assert coded(answer)[:2] == (406, "not-acceptable")


def test_several_structural_faults_are_all_told(match: Match) -> None:
    answer = match(fhir_patient() | {"gender": "F", "couleur": 1, "active": "oui"})
    issues = checked(answer)["issue"]
    assert {issue["expression"][0] for issue in issues} == {
        "Patient.gender", "Patient.couleur", "Patient.active"
    }


def test_hostile_json_never_breaks_the_server(api: httpx.Client, bearer: dict[str, str]) -> None:
    shapes: list[Json] = [
        {"name": [None]}, {"name": [{"given": [None]}]}, {"extension": [1]}, {"extension": {}},
        {"identifier": [{"value": 3}]}, {"name": "x"}, {"birthDate": 1975}, {"gender": ["male"]},
        {"extension": [{"url": 3}]}, {"name": [{"family": "A\u0000"}]}, {"contained": [1]},
    ]
    for odd in shapes:
        body = orjson.dumps(fhir_patient() | odd)
        answer = api.post(
            MATCH, content=body, headers=bearer | {"Content-Type": "application/fhir+json"}
        )
        assert answer.status_code == 400, odd
        checked(answer)


def test_a_used_name_alone_is_told_which_name_is_wanted(match: Match) -> None:
    used = fhir_patient()
    used["name"][0]["use"] = "usual"
    issue, other = match(used).json()["issue"]
    assert issue["details"]["coding"][0]["code"] == "insi_19"
    assert "dans un nom d'usage official" in issue["diagnostics"]
    assert "un prénom de naissance" in other["diagnostics"]


def test_the_capability_statement_needs_no_token(api: httpx.Client) -> None:
    answer = api.get("/ins/fhir/metadata")
    statement = answer.json()
    CapabilityStatement.model_validate(statement)
    assert structure.check(statement) == []
    assert answer.headers["x-sandbox-fidelity"] == "default"
    resource, own = statement["rest"][0]["resource"]
    assert (own["type"], own["versioning"]) == ("OperationDefinition", "no-version")
    assert [operation["name"] for operation in resource["operation"]] == ["match", "ins-verify"]
