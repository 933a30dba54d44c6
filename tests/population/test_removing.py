"""Removing people over the control API: what goes with them, and what keeps them."""

from __future__ import annotations

import httpx

from tests.population.test_changing import DOCTOR, changed, error, removed


def test_a_professional_is_removed_with_what_names_it(api: httpx.Client) -> None:
    answer = api.delete("/sandbox/professionals/899900000045")
    assert answer.status_code == 200
    assert answer.json() == {
        "removed": [{"kind": "professional", "id": "899900000045"},
                    {"kind": "mailbox", "id": "ines.factice@ch-fictiville.socle.mssante.fr"}],
        "changed": [{"kind": "mailbox", "id": "cardiologie@ch-fictiville.socle.mssante.fr"},
                    {"kind": "patient", "id": "opposante-solange"}],
    }
    box = api.get("/sandbox/mailboxes/cardiologie@ch-fictiville.socle.mssante.fr").json()
    assert box["delegates"] == ["899900000094", "3990780017/SECR0001"]
    opposing = api.get("/sandbox/patients/opposante-solange").json()
    assert opposing["dmp"]["opposed"] == []
    assert "899900000045" not in opposing["behaviours"]["dmp"]


def test_a_structure_is_not_removed_under_its_people(api: httpx.Client) -> None:
    refusal = api.delete("/sandbox/structures/cabinet-exemplaire")
    assert error(refusal) == (409, "utilise")
    assert "EXEMPLAIRE Claire, PASSAGER Hugo, STANDARD Loïc" in refusal.json()["erreur"]["libelle"]
    for id_nat in (DOCTOR, "899900000037", "500099001000019/SECR0002"):
        removed(api, f"professionals/{id_nat}")
    assert removed(api, "structures/cabinet-exemplaire") == [
        "cabinet-exemplaire", "secretariat@cabinet-exemplaire.socle.mssante.fr"
    ]


def test_a_legal_entity_is_not_removed_nor_renumbered_under_its_parts(api: httpx.Client) -> None:
    refusal = api.delete("/sandbox/structures/ch-fictiville")
    assert error(refusal) == (409, "utilise")
    assert "HOPITAL DE LA MAQUETTE, SAMU 99" in refusal.json()["erreur"]["libelle"]
    refusal = api.patch("/sandbox/structures/ch-fictiville", json={"finess": "990000028"})
    assert error(refusal) == (422, "structure")
    renumbered = changed(api, "structures/pharmacie-du-socle", finess="990000028")
    assert (renumbered["id_nat"], renumbered["technical_id"]) == ("1990000028", "F990000028")


def test_the_first_of_a_profession_steps_in_for_a_hidden_one(api: httpx.Client) -> None:
    removed(api, f"professionals/{DOCTOR}")
    first = api.get("/sandbox/identities").json()["professionals"][0]
    assert first["id"] == "pharmacien-officinal"
