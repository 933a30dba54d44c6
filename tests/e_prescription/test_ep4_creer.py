"""EP4: registering under a number that the prescriber's software made."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.e_prescription.codes import EprescType
from tests.e_prescription.conftest import (
    DOCTOR,
    NURSE,
    PHARMACIST,
    REPLACEMENT,
    SECRETARY,
    Ep,
    day,
    error_of,
    line,
    numero,
    prescription,
)


def rules_of(answer: httpx.Response) -> set[str]:
    return {each["regle"] for each in answer.json()["avertissements"]}


def test_registering_is_acknowledged_with_number_state_and_etag(ep: Ep) -> None:
    number = numero()
    answer = ep.register(identifiant=number)
    assert answer.status_code == 201
    assert answer.json()["identifiant"] == number
    assert answer.json()["etat"] == "ENREGISTREE"
    assert answer.json()["avertissements"] == []
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["x-sandbox-fidelity"] == "derived"


def test_t01_same_number_same_content_is_one_record(ep: Ep) -> None:
    content = prescription()
    first = ep.call("ep4_creer", DOCTOR, content)
    shuffled = dict(reversed(content.items()))
    again = ep.call("ep4_creer", DOCTOR, shuffled | {
        "contexte": {"codeSpecialite": "02"}, "nature": "CREATION", "rppsRemplacant": None,
    })
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["horodatage"] == first.json()["horodatage"]


def test_t02_same_number_other_content_is_409(ep: Ep) -> None:
    number = ep.registered()
    answer = ep.register(identifiant=number, lignes=[line(quantite=2)])
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "numero-deja-utilise"
    assert ep.read(number).json()["lignes"][0]["quantitePrescrite"] == 1


def test_another_prescriber_cannot_take_the_number(ep: Ep) -> None:
    content = prescription()
    assert ep.call("ep4_creer", DOCTOR, content).status_code == 201
    assert ep.call("ep4_creer", REPLACEMENT, content).status_code == 409


@pytest.mark.parametrize("number", [
    "01S2TBPZ2jCNZZYGHZ", "01S2TBPZ2JCNZZYGH", "01S2TBPZ2JCNZZYGHZ0", "01S2TBPZ2JCNZZYGÉZ",
])
def test_t03_malformed_number_is_400(ep: Ep, number: str) -> None:
    answer = ep.register(identifiant=number)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "numero-invalide"
    assert error_of(answer)["emplacement"] == "identifiant"


@pytest.mark.parametrize("patient", [
    {"nomFamille": "N" * 101, "prenom": "R"}, {"prenom": "R"}, {"nomFamille": "  "},
    {"nomFamille": None}, {"nomFamille": 12},
])
def test_t06_family_name_is_mandatory_and_short(ep: Ep, patient: dict[str, Any]) -> None:
    answer = ep.register(patient=patient)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "champ-invalide"
    assert error_of(answer)["emplacement"] == "patient.nomFamille"


@pytest.mark.parametrize("kind", list(EprescType))
def test_t07_the_eight_kinds_are_accepted(ep: Ep, kind: EprescType) -> None:
    assert ep.register(lignes=[line(eprescType=kind)]).status_code == 201


@pytest.mark.parametrize("kind", ["acteImagerie", "Medicament", "", None, 3])
def test_t07_other_kinds_are_400(ep: Ep, kind: object) -> None:
    answer = ep.register(lignes=[line(eprescType=kind)])
    assert answer.status_code == 400
    assert error_of(answer)["emplacement"] == "lignes[0].eprescType"
    assert "acteOrthoptie" in error_of(answer)["attendu"]


@pytest.mark.parametrize(("changes", "place"), [
    ({"dateRedaction": "2026-02-30"}, "dateRedaction"),
    ({"dateRedaction": "20260302"}, "dateRedaction"),
    ({"dateRedaction": "2026-W01-1"}, "dateRedaction"),
    ({"lignes": []}, "lignes"),
    ({"lignes": "L1"}, "lignes"),
    ({"lignes": [line(), 3]}, "lignes[1]"),
    ({"lignes": [line(), line()]}, "lignes[1].idLigne"),
    ({"lignes": [line(quantite=0)]}, "lignes[0].quantite"),
    ({"lignes": [line(quantite=True)]}, "lignes[0].quantite"),
    ({"lignes": [line(quantite=1.5)]}, "lignes[0].quantite"),
    ({"lignes": [line(quantite=10_000)]}, "lignes[0].quantite"),
    ({"lignes": [line(quantite=10**30)]}, "lignes[0].quantite"),
    ({"lignes": [line(renouvellements=-1)]}, "lignes[0].renouvellements"),
    ({"lignes": [line(ald="non")]}, "lignes[0].ald"),
    ({"lignes": [line(cis=60234100)]}, "lignes[0].cis"),
    ({"lignes": [line(libelle="x" * 1001)]}, "lignes[0].libelle"),
    ({"lignes": [line(libelle="a\u0000b")]}, "lignes[0].libelle"),
    ({"patient": "PAT-TROIS"}, "patient"),
    ({"patient": {"nomFamille": "A", "dateNaissance": "28/03/1979"}}, "patient.dateNaissance"),
    ({"patient": {"nomFamille": "A", "ins": {"matricule": "12"}}}, "patient.ins.matricule"),
    ({"patient": {"nomFamille": "A", "ins": {"oid": "1.2.3"}}}, "patient.ins.oid"),
    ({"professionnel": {"rpps": "899900000011"}}, "professionnel.rpps"),
    ({"professionnel": {"rpps": "９９９０００２３１３８"}}, "professionnel.rpps"),
    ({"nature": "REMPLACEMENT"}, "nature"),
])
def test_a_malformed_field_is_400_and_named(
    ep: Ep, changes: dict[str, Any], place: str
) -> None:
    answer = ep.register(**changes)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "champ-invalide"
    assert error_of(answer)["emplacement"] == place


@pytest.mark.parametrize(("body", "status", "code"), [
    (b"{", 400, "structure"), (b"\xff\xfe{}", 400, "structure"), (b"[]", 400, "champ-invalide"),
    (b"", 400, "structure"), (b"{" + b" " * 2_200_000 + b"}", 413, "too-long"),
    (b"[" * 100_000, 400, "structure"), (b'{"a":' * 300 + b"1" + b"}" * 300, 400, "structure"),
    (b'{"x":' + b"[" * 30 + b"]" * 30 + b"}", 400, "structure"),
    (b'{"lignes":[{"quantite":NaN}]}', 400, "structure"),
    (b'{"lignes":[{"quantite":1e999}]}', 400, "structure"),
])
def test_unreadable_bodies(api: httpx.Client, body: bytes, status: int, code: str) -> None:
    answer = api.post("/e-prescription/v1/ep4_creer", content=body,
                      headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert error_of(answer)["code"] == code


def test_other_media_types_are_415(api: httpx.Client) -> None:
    answer = api.post("/e-prescription/v1/ep4_creer", content=b"{}",
                      headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415


def test_a_token_is_required(ep: Ep) -> None:
    assert ep.register(who=None).status_code == 401


def test_a_token_of_another_tenant_is_refused(ep: Ep, token: Any) -> None:
    foreign = token(DOCTOR, tenant_name="elsewhere")
    answer = ep.call("ep4_creer", None, prescription(), Authorization=f"Bearer {foreign}")
    assert answer.status_code == 401


@pytest.mark.parametrize(("who", "kind", "status"), [
    (PHARMACIST, "medicament", 403), (SECRETARY, "medicament", 403),
    (NURSE, "acteBiologieMedicale", 403), (NURSE, "dispositifMedical", 201),
])
def test_each_profession_prescribes_its_kinds(
    ep: Ep, who: str, kind: str, status: int
) -> None:
    answer = ep.register(who, lignes=[line(eprescType=kind)], professionnel={})
    assert answer.status_code == status
    if status == 403:
        assert error_of(answer)["code"] == "profession-non-habilitee"
        assert error_of(answer)["emplacement"] == "lignes[0].eprescType"


def test_a_prescriber_that_is_not_the_caller_is_a_finding(ep: Ep) -> None:
    answer = ep.register(professionnel={"rpps": "99900023138"})
    assert answer.status_code == 201
    assert rules_of(answer) == {"EP-PRESCRIPTEUR"}


def test_a_replacement_signs_for_the_replaced_doctor(ep: Ep) -> None:
    answer = ep.register(REPLACEMENT, rppsRemplacant=REPLACEMENT[1:])
    assert answer.status_code == 201
    assert rules_of(answer) == set()
    assert rules_of(ep.register(REPLACEMENT)) == {"EP-PRESCRIPTEUR"}


def test_an_unknown_patient_is_a_finding(ep: Ep) -> None:
    answer = ep.register(patient={"nomFamille": "PERSONNE", "dateNaissance": "1990-01-01"})
    assert answer.status_code == 201
    assert rules_of(answer) == {"EP-PATIENT-INCONNU"}


def test_a_patient_without_ins_is_known_by_traits(ep: Ep) -> None:
    answer = ep.register(patient={"nomFamille": "Pat-Trois", "dateNaissance": "1979-03-28"})
    assert rules_of(answer) == set()


def test_other_traits_than_those_of_the_ins_are_findings(ep: Ep) -> None:
    patient = prescription()["patient"] | {"nomFamille": "DUPONT", "dateNaissance": "1980-01-01"}
    answer = ep.register(patient=patient)
    assert rules_of(answer) == {"EP-PATIENT-TRAITS"}
    assert len(answer.json()["avertissements"]) == 2


def test_an_unread_field_is_an_information(ep: Ep) -> None:
    answer = ep.register(lignes=[line(posologie="1 par jour")])
    finding, = answer.json()["avertissements"]
    assert finding["regle"] == "EP-CHAMP-INCONNU"
    assert finding["emplacement"] == "lignes[0].posologie"


def test_thousands_of_unread_fields_are_counted(ep: Ep) -> None:
    answer = ep.register(**{f"x{n}": n for n in range(3000)})
    warnings = answer.json()["avertissements"]
    assert len(warnings) == 21
    assert warnings[-1]["trouve"] == "2980 autres champs inconnus"


@pytest.mark.parametrize("day_of_drafting", ["9999-12-31", "0001-01-01", "1900-02-28"])
def test_dates_at_the_ends_of_the_calendar(ep: Ep, day_of_drafting: str) -> None:
    answer = ep.register(dateRedaction=day_of_drafting)
    assert answer.status_code == 201
    assert ep.read(answer.json()["identifiant"]).status_code in (200, 410)


def test_findings_reach_the_journal(ep: Ep, journal: Any) -> None:
    answer = ep.register(lignes=[line(nonSubstituable=True)])
    entry = journal(service="e_prescription", transaction="EP4")[0]
    assert entry["id"] == answer.headers["x-sandbox-exchange"]
    assert entry["outcome"] == "fail"
    assert entry["caller"] == DOCTOR
    assert [each["rule"] for each in entry["findings"]] == ["EP-NON-SUBSTITUTION"]


@pytest.mark.parametrize(("changes", "code"), [
    ({"dateRedaction": day(3)}, "regle-non-respectee"),
    ({"professionnel": {"rpps": "99900023138"}}, "prescripteur-different"),
])
def test_a_strict_tenant_refuses_what_a_lenient_one_notes(
    ep: Ep, api: httpx.Client, changes: dict[str, Any], code: str
) -> None:
    assert ep.register(**changes).status_code == 201
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    answer = ep.register(**changes)
    assert answer.status_code in (403, 422)
    assert error_of(answer)["code"] == code


def test_generated_numbers_are_numbers(ep: Ep, api: httpx.Client) -> None:
    numbers = {
        api.get("/e-prescription/v1/generateIdentifiantUnique").json()["identifiant"]
        for _ in range(20)
    }
    assert len(numbers) == 20
    for number in numbers:
        assert number.startswith("01")
        assert ep.register(identifiant=number).status_code == 201
