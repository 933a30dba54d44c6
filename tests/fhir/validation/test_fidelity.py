"""The twenty cases that prove fidelity to the French profiles (P1 and P18 have their own files)."""

from __future__ import annotations

from typing import Any

import pytest

from services.fhir.validation import Library, Validator, shipped
from services.fhir.validation.library import Installed, opened
from services.fhir.validation.packages import packed
from tests.fhir.validation.conftest import errors

Json = dict[str, Any]

FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
INS = f"{FR}fr-core-patient-ins"
RELIABILITY = f"{FR}fr-core-identity-reliability"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
ANNUAIRE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"


def patient() -> Json:
    """An INS patient of our own, valid against fr-core-patient-ins 2.2.0."""
    return {
        "resourceType": "Patient", "meta": {"profile": [INS]},
        "extension": [
            {"url": RELIABILITY, "extension": [
                {"url": "identityStatus", "valueCoding": {
                    "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445",
                    "code": "VALI",
                }},
            ]},
            {"url": BIRTH_PLACE, "valueAddress": {"extension": [
                {"url": f"{FR}fr-core-address-insee-code", "valueCoding": {
                    "system": "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/"
                              "TRE-R13-CommuneOM", "code": "63220"}},
            ]}},
        ],
        "identifier": [{
            "use": "official", "system": "urn:oid:1.2.250.1.213.1.4.10",
            "value": "255069999900001",
            "type": {"coding": [{
                "system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203",
                "code": "INS-NIR-TEST",
            }]},
        }],
        "name": [{
            "use": "official", "family": "PAT-ESSAI", "given": ["DOMINIQUE"],
            "extension": [{"url": f"{FR}fr-core-patient-birth-list-given-name",
                           "valueString": "DOMINIQUE"}],
        }],
        "gender": "female", "birthDate": "1955-06-15",
    }


def test_the_patient_of_these_tests_is_valid(validator: Validator) -> None:
    report = validator.validate(patient())
    assert errors(report.faults) == []
    assert report.strict
    assert report.profiles == (f"{INS}|2.2.0",)


def test_p02_ins_patient_without_birth_place(validator: Validator) -> None:
    resource = patient()
    del resource["extension"][1]
    faults = validator.validate(resource).faults
    found = next(each for each in faults if each.rule == "slice.min")
    assert found.at == "Patient.extension"
    assert "birthPlace" in found.expected


def test_p03_gender_other_is_out_of_the_ins_list(validator: Validator) -> None:
    resource = patient() | {"gender": "other"}
    assert ("binding.required", "Patient.gender") in errors(validator.validate(resource).faults)
    assert not errors(validator.structure(resource)), "R4 itself accepts it"


def test_p04_two_official_identifiers(validator: Validator) -> None:
    resource = patient()
    resource["identifier"].append({"use": "official", "system": "urn:oid:1.2.3", "value": "7"})
    assert ("inv.fr-core-2", "Patient") in errors(validator.validate(resource).faults)


def test_p05_validated_identity_without_ins(validator: Validator) -> None:
    resource = patient()
    resource["identifier"] = [{
        "use": "official", "system": "urn:oid:1.2.3", "value": "7", "type": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}]},
    }]
    assert ("inv.fr-core-1", "Patient") in errors(validator.validate(resource).faults)


def test_p06_forbidden_element(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "Practitioner-334081DP")
    resource["gender"] = "female"
    assert ("card.max", "Practitioner.gender") in errors(validator.validate(resource).faults)


def test_p07_closed_telecom(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "Practitioner-334081DP")
    resource.setdefault("telecom", []).append({"system": "phone", "value": "+33100000000"})
    found = errors(validator.validate(resource).faults)
    assert ("slice.closed", f"Practitioner.telecom[{len(resource['telecom']) - 1}]") in found


def test_p08_rpps_missing_then_twice(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "Practitioner-334081DP")
    rpps = next(each for each in resource["identifier"] if "rpps" in each["system"])
    resource["identifier"] = [each for each in resource["identifier"] if each is not rpps]
    assert ("slice.min", "Practitioner.identifier") in errors(validator.validate(resource).faults)
    resource["identifier"] += [rpps, rpps]
    assert ("slice.max", "Practitioner.identifier") in errors(validator.validate(resource).faults)


def test_p09_nested_forbidden_element(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "Practitioner-334081DP")
    resource["identifier"][0]["period"] = {"start": "2020-01-01"}
    rule, at = errors(validator.validate(resource).faults)[0]
    assert (rule, at) == ("card.max", "Practitioner.identifier[0].period")


