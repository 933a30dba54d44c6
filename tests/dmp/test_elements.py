"""Reading FHIR: actors by their identifiers, patients by their designations."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import pytest

from dmp.domain import Acteur, Autorisation, Declaration, Moment, autorisation
from dmp.fhir.elements import Around, acteur, get, has_more_values, items, text
from dmp.fhir.patients import Designation, designation, find_patient
from dmp.seed import default_id
from services.population import DmpState, Matricule, Patient
from tests.dmp.messages import INS, OID, Json, practitioner

PERSON, STRUCTURE = "urn:oid:1.2.250.1.71.4.2.1", "urn:oid:1.2.250.1.71.4.2.2"


def identified(rtype: str, system: str, value: str, **more: object) -> Json:
    return {
        "resourceType": rtype, "id": "x",
        "identifier": [{"system": system, "value": value}], **more,
    }


@pytest.mark.parametrize(("resource", "expected"), [
    (identified("Practitioner", PERSON, "899900000011"), Acteur("899900000011")),
    (identified("Practitioner", "https://rpps.esante.gouv.fr", "99900000011"),
     Acteur("899900000011")),
    (identified("PractitionerRole", PERSON, "899900000011"), Acteur("899900000011")),
    (identified("Organization", STRUCTURE, "1990780017"), Acteur("", "1990780017")),
    (identified("Organization", "https://finess.esante.gouv.fr", "990780017"),
     Acteur("", "1990780017")),
    (identified("Organization", "https://sirene.fr", "99000000100011"),
     Acteur("", "399000000100011")),
    (identified("Organization", "https://sirene.fr", "990000001"), Acteur()),
    (identified("Device", PERSON, "3990780017/AUTOMATE", owner={
        "identifier": {"system": STRUCTURE, "value": "1990780017"},
    }), Acteur("3990780017/AUTOMATE", "1990780017")),
    ({"resourceType": "Practitioner", "id": "x"}, Acteur()),
], ids=lambda one: str(one)[:60])
def test_an_actor_is_known_by_its_identifiers(resource: Json, expected: Acteur) -> None:
    assert acteur({"reference": "#x"}, Around.of({"contained": [resource]}, {})) == expected


def test_a_role_leads_to_its_person_and_structure() -> None:
    around = Around.of({"contained": practitioner()}, {})
    assert acteur({"reference": "#auteur"}, around) == Acteur(
        "899900000011", "499900000011000", "EXEMPLAIRE", "Claire"
    )


def test_a_logical_reference_is_enough() -> None:
    reference = {"identifier": {"system": PERSON, "value": "899900000011"}}
    assert acteur(reference, Around()) == Acteur("899900000011")


BASE = "http://127.0.0.1:8080/t/essai"
PATIENT: Json = {"resourceType": "Patient", "id": "p", "identifier": [
    {"system": "urn:oid:1.2.3", "value": "IPP"}, {"system": f"urn:oid:{OID}", "value": INS},
]}


@pytest.mark.parametrize(("subject", "expected"), [
    ({"identifier": {"system": f"urn:oid:{OID}", "value": INS}}, Designation(INS, OID)),
    ({"reference": f"Patient?identifier=urn:oid:{OID}|{INS}"}, Designation(INS, OID)),
    ({"reference": f"Patient?identifier={INS}"}, Designation(INS, "")),
    ({"reference": f"{BASE}/dmp/fhir/Patient?identifier=urn:oid:{OID}|{INS}"},
     Designation(INS, OID)),
    ({"reference": "#p"}, Designation(INS, OID)),
    ({"reference": "Patient/p"}, Designation(id="p")),
    ({"reference": f"{BASE}/dmp/fhir/Patient/p"}, Designation(id="p")),
    ({"reference": "urn:uuid:1"}, Designation(INS, OID)),
    ({}, Designation()), (None, Designation()),
])
def test_a_subject_is_read_in_every_form(subject: object, expected: Designation) -> None:
    around = Around({"p": PATIENT}, {"urn:uuid:1": PATIENT})
    assert designation(subject, around, BASE) == expected


def test_default_consents_have_an_id_that_fhir_takes() -> None:
    for id_nat in ("899900000011", "3990780017/SECR0001", "ANS01234567890123"):
        id = default_id(patient(), id_nat)
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", id)
        assert id.rpartition(".")[0] == "p"


def test_a_matricule_with_a_nul_is_no_patient() -> None:
    """PostgreSQL cannot even be asked."""
    unasked: Any = SimpleNamespace(sandbox=SimpleNamespace(database=None), tenant=None)
    said = designation(
        {"reference": f"Patient?identifier=urn:oid:{OID}%7C%00"}, Around(), BASE
    )
    assert said == Designation("\0", OID)
    assert asyncio.run(find_patient(unasked, said)) is None


@pytest.mark.parametrize(("value", "most", "more"), [
    ({"a": [1, 2]}, 4, False), ({"a": [1, 2]}, 3, True), ([[[[]]]], 4, False), ([[[[]]]], 3, True),
    ("texte", 1, False),
])
def test_values_are_counted_at_every_level(value: object, most: int, more: bool) -> None:
    assert has_more_values(value, most) is more


def test_paths_may_be_absent() -> None:
    assert get({"a": [{"b": 1}]}, "a", 0, "b") == 1
    assert get({"a": "text"}, "a", 0, "b") is None
    assert text({"a": 3}, "a") == ""
    assert items({"a": {}}, "a") == []


@pytest.mark.parametrize(("one", "other", "same"), [
    ("2026-11-03T10:15:00+01:00", "2026-11-03T09:15:00Z", True),
    ("2026-11-03", "2026-11-03T09:15:00Z", True),
    ("2026-11-03T10:15:00+01:00", "2026-11-03T10:15:00Z", False),
    ("2026-02-30", "2026-02-30", False), ("9999-12-31", "9999-12-31", True),
])
def test_moments_meet_at_their_precision(one: str, other: str, same: bool) -> None:
    assert Moment.of(one).meets(Moment.of(other)) is same


def patient(*opposed: str) -> Patient:
    return Patient(
        "p", Matricule(INS[:13], INS[13:], OID), "PAT-TROIS", ("DOMINIQUE",), "F", "1979-03-28",
        dmp=DmpState(opposed=opposed),
    )


@pytest.mark.parametrize(("opposed", "active", "until", "expected"), [
    ((), None, None, Autorisation.NON_EXISTE), ((), False, None, Autorisation.NON_EXISTE),
    ((), True, None, Autorisation.VALIDE), ((), True, 11, Autorisation.VALIDE),
    ((), True, 10, Autorisation.EXPIRE), (("8999",), True, None, Autorisation.INTERDIT),
    (("bris_de_glace",), True, None, Autorisation.VALIDE),
])
def test_what_an_authorisation_is_worth(
    opposed: tuple[str, ...], active: bool | None, until: int | None, expected: Autorisation
) -> None:
    declared = None if active is None else Declaration("d", "p", "8999", active, 0, until)
    assert autorisation(patient(*opposed), "8999", declared, 10) is expected
