"""What a CapabilityStatement says is what works: every interaction and parameter, walked."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from tests.fhir.conftest import Essai
from tests.fhir.essai import API, CLOSED, EVERYTHING

SAMPLES = {
    "token": "a", "string": "a", "reference": "a", "date": "2024", "number": "1",
    "quantity": "1|u|c", "uri": "http://a",
}
MODIFIERS = {
    "token": "not", "string": "contains", "reference": "identifier", "uri": "below",
}
PATCH = {"content_type": "application/json-patch+json"}
BODIES: dict[str, dict[str, Any]] = {
    "Observation": {"status": "final", "code": {"text": "x"}}, "Basic": {"code": {"text": "x"}},
}
TYPES = [each.name for each in API.types]


def declared(essai: Essai, base: str = "") -> dict[str, dict[str, Any]]:
    """The statement's resources by type."""
    found = essai("GET", f"{base or essai.base}/metadata", status=200).json()
    CapabilityStatement.model_validate(found)
    return {each["type"]: each for each in found["rest"][0]["resource"]}


@pytest.fixture(params=TYPES)
def resource(request: pytest.FixtureRequest, essai: Essai) -> tuple[str, dict[str, Any]]:
    """(type, what is said of it)."""
    return request.param, declared(essai)[request.param]


def made(essai: Essai, rtype: str) -> dict[str, Any]:
    body = {"resourceType": rtype, **BODIES.get(rtype, {})}
    stored: dict[str, Any] = essai("POST", rtype, body, 201).json()
    return stored


def walked(essai: Essai, rtype: str, interaction: str) -> int:
    """The status of one interaction with what was made for it."""
    stored = made(essai, rtype)
    place = f"{rtype}/{stored['id']}"
    match interaction:
        case "read":
            answer = essai("GET", place)
        case "vread":
            answer = essai("GET", f"{place}/_history/1")
        case "update":
            answer = essai("PUT", place, stored)
        case "patch":
            answer = essai("PATCH", place, [], **PATCH)
        case "delete":
            answer = essai("DELETE", place)
        case "history-instance":
            answer = essai("GET", f"{place}/_history")
        case "history-type":
            answer = essai("GET", f"{rtype}/_history")
        case "create":
            answer = essai("POST", rtype, stored)
        case _:
            answer = essai("GET", rtype)
    return answer.status_code


@pytest.mark.parametrize("interaction", EVERYTHING)
def test_an_interaction_works_where_it_is_said_and_nowhere_else(
    essai: Essai, resource: tuple[str, dict[str, Any]], interaction: str
) -> None:
    rtype, said = resource
    offered = interaction in {each["code"] for each in said["interaction"]}
    status = walked(essai, rtype, interaction)
    assert status in ((200, 201, 204) if offered else (501,))


def test_every_parameter_works_with_its_modifiers_and_as_an_order(
    essai: Essai, resource: tuple[str, dict[str, Any]]
) -> None:
    rtype, said = resource
    for each in said.get("searchParam", []):
        name, kind = each["name"], each["type"]
        essai("GET", f"{rtype}?{name}={SAMPLES[kind]}", status=200)
        essai("GET", f"{rtype}?_sort=-{name}", status=200)
        if name[0] != "_":
            essai("GET", f"{rtype}?{name}:missing=true", status=200)
            if kind in MODIFIERS:
                essai("GET", f"{rtype}?{name}:{MODIFIERS[kind]}={SAMPLES[kind]}", status=200)


def test_every_inclusion_works(essai: Essai, resource: tuple[str, dict[str, Any]]) -> None:
    rtype, said = resource
    for control, member in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
        for each in said.get(member, []):
            essai("GET", f"{rtype}?{control}={each}", status=200)


def test_conditions_work_where_they_are_said_and_nowhere_else(
    essai: Essai, resource: tuple[str, dict[str, Any]]
) -> None:
    rtype, said = resource
    if not said.get("searchParam"):
        return
    criteria = "_id=absent"
    body = {"resourceType": rtype, **BODIES.get(rtype, {})}
    create = essai("POST", rtype, body, if_none_exist=criteria).status_code
    assert create == (201 if said.get("conditionalCreate") else 501)
    update = essai("PUT", f"{rtype}?{criteria}", body).status_code
    assert update == (201 if said.get("conditionalUpdate") else 501)
    delete = essai("DELETE", f"{rtype}?{criteria}").status_code
    assert delete == (204 if said.get("conditionalDelete") == "single" else 501)
    put = essai("PUT", f"{rtype}/neuf", {**body, "id": "neuf"}).status_code
    assert put == (201 if said["updateCreate"] else 405)


def test_what_holds_of_the_whole_base(essai: Essai) -> None:
    found = essai("GET", "metadata", status=200).json()
    codes = [each["code"] for each in found["rest"][0]["interaction"]]
    assert codes == ["batch", "transaction", "history-system"]
    essai("GET", "_history", status=200)
    for kind in ("batch", "transaction"):
        essai("POST", "", {"resourceType": "Bundle", "type": kind}, 200)
    for name in found["format"]:
        essai("GET", f"Patient?_format={name.replace('+', '%2B')}", status=200)


def test_a_base_with_restrictions_says_no_more_than_it_does(essai: Essai) -> None:
    base = essai.base.replace("/essai/", "/ferme/")
    for rtype, said in declared(essai, base).items():
        offered = {each["code"] for each in said["interaction"]}
        assert "history-type" not in offered
        essai("GET", f"{base}/{rtype}/_history", status=501)
    assert "history-system" not in CLOSED.interactions
    essai("GET", f"{base}/_history", status=501)
