"""Structure of resources against HL7's schema."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from services.fhir import structure
from services.fhir.structure import MAX_ISSUES, check, is_resource_type, require

PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "active": True, "gender": "female", "birthDate": "1975-12-31",
    "name": [{"use": "official", "family": "ADRUN", "given": ["ZOE"]}],
    "contained": [{"resourceType": "Organization", "name": "Cabinet"}],
}


def bundle(resource: object) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}


@pytest.mark.parametrize("resource", [
    PATIENT, bundle(PATIENT), bundle(bundle(PATIENT)), {"resourceType": "Basic", "code": {}},
    {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": PATIENT}]},
])
def test_a_right_resource_has_no_issue(resource: dict[str, Any]) -> None:
    assert check(resource) == []
    require(resource)


@pytest.mark.parametrize(("change", "at", "words"), [
    ({"birthDate": "31/12/1975"}, "Patient.birthDate", "Forme d'un « date »"),
    ({"birthDate": "1950-00-00"}, "Patient.birthDate", "/fr-core-lunar-date (valueString)"),
    ({"birthDate": "1955-13-00"}, "Patient.birthDate", "/fr-core-lunar-date (valueString)"),
    ({"gender": "F"}, "Patient.gender", "male, female, other, unknown"),
    ({"couleur": 1}, "Patient.couleur", "Élément inconnu"),
    ({"name": {}}, "Patient.name", "un tableau"),
    ({"name": [{"given": "ZOE"}]}, "Patient.name[0].given", "un tableau"),
    ({"active": "true"}, "Patient.active", "un booléen"),
    ({"birthDate": None}, "Patient.birthDate", "Trouvé : null"),
    ({"_birthDate": {"x": 1}}, "Patient.birthDate.x", "Élément inconnu"),
    ({"link": [{"type": "refer"}]}, "Patient.link[0]", "« other »"),
    ({"contained": [{"resourceType": "Organization", "name": 1}]},
     "Patient.contained[0].ofType(Organization).name", "un texte"),
    ({"contained": [{"resourceType": "Licorne"}]}, "Patient.contained[0]", "Licorne"),
    ({"contained": [{}]}, "Patient.contained[0]", "absent"),
])
def test_a_fault_is_told_with_its_place(change: dict[str, Any], at: str, words: str) -> None:
    (found,) = check(PATIENT | change)
    assert found.expression == at
    assert words in found.message
    (inside,) = check(bundle(PATIENT | change))
    assert inside.expression == at.replace(
        "Patient", "Bundle.entry[0].resource.ofType(Patient)", 1
    )


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2009", "\u3000"])
def test_a_text_may_hold_any_blank(blank: str) -> None:
    """French puts a no-break space before its signs, and HL7's expression forbids none."""
    assert check(PATIENT | {"name": [{"text": f"Zoé{blank}: oui{blank}!", "family": blank}]}) == []


def test_parameters_and_responses_are_looked_into() -> None:
    wrong = PATIENT | {"gender": "F"}
    parts = [{"name": "b", "part": [{"name": "c", "resource": wrong}]}]
    (found,) = check({"resourceType": "Parameters", "parameter": [{"name": "a", "part": parts}]})
    assert found.expression.startswith("Parameters.parameter[0].part[0].part[0].resource.")
    outcome = {"resourceType": "OperationOutcome"}
    response = {"status": "200", "outcome": outcome}
    (found,) = check({
        "resourceType": "Bundle", "type": "batch-response", "entry": [{"response": response}],
    })
    assert found.expression == "Bundle.entry[0].response.outcome.ofType(OperationOutcome)"


def test_issues_are_bounded() -> None:
    assert len(check(PATIENT | {f"x{n}": 1 for n in range(99)})) == MAX_ISSUES


@pytest.mark.parametrize("content", [
    {"name": [1] * 50_000}, {"name": [{"given": [3] * 2_000}]}, {"address": [{"x": 1}] * 3_000},
])
def test_of_many_faults_the_first_is_told(content: dict[str, Any]) -> None:
    """The validator writes every fault at length, with what it is about: seconds for a few."""
    (found,) = check({"resourceType": "Patient", **content})
    assert found.expression.startswith("Patient.")


def test_what_a_fault_is_about_is_not_quoted_whole() -> None:
    long = {"data": "A" * 3_000_000, "inconnu": 1, "contentType": 3}
    issues = check({"resourceType": "Patient", "photo": [long], "gender": "F" * 3_000_000})
    assert {issue.expression for issue in issues} == {
        "Patient.photo[0].inconnu", "Patient.photo[0].contentType", "Patient.gender",
    }
    assert all(len(issue.message) < 500 for issue in issues)
    (named,) = check({"resourceType": "Patient", "é" * 100_000: 1})
    assert (named.expression, len(named.message) < 200) == ("Patient", True)


@pytest.mark.parametrize("shape", [
    {"entry": "x"}, {"entry": [None, 1]}, {"entry": [{"resource": 3}]}, {"contained": {}},
])
def test_odd_shapes_do_not_break_the_walk(shape: dict[str, Any]) -> None:
    assert check({"resourceType": "Bundle", "type": "batch"} | shape)


def test_the_schema_is_whole() -> None:
    definitions = structure._definitions()
    reached = set(structure._REFERENCE.findall(orjson.dumps(definitions).decode()))
    assert reached <= definitions.keys()
    assert len(structure._resource_types()) == 146
    assert is_resource_type("DocumentReference")
    assert not is_resource_type("Resource")
    assert check({"resourceType": "StructureDefinition", "fhirVersion": "4.0.1"}) == []


@pytest.mark.parametrize("name", ["Bundle", "Consent", "List", "MedicationRequest", "ValueSet"])
def test_types_compile_on_first_use(name: str) -> None:
    assert check({"resourceType": name, "inconnu": 1})[-1].expression == f"{name}.inconnu"
