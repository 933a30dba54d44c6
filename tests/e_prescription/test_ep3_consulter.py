"""EP3: who may read what, and what remains."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e_prescription.conftest import (
    BIOLOGIST,
    DOCTOR,
    FINESS,
    NURSE,
    PHARMACIST,
    REPLACEMENT,
    SECRETARY,
    Ep,
    day,
    error_of,
    line,
    numero,
)

MIXED = [
    line(), line(idLigne="L2", eprescType="acteInfirmier", libelle="Pansement", quantite=10),
    line(idLigne="L3", eprescType="acteBiologieMedicale", libelle="NFS"),
]


def ids(answer: Any) -> list[str]:
    return [each["idLigne"] for each in answer.json()["lignes"]]


def test_a_pharmacist_reads_lines_as_received(ep: Ep) -> None:
    number = ep.registered(lignes=[line(quantite=3, renouvellements=2, ald=True)])
    answer = ep.read(number)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    only, = answer.json()["lignes"]
    assert only["libelle"] == "DOLIPRANE 1000 mg, comprimé"
    assert only["ald"] is True
    assert (only["etat"], only["quantitePrescrite"], only["quantiteRestante"]) == (
        "A_EXECUTER", 9, 9
    )
    assert only["renouvellementsRestants"] == 2
    assert answer.json()["prescripteur"]["idNat"] == DOCTOR
    assert answer.json()["executions"] == []


def test_t05_neither_am_number_nor_finess_is_refused(ep: Ep, journal: Any) -> None:
    number = ep.registered()
    answer = ep.read(number, contexte={})
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "EF_EP3_E303_03"
    assert journal(transaction="EP3")[0]["findings"][0]["rule"] == "EF_EP3_E303_03"


def test_t05_a_finess_is_enough(ep: Ep) -> None:
    number = ep.registered()
    answer = ep.read(number, contexte={}, professionnel={"structure": {"finess": FINESS}})
    assert answer.status_code == 200


def test_unknown_number_is_404(ep: Ep) -> None:
    answer = ep.read(numero())
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "prescription-inconnue"


def test_another_tenant_sees_nothing(ep: Ep, token: Any, server: Any) -> None:
    number = ep.registered()
    foreign = token(PHARMACIST, tenant_name="elsewhere")
    answer = ep.api.post(
        f"{server.url}/t/elsewhere/e-prescription/v1/ep3_consulter",
        json={"identifiant": number, "contexte": {"identifiantFacturation": "1"}},
        headers={"Authorization": f"Bearer {foreign}"},
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(("who", "seen"), [
    (DOCTOR, ["L1", "L2", "L3"]), (PHARMACIST, ["L1"]), (NURSE, ["L2"]), (BIOLOGIST, ["L3"]),
])
def test_t24_executants_see_the_lines_of_their_profession(
    ep: Ep, who: str, seen: list[str]
) -> None:
    assert ids(ep.read(ep.registered(lignes=MIXED), who)) == seen


@pytest.mark.parametrize(("who", "code"), [
    (NURSE, "profession-non-habilitee"), (SECRETARY, "profession-non-habilitee"),
    (REPLACEMENT, "prescripteur-different"),
])
def test_others_are_403(ep: Ep, who: str, code: str) -> None:
    answer = ep.read(ep.registered(), who)
    assert answer.status_code == 403
    assert error_of(answer)["code"] == code


def test_the_replaced_doctor_reads_what_the_replacement_prescribed(ep: Ep) -> None:
    number = ep.registered(REPLACEMENT, rppsRemplacant=REPLACEMENT[1:])
    assert ep.read(number, DOCTOR).status_code == 200


def test_executions_are_shown_with_what_was_said_of_them(ep: Ep) -> None:
    number = ep.registered()
    ep.execute(number, {"idLigne": "L1", "resultat": "DELIVRE", "numeroLot": "A12"})
    execution, = ep.read(number, DOCTOR).json()["executions"]
    assert execution["executant"] == {"idNat": PHARMACIST, "finess": FINESS}
    assert execution["dateExecution"] == day()
    assert execution["lignes"][0]["numeroLot"] == "A12"
    assert execution["lignes"][0]["quantite"] == 1


def test_an_executant_sees_no_execution_of_another_profession(ep: Ep) -> None:
    number = ep.registered(lignes=MIXED)
    ep.execute(number, {"idLigne": "L2", "resultat": "DELIVRE_PARTIEL", "quantite": 3}, who=NURSE)
    assert ep.read(number, PHARMACIST).json()["executions"] == []
    assert len(ep.read(number, NURSE).json()["executions"]) == 1


def test_t23_opposition_masks_executions_from_the_prescriber_only(ep: Ep) -> None:
    number = ep.registered(oppositionConsultationExecution=True)
    ep.execute(number)
    masked = ep.read(number, DOCTOR)
    assert masked.json()["etat"] == "MASQUE"
    assert masked.json()["executions"] == []
    only, = masked.json()["lignes"]
    assert only["etat"] == "MASQUE"
    assert "quantiteRestante" not in only
    assert "etag" not in masked.headers
    shown = ep.read(number, PHARMACIST).json()
    assert shown["etat"] == "EXECUTEE"
    assert len(shown["executions"]) == 1


def test_t23_registering_again_does_not_tell_the_masked_state(ep: Ep) -> None:
    from tests.e_prescription.conftest import prescription

    content = prescription(oppositionConsultationExecution=True)
    ep.call("ep4_creer", DOCTOR, content)
    before = ep.call("ep4_creer", DOCTOR, content)
    ep.execute(content["identifiant"])
    after = ep.call("ep4_creer", DOCTOR, content)
    assert before.json() == after.json()
    assert after.json()["etat"] == "MASQUE"
    assert "etag" not in after.headers


def test_a_prescription_of_more_than_a_year_is_expired_but_readable(ep: Ep) -> None:
    number = ep.registered(dateRedaction=day(-370))
    assert ep.read(number).json()["etat"] == "EXPIREE"
    assert ep.read(number).json()["lignes"][0]["etat"] == "EXPIREE"


def test_t30_after_five_years_the_prescription_is_gone(ep: Ep) -> None:
    number = ep.registered(dateRedaction=day(-5 * 366))
    answer = ep.read(number)
    assert answer.status_code == 410
    assert error_of(answer)["code"] == "prescription-purgee"
