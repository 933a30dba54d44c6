"""Adding professionals, structures, mailboxes and clients over the control API."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from services.population.matricule import passes_luhn

PROFESSIONAL = {"nom": "Nouvelle", "prenom": "Zoé"}
KINDS = ("patients", "professionals", "structures", "mailboxes", "clients")


def added(api: httpx.Client, kind: str, /, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/sandbox/{kind}", json=body)
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_a_professional_is_completed(api: httpx.Client) -> None:
    stored = added(
        api, "professionals", **PROFESSIONAL, profession={"code": "60"},
        structures=[{"id": "cabinet-infirmier"}],
    )
    assert stored.pop("avertissements") == []
    assert re.fullmatch(r"999\d{8}", stored["rpps"])
    assert passes_luhn(stored["rpps"])
    assert stored["id_nat"] == f"8{stored['rpps']}"
    assert (stored["nom"], stored["prenom"], stored["card"]) == ("NOUVELLE", "Zoé", "CPS")
    assert stored["profession"] == {"code": "60", "label": "Infirmier"}
    assert stored["mailboxes"] == [
        {"address": "zoe.nouvelle@infirmier.socle.mssante.fr", "type": "PER"}
    ]
    [activity] = stored["exercices"][0]["activities"]
    assert activity == {
        "structure_id": "cabinet-infirmier", "mode": "L", "secteur": "SA08", "role": "",
        "genre": "GENR01", "section_pharmacien": "",
    }
    assert stored["structures"][0]["nom"] == "CABINET INFIRMIER PANSECOURT"
    assert api.get(f"/sandbox/professionals/{stored['id_nat']}").json() == stored
    assert api.get(f"/sandbox/professionals/{stored['id']}").json() == stored
    assert api.get("/sandbox/identities").json()["professionals"][-1] == stored


def test_a_doctor_and_a_pharmacist_get_their_usual_codes(api: httpx.Client) -> None:
    doctor = added(api, "professionals", **PROFESSIONAL, profession={"code": "10"})
    assert doctor["specialite"] == "SM54"
    assert doctor["exercices"][0]["civilite"] == "DR"
    pharmacist = added(
        api, "professionals", **PROFESSIONAL, profession={"code": "21"},
        structures=[{"id_nat": "1990200016"}],
    )
    assert pharmacist["exercices"][0]["activities"][0]["section_pharmacien"] == "A"
    assert pharmacist["mailboxes"][0]["address"] == "zoe.nouvelle@pharmacien.socle.mssante.fr"
    other = added(api, "professionals", **PROFESSIONAL, profession={"code": "21"})
    assert other["mailboxes"][0]["address"] == "zoe.nouvelle2@pharmacien.socle.mssante.fr"


def test_an_employee_is_numbered_after_its_structure(api: httpx.Client) -> None:
    one = added(api, "professionals", **PROFESSIONAL, structures=[{"id": "hopital-fictiville"}])
    assert re.fullmatch(r"3990780017/EMPL\d{6}", one["id_nat"])
    assert (one["card"], one["rpps"], one["mailboxes"]) == ("CPE", "", [])
    assert one["exercices"][0]["activities"][0]["genre"] == "GENR13"
    assert api.get(f"/sandbox/professionals/{one['id_nat']}").json()["id"] == one["id"]


def test_several_exercises_and_activities_are_kept(api: httpx.Client) -> None:
    exercices = [
        {"profession": "10", "savoir_faire": "SM04", "nom": "AUTRE", "activities": [
            {"structure_id": "hopital-fictiville", "role": "FON-33"},
            {"structure_id": "maison-de-sante", "mode": "L"},
        ]},
        {"profession": "70", "categorie": "E"},
    ]
    one = added(api, "professionals", **PROFESSIONAL, exercices=exercices, mailboxes=[])
    assert [each["profession"] for each in one["exercices"]] == ["10", "70"]
    assert [each["nom"] for each in one["exercices"]] == ["AUTRE", "NOUVELLE"]
    assert [each["id"] for each in one["structures"]] == ["hopital-fictiville", "maison-de-sante"]
    assert one["mailboxes"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_tenant_shows_can_be_added_to_another(
    api: httpx.Client, tenant: str, kind: str
) -> None:
    path = {"clients": "/sandbox/clients"}.get(kind, f"/sandbox/{kind}")
    shown = api.get(path, params={"limit": 500}).json()[kind]
    own = "client_id" if kind == "clients" else "address" if kind == "mailboxes" else "id"
    for one in shown[:20]:
        removed = api.delete(f"/sandbox/{kind}/{one[own]}")
        if removed.status_code == 409:
            continue
        assert removed.status_code == 200
        answer = api.post(f"/sandbox/{kind}", json=one)
        if one.get("owner_id") is None or one["type"] != "PAT":
            assert answer.status_code == 201, (one, answer.text)
            assert answer.json() | {"avertissements": []} == one | {"avertissements": []}


def test_a_structure_is_completed(api: httpx.Client) -> None:
    hospital = added(
        api, "structures", nom="CLINIQUE", kind="hopital", finess_ej="990000010",
        adresse=["12 rue des Essais", "99000 FICTIVILLE"],
        mailboxes=[{"address": "contact@clinique.socle.mssante.fr"}],
    )
    assert re.fullmatch(r"99\d{7}", hospital["finess"])
    assert passes_luhn(hospital["finess"])
    assert hospital["id_nat"] == f"1{hospital['finess']}"
    assert hospital["technical_id"] == f"F{hospital['finess']}"
    assert passes_luhn(hospital["siret"])
    assert hospital["secteur"] == "SA01"
    assert (hospital["voie_numero"], hospital["voie_libelle"]) == ("12", "rue des Essais")
    assert (hospital["code_postal"], hospital["commune"]) == ("99000", "FICTIVILLE")
    assert hospital["mailboxes"] == [
        {"address": "contact@clinique.socle.mssante.fr", "type": "ORG"}
    ]
    practice = added(api, "structures", nom="CABINET")
    assert practice["finess"] == ""
    assert (practice["id_nat"], practice["technical_id"]) == (
        f"3{practice['siret']}", f"C{practice['siret']}"
    )


def test_a_mailbox_is_completed(api: httpx.Client) -> None:
    personal = added(api, "mailboxes", owner_id="899900000011")
    assert personal == {
        "address": "claire.exemplaire@medecin.socle.mssante.fr".replace("@", "2@"),
        "type": "PER", "owner_id": "medecin-exemplaire", "delegates": [],
        "title": "Dr_Claire_EXEMPLAIRE", "avertissements": [],
    }
    shared = added(api, "mailboxes", owner_id="cabinet-exemplaire")
    assert shared["type"] == "ORG"
    assert shared["delegates"] == ["899900000011", "899900000037", "500099001000019/SECR0002"]
    assert shared["address"].endswith(".socle.mssante.fr")


def test_a_client_is_completed(api: httpx.Client) -> None:
    client = added(api, "clients")
    assert re.fullmatch(r"client-\d{6}", client["client_id"])
    assert len(client["client_secret"]) == 32
    assert client["any_loopback"] is True
    assert client["flows"] == ["authorization_code", "refresh_token"]
    exact = added(api, "clients", redirect_uris=["https://logiciel.example/retour", "app:/retour"])
    assert exact["any_loopback"] is False
