"""The base population agrees with itself and with the care of the design."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from services.population import Matricule, Patient, Professional, Structure, traits
from services.population.base import Base, base
from services.population.codes import profession_label
from services.population.derived import OPPOSITIONS
from services.population.kinds import MAILBOXES
from services.population.matricule import (
    EMPTY_COMMUNES,
    FIRST_ORDER,
    OID_NIA,
    OID_NIR,
    OID_NIR_DEMO,
    OID_NIR_TEST,
    OIDS,
    has_right_key,
    invented,
    luhn_digit,
    passes_luhn,
)

WRONG_KEYS = {("1810363220456", "60"), ("2810363220456", "10")}
TINY = {"2B106": 9, "97314": 150, "99507": 12_000, "99517": 18_000}
"""Other places of birth of invented people (communes and countries), and who lives there."""
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BASE: Base = base()
patients = pytest.mark.parametrize("one", BASE.patients.values(), ids=lambda one: one.id)
professionals = pytest.mark.parametrize("one", BASE.professionals.values(), ids=lambda one: one.id)
structures = pytest.mark.parametrize("one", BASE.structures.values(), ids=lambda one: one.id)


def numbers(one: Patient) -> tuple[Matricule, ...]:
    return (one.matricule, *one.historique)


def is_ours(one: Patient) -> bool:
    """Whether we invented the matricule."""
    return one.matricule.oid == OID_NIR_TEST and int(one.matricule.value[10:]) >= FIRST_ORDER


def test_default_people_come_first() -> None:
    everyone = list(BASE.professionals.values())
    assert everyone[0].profession == "10"
    assert everyone[0].exercices[0].savoir_faire == "SM54"
    assert next(one for one in everyone if one.profession == "21").id == "pharmacien-officinal"
    assert next(iter(BASE.patients.values())).nom_naissance == "PAT-TROIS"


def test_default_doctor_and_pharmacist_have_mailboxes() -> None:
    for id in ("medecin-exemplaire", "pharmacien-officinal"):
        assert [box.type for box in BASE.find(MAILBOXES, "owner", id)] == ["PER"]
    assert [box.type for box in BASE.find(MAILBOXES, "owner", "pharmacie-du-socle")] == ["ORG"]


def test_ids_are_unique_over_all_kinds() -> None:
    ids = [one.id for one in (
        *BASE.patients.values(), *BASE.professionals.values(), *BASE.structures.values()
    )]
    assert [id for id, count in Counter(ids).items() if count > 1] == []
    assert all(ID.fullmatch(id) for id in ids)


def test_no_matricule_belongs_to_two_patients() -> None:
    owners = Counter(value for one in BASE.patients.values()
                     for value in {each.value for each in numbers(one)})
    assert [value for value, count in owners.items() if count > 1] == []


def test_every_public_identity_keeps_its_oid() -> None:
    by_oid = {oid: {one.id for one in BASE.patients.values()
                    if one.matricule.oid == oid and not is_ours(one)} for oid in OIDS}
    assert by_oid[OID_NIA] == {"provisoire-matricule"}
    assert by_oid[OID_NIR_DEMO] == {"desmaux-nathalie", "desmaux-paul"}
    assert by_oid[OID_NIR_TEST] == {
        "pat-trois-dominique", "kit-dmp", "conteste-jean", "maximop-nadine"
    }
    assert len(by_oid[OID_NIR]) == 19


def test_requests_of_the_public_table_are_not_people() -> None:
    names = {(one.nom_naissance, one.prenoms[0]) for one in BASE.patients.values()}
    assert not names & {("NESSI", "NATHALIE"), ("DE VINCI", "RUTH"), ("PATB-QUATRE", "LAURENCE")}
    assert not {nom for nom, _ in names} & {"HOUILLES", "D'AEION"}


@patients
def test_patient_traits_follow_the_lexical_rules(one: Patient) -> None:
    assert traits.birth_name_problem(one.nom_naissance) == ""
    assert [traits.given_name_problem(name) for name in one.prenoms] == [""] * len(one.prenoms)
    assert traits.date_problem(one.date_naissance) == ""
    assert traits.place_problem(one.lieu_naissance) == ""


@patients
def test_patient_keys_fit_except_the_published_wrong_ones(one: Patient) -> None:
    wrong = {(each.value, each.cle) for each in numbers(one)
             if not has_right_key(each.value, each.cle)}
    assert wrong <= WRONG_KEYS
    assert all(each.oid in OIDS for each in numbers(one))


@patients
def test_invented_matricules_cannot_be_real(one: Patient) -> None:
    if not is_ours(one):
        return
    value, order = one.matricule.value, int(one.matricule.value[10:])
    assert one.lieu_naissance == value[5:10]
    assert value[5:10] in (*EMPTY_COMMUNES, *TINY)
    assert value == invented(one.sexe, one.date_naissance, one.lieu_naissance, order)
    for old in one.historique:
        assert old.value[5:] == value[5:]


@patients
def test_matricule_begins_with_the_sex(one: Patient) -> None:
    assert one.matricule.value[0] == {"M": "1", "F": "2"}[one.sexe]


@patients
def test_patient_mailbox_is_the_matricule(one: Patient) -> None:
    if one.dmp.status == "active" and one.matricule.oid != OID_NIA:
        assert one.mailbox == f"{one.ins}@patient.mssante.fr".lower()
    else:
        assert one.mailbox == ""


@patients
def test_dmp_states_are_complete(one: Patient) -> None:
    if one.dmp.status == "closed":
        assert traits.date_problem(one.dmp.closed_on) == ""
        assert one.dmp.closed_reason
    for opposed in one.dmp.opposed:
        assert opposed in OPPOSITIONS or opposed in BASE.professionals


@pytest.mark.parametrize("wanted", [
    "none", "closed", "minor", "bris_de_glace", "centre_15", "899900000045",
])
def test_every_special_patient_exists(wanted: str) -> None:
    states = [one.dmp for one in BASE.patients.values() if is_ours(one)]
    assert any(
        wanted == state.status or wanted in state.opposed or (wanted == "minor" and state.minor)
        for state in states
    )


@patients
def test_every_patient_says_what_each_service_does(one: Patient) -> None:
    assert set(one.behaviours) == {"ins", "dmp", "mssante", "e_prescription", "apcv"}


@professionals
def test_rpps_is_a_test_number(one: Professional) -> None:
    if one.origine == "RPPS":
        assert re.fullmatch(r"99[79]\d{8}", one.rpps)
        assert passes_luhn(one.rpps)
        assert one.id_nat == f"8{one.rpps}"
    else:
        assert one.rpps == ""


def test_identifiers_without_rpps() -> None:
    others = {one.origine: one.id_nat for one in BASE.professionals.values() if not one.rpps}
    hospital, practice = (
        BASE.structures[id] for id in ("hopital-fictiville", "cabinet-exemplaire")
    )
    assert re.fullmatch(r"ANS\d{14}", others["EDIT"])
    assert others["FINESS"].startswith(f"3{hospital.finess}/")
    assert others["SIRET"].startswith(f"5{practice.siret}/")


@professionals
def test_workplaces_exist(one: Professional) -> None:
    assert set(one.structure_ids) <= BASE.structures.keys()
    for activity in one.activities:
        assert activity.secteur == BASE.structures[activity.structure_id].secteur


@professionals
def test_professions_have_labels_and_doctors_a_specialty(one: Professional) -> None:
    for exercice in one.exercices:
        assert not exercice.profession or profession_label(exercice.profession)
        assert not exercice.savoir_faire or exercice.type_savoir_faire == "S"
        if exercice.profession == "10" and exercice.categorie == "C":
            assert exercice.savoir_faire
        own_name = (exercice.nom, exercice.prenom) == (one.nom, one.prenom)
        assert own_name is (one.id != "nom-d-exercice")


@professionals
def test_every_practising_professional_with_a_number_has_a_personal_mailbox(
    one: Professional,
) -> None:
    wanted = ["PER"] if one.exercices and one.card != "CPE" else []
    assert [box.type for box in BASE.find(MAILBOXES, "owner", one.id)] == wanted


@structures
def test_structure_numbers_are_impossible_and_consistent(one: Structure) -> None:
    for finess in filter(None, (one.finess, one.finess_ej)):
        assert re.fullmatch(r"99\d{7}", finess)
        assert passes_luhn(finess)
    assert re.fullmatch(r"000\d{11}", one.siret)
    assert passes_luhn(one.siret)
    assert passes_luhn(one.siren)
    assert one.code_postal.startswith("99")
    pairs = {
        "F": (f"F{one.finess}", f"1{one.finess}"), "C": (f"C{one.siret}", f"3{one.siret}"),
    }
    if one.technical_id[0] in pairs:
        assert (one.technical_id, one.id_nat) == pairs[one.technical_id[0]]


def test_a_practice_is_numbered_after_its_doctor() -> None:
    practice = BASE.structures["cabinet-exemplaire"]
    doctor = next(iter(BASE.professionals.values()))
    rank = doctor.rpps + "00"
    assert practice.technical_id.startswith("R")
    assert practice.id_nat == f"4{rank}{luhn_digit(rank)}"


def test_legal_entities_exist() -> None:
    kinds = {one.finess: one.kind for one in BASE.structures.values()}
    named = {one.finess_ej for one in BASE.structures.values()} - {""}
    assert {kinds[finess] for finess in named} == {"hopital_ej"}


def test_mailboxes_have_owners_and_delegates() -> None:
    owners = {
        "PER": {one.id for one in BASE.professionals.values()},
        "ORG": set(BASE.structures),
    }
    for box in BASE.mailboxes.values():
        assert box.owner_id in owners[box.type]
        assert set(box.delegates) <= BASE.professionals.keys()
        assert box.address == box.address.lower()
        assert box.address.endswith(".socle.mssante.fr")
        assert bool(box.delegates) == (box.type == "ORG")


def test_clients() -> None:
    demo, exact = BASE.clients["socle-demo"], BASE.clients["socle-exact"]
    assert (demo.client_secret, demo.any_loopback) == ("socle-demo", True)
    assert not exact.any_loopback
    assert exact.redirect_uris
    assert set(exact.flows) < set(demo.flows)