def test_p10_role_with_another_identifier_system(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "PractitionerRole-1578230DP")
    for each in resource["identifier"]:
        each["system"] = "http://adeli.esante.gouv.fr"
    found = errors(validator.validate(resource).faults)
    assert ("slice.min", "PractitionerRole.identifier") in found


def test_p11_reference_to_the_wrong_type(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "PractitionerRole-1578230DP")
    resource["practitioner"] = {"reference": "Patient/1"}
    found = errors(validator.validate(resource).faults)
    assert ("reference.type", "PractitionerRole.practitioner") in found


def test_p12_unknown_code_in_an_open_slice_is_no_error(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.annuaire", "Organization-158480DP")
    resource["type"].append({"coding": [{"system": "urn:oid:1.2.3", "code": "inconnu"}]})
    assert errors(validator.validate(resource).faults) == []


def test_p13_status_of_a_document_reference(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.pdsm", "DocumentReference-exemple-pdsm-documentreference")
    resource["status"] = "draft"
    report = validator.validate(resource, [f"{PDSM}pdsm-comprehensive-document-reference"])
    assert ("binding.required", "DocumentReference.status") in errors(report.faults)
    resource["status"] = "entered-in-error"
    report = validator.validate(resource, [f"{PDSM}pdsm-comprehensive-document-reference"])
    assert ("binding.required", "DocumentReference.status") in errors(report.faults)


def test_p14_submission_set_without_designation_type(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.pdsm", "List-ExampleSubmissionSet")
    resource["extension"] = [
        each for each in resource["extension"] if "designationType" not in each["url"]
    ]
    assert ("slice.min", "List.extension") in errors(validator.validate(resource).faults)


def test_p15_extension_with_a_value_and_extensions(validator: Validator) -> None:
    resource = patient()
    resource["extension"][0]["valueString"] = "en trop"
    assert ("inv.ext-1", "Patient.extension[0]") in errors(validator.validate(resource).faults)


def test_p16_unknown_element_is_refused_by_both_verdicts(validator: Validator) -> None:
    report = validator.validate(patient() | {"surnom": "Dom"})
    assert errors(report.faults) == [("element.unknown", "Patient.surnom")]
    assert not report.strict
    assert not report.lenient


def test_p17_two_contents(validator: Validator, example: Any) -> None:
    resource = example("ans.fhir.fr.pdsm", "DocumentReference-exemple-pdsm-documentreference")
    resource["content"] *= 2
    found = errors(validator.validate(resource).faults)
    assert ("card.max", "DocumentReference.content") in found


def test_p19_unknown_profile_is_a_remark(validator: Validator) -> None:
    resource = patient() | {"meta": {"profile": ["https://example.org/inconnu"]}, "surnom": "Dom"}
    faults = validator.validate(resource).faults
    assert ("profile.unknown", "information") in {(each.rule, each.severity) for each in faults}
    assert ("element.unknown", "Patient.surnom") in errors(faults), "R4 is checked all the same"


def other_version(rule: Json) -> Installed:
    """A package with another version of one canonical."""
    source = {
        "kind": "definition", "url": "https://example.org/profil", "version": rule["version"],
        "type": "Patient", "sort": "resource", "base": "", "abstract": False,
        "derivation": "constraint", "elements": [{"id": "Patient"}, rule["element"]],
    }
    return opened(packed("essai", rule["version"], {}, "", [source]), shipped=False)


@pytest.mark.parametrize(("asked", "expected"), [
    ("https://example.org/profil|1.0.0", ("card.min", "Patient.active")),
    ("https://example.org/profil|2.0.0", ("card.max", "Patient.gender")),
    ("https://example.org/profil", ("card.max", "Patient.gender")),
])
def test_p20_the_version_asked_for_is_used(asked: str, expected: tuple[str, str]) -> None:
    library = Library([
        *shipped(),
        other_version({"version": "1.0.0", "element": {"id": "Patient.active", "min": 1}}),
        other_version({"version": "2.0.0", "element": {"id": "Patient.gender", "max": "0"}}),
    ])
    resource = {"resourceType": "Patient", "gender": "female"}
    assert errors(Validator(library).validate(resource, [asked]).faults) == [expected]


def test_french_generations_stand_side_by_side(validator: Validator) -> None:
    for version in ("2.1.0", "2.2.0"):
        report = validator.validate(patient(), [f"{INS}|{version}"])
        assert report.profiles == (f"{INS}|{version}",)
    report = validator.validate(patient(), [f"{INS}|9.9.9"])
    assert "profile.version" in {each.rule for each in report.faults}
