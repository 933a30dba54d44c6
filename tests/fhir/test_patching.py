"""JSON Patch and FHIRPath Patch, over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.conftest import Essai
from tests.fhir.essai import CARD

PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "p", "active": True, "birthDate": "1980-05-04",
    "telecom": [
        {"system": "email", "value": "a@x.fr", "rank": 2},
        {"system": "phone", "value": "01"},
    ],
    "extension": [{"url": CARD, "extension": [{"url": "rouge", "valueBoolean": False}]}],
    "contact": [{"name": {"family": "Un"}}],
    "multipleBirthInteger": 2,
}
METADATA = f"Patient.extension('{CARD}').extension('rouge')"


@pytest.fixture
def patient(essai: Essai) -> Essai:
    essai.put(PATIENT)
    return essai


def json_patch(essai: Essai, *operations: Any, status: int = 200) -> Any:
    return essai(
        "PATCH", "Patient/p", list(operations), status,
        content_type="application/json-patch+json",
    ).json()


def operation(**parts: Any) -> dict[str, Any]:
    def part(name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return {"name": name, **value}
        if isinstance(value, list):
            return {"name": name, "part": value}
        kind = "Integer" if isinstance(value, int) else "Code" if name == "type" else "String"
        return {"name": name, f"value{kind}": value}

    return {"name": "operation", "part": [part(*each) for each in parts.items()]}


def fhirpath_patch(essai: Essai, *operations: dict[str, Any], status: int = 200) -> Any:
    body = {"resourceType": "Parameters", "parameter": list(operations)}
    return essai("PATCH", "Patient/p", body, status).json()


def changed(found: dict[str, Any]) -> dict[str, Any]:
    """What the patch changed, removed members as None."""
    return {
        name: found.get(name) for name in {*PATIENT, *found}
        if found.get(name) != PATIENT.get(name) and name != "meta"
    }


MOBILE = {"system": "phone", "value": "06"}


@pytest.mark.parametrize(("op", "expected"), [
    ({"op": "add", "path": "/gender", "value": "male"}, {"gender": "male"}),
    ({"op": "add", "path": "/active", "value": False}, {"active": False}),
    ({"op": "replace", "path": "/active", "value": False}, {"active": False}),
    ({"op": "remove", "path": "/active"}, {"active": None}),
    ({"op": "add", "path": "/telecom/-", "value": MOBILE},
     {"telecom": [*PATIENT["telecom"], MOBILE]}),
    ({"op": "add", "path": "/telecom/0", "value": MOBILE},
     {"telecom": [MOBILE, *PATIENT["telecom"]]}),
    ({"op": "remove", "path": "/telecom/0"}, {"telecom": PATIENT["telecom"][1:]}),
    ({"op": "move", "from": "/telecom/0", "path": "/telecom/1"},
     {"telecom": PATIENT["telecom"][::-1]}),
    ({"op": "copy", "from": "/telecom/1", "path": "/telecom/0"},
     {"telecom": [PATIENT["telecom"][1], *PATIENT["telecom"]]}),
    ({"op": "test", "path": "/telecom/0/rank", "value": 2}, {}),
    ({"op": "replace", "path": "/extension/0/extension/0/valueBoolean", "value": True},
     {"extension": [{"url": CARD, "extension": [{"url": "rouge", "valueBoolean": True}]}]}),
])
def test_json_patch(patient: Essai, op: dict[str, Any], expected: dict[str, Any]) -> None:
    found = json_patch(patient, op)
    assert changed(found) == expected
    assert found["meta"]["versionId"] == "2"
    assert patient("GET", "Patient/p").json() == found


@pytest.mark.parametrize("op", [
    {"op": "remove", "path": "/gender"}, {"op": "replace", "path": "/gender", "value": "male"},
    {"op": "add", "path": "/telecom/3", "value": MOBILE}, {"op": "remove", "path": "/telecom/-"},
    {"op": "add", "path": "/telecom/01", "value": MOBILE}, {"op": "add", "path": "/active/x/y"},
    {"op": "add", "path": "/gender"}, {"op": "add", "path": "gender", "value": "male"},
    {"op": "add", "path": "", "value": {}}, {"op": "remove"}, {"op": "x", "path": "/gender"},
    {"op": [], "path": "/gender"}, "remove", {"op": "test", "path": "/active", "value": 1},
    {"op": "move", "from": "/contact", "path": "/contact/0/name"},
    {"op": "replace", "path": "/id", "value": "autre"},
    {"op": "replace", "path": "/resourceType", "value": "Group"},
    {"op": "add", "path": "/a" * 61, "value": 1}, {"op": "copy", "from": "/x", "path": "/y"},
])
def test_a_json_patch_that_cannot_be_applied_changes_nothing(patient: Essai, op: Any) -> None:
    issue = json_patch(patient, {"op": "remove", "path": "/birthDate"}, op, status=400)["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "patch-invalid"
    assert patient("GET", "Patient/p").json()["birthDate"] == "1980-05-04"


def test_copies_of_copies_are_bounded(patient: Essai) -> None:
    double = [{"op": "copy", "from": "/telecom", "path": "/telecom/0"}] * 40
    json_patch(patient, *double, status=400)


def test_what_a_patch_makes_is_checked(patient: Essai) -> None:
    found = json_patch(patient, {"op": "add", "path": "/couleur", "value": 1}, status=400)
    assert found["issue"][0]["expression"] == ["Patient.couleur"]
    found = json_patch(
        patient, {"op": "add", "path": "/name", "value": [{"family": "Interdit"}]}, status=400
    )
    assert found["issue"][0]["expression"] == ["Patient.name[0].family"]
    assert json_patch(patient, {"op": "remove", "path": "/active"}, {}, status=400)


@pytest.mark.parametrize(("op", "expected"), [
    (operation(type="insert", path="Patient.telecom", index=1, value={"valueContactPoint": MOBILE}),
     {"telecom": [PATIENT["telecom"][0], MOBILE, PATIENT["telecom"][1]]}),
    (operation(type="add", path="Patient", name="telecom", value={"valueContactPoint": MOBILE}),
     {"telecom": [*PATIENT["telecom"], MOBILE]}),
    (operation(type="insert", path="Patient.photo", index=0,
               value={"valueAttachment": {"title": "a"}}), {"photo": [{"title": "a"}]}),
    (operation(type="replace", path="Patient.telecom.where(value = 'a@x.fr').rank",
               value={"valueInteger": 1}),
     {"telecom": [{**PATIENT["telecom"][0], "rank": 1}, PATIENT["telecom"][1]]}),
    (operation(type="replace", path="Patient.telecom.where(value='01' and system='phone')",
               value={"valueContactPoint": MOBILE}),
     {"telecom": [PATIENT["telecom"][0], MOBILE]}),
    (operation(type="delete", path="Patient.telecom.where(system = 'email')"),
     {"telecom": [PATIENT["telecom"][1]]}),
    (operation(type="delete", path="Patient.telecom[1]"), {"telecom": [PATIENT["telecom"][0]]}),
    (operation(type="delete", path="Patient.telecom.where(value = 'x')"), {}),
    (operation(type="delete", path="Patient.contact.first()"), {"contact": None}),
    (operation(type="delete", path="Patient.birthDate"), {"birthDate": None}),
    (operation(type="replace", path=f"{METADATA}.value", value={"valueBoolean": True}),
     {"extension": [{"url": CARD, "extension": [{"url": "rouge", "valueBoolean": True}]}]}),
    (operation(type="replace", path=f"{METADATA}.value", value={"valueString": "oui"}),
     {"extension": [{"url": CARD, "extension": [{"url": "rouge", "valueString": "oui"}]}]}),
    (operation(type="replace", path="Patient.multipleBirth", value={"valueBoolean": True}),
     {"multipleBirthInteger": None, "multipleBirthBoolean": True}),
    (operation(type="add", path="Patient", name="deceased", value={"valueBoolean": False}),
     {"deceasedBoolean": False}),
    (operation(type="add", path="Patient", name="contact", value=[
        {"name": "name", "valueHumanName": {"family": "Deux"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "fille"}},
        {"name": "relationship", "valueCodeableConcept": {"text": "amie"}},
    ]), {"contact": [*PATIENT["contact"], {
        "name": {"family": "Deux"}, "relationship": [{"text": "fille"}, {"text": "amie"}],
    }]}),
    (operation(type="add", path="Patient.contact[0].name", name="given",
               value={"valueString": "Luc"}),
     {"contact": [{"name": {"family": "Un", "given": ["Luc"]}}]}),
    (operation(type="move", path="Patient.telecom", source=1, destination=0),
     {"telecom": PATIENT["telecom"][::-1]}),
    (operation(type="replace", path="Patient.telecom.last().system", value={"valueCode": "sms"}),
     {"telecom": [PATIENT["telecom"][0], {"system": "sms", "value": "01"}]}),
])
def test_fhirpath_patch(patient: Essai, op: dict[str, Any], expected: dict[str, Any]) -> None:
    found = fhirpath_patch(patient, op)
    assert changed(found) == expected
    assert found["meta"]["versionId"] == "2"


@pytest.mark.parametrize("op", [
    operation(type="replace", path="Patient.gender", value={"valueCode": "male"}),
    operation(type="replace", path="Patient.telecom", value={"valueContactPoint": MOBILE}),
    operation(type="delete", path="Patient.telecom"),
    operation(type="delete", path="Patient.couleur"), operation(type="delete", path="Group.name"),
    operation(type="delete", path="Patient.telecom.where(value.exists())"),
    operation(type="delete", path="Patient.telecom.where(value = 'a' or value = 'b')"),
    operation(type="delete", path="Patient.telecom.select(value)"),
    operation(type="delete", path="Patient.telecom["), operation(type="delete", path="telecom"),
    operation(type="delete"), operation(path="Patient.active"),
    operation(type="effacer", path="Patient.active"),
    operation(type="add", path="Patient", name="active", value={"valueBoolean": True}),
    operation(type="add", path="Patient", name="couleur", value={"valueString": "bleu"}),
    operation(type="add", path="Patient", name="gender"),
    operation(type="add", path="Patient", name="deceased", value={"valueQuantity": {}}),
    operation(type="insert", path="Patient.telecom", index=9, value={"valueContactPoint": MOBILE}),
    operation(type="insert", path="Patient.telecom", value={"valueContactPoint": MOBILE}),
    operation(type="insert", path="Patient.telecom[0]", index=0, value={"valueString": "x"}),
    operation(type="move", path="Patient.telecom", source=5, destination=0),
    operation(type="delete", path="Patient.id"),
    {"name": "autre"},
])
def test_a_fhirpath_patch_that_cannot_be_applied_changes_nothing(
    patient: Essai, op: dict[str, Any]
) -> None:
    first = operation(type="delete", path="Patient.birthDate")
    issue = fhirpath_patch(patient, first, op, status=400)["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "patch-invalid"
    assert patient("GET", "Patient/p").json()["birthDate"] == "1980-05-04"


@pytest.mark.parametrize("content_type", [
    "application/merge-patch+json", "text/plain", "application/xml-patch+xml",
])
def test_another_kind_of_patch_is_415(patient: Essai, content_type: str) -> None:
    answer = patient("PATCH", "Patient/p", b"{}", 415, content_type=content_type)
    assert "json-patch" in patient.issue(answer)["diagnostics"]


def test_a_patch_by_criteria_or_of_what_is_not_there(patient: Essai) -> None:
    body = [{"op": "add", "path": "/gender", "value": "male"}]
    kind = {"content_type": "application/json-patch+json"}
    patient("PATCH", "Patient?active=true", body, 200, **kind)
    patient("PATCH", "Patient?active=false", body, 404, **kind)
    patient("PATCH", "Patient/absent", body, 404, **kind)
    patient("PATCH", "Patient/p", body, 412, if_match='W/"1"', **kind)
    patient("PATCH", "Patient/p", b"{", 400, **kind)
    patient.put({**PATIENT, "id": "q"})
    patient("PATCH", "Patient?active=true", body, 412, **kind)
    patient("DELETE", "Patient/p", status=204)
    patient("PATCH", "Patient/p", body, 410, **kind)
    patient("PATCH", "Basic/p", body, 501, **kind)


def test_a_patch_keeps_the_spelling_of_numbers(essai: Essai) -> None:
    body = b"""{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},
        "valueQuantity":{"value":72.50},"component":[{"code":{"text":"y"},
        "valueQuantity":{"value":1.0E3}}]}"""
    essai("PUT", "Observation/o", body, 201)
    found = essai(
        "PATCH", "Observation/o", b'[{"op":"add","path":"/issued","value":"2026-01-01T10:00:00Z"},'
        b'{"op":"add","path":"/component/0/valueQuantity/value","value":3.10}]', 200,
        content_type="application/json-patch+json",
    )
    assert b'"value":72.50}' in found.content
    assert b'"value":3.10}' in found.content
