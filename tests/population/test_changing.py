"""Changing and removing people over the control API: the base is never touched, others see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.kernel.tenants import OVERLAY
from services.population.matricule import key_of
from tests.conftest import Server
from tests.population.test_adding import added
from tests.population.test_behaviours import reply

DOCTOR = "899900000011"
USERINFO = "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo"
Token = Callable[..., str]


def changed(api: httpx.Client, path: str, **members: Any) -> dict[str, Any]:
    answer = api.patch(f"/sandbox/{path}", json=members)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def removed(api: httpx.Client, path: str) -> list[str]:
    answer = api.delete(f"/sandbox/{path}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["removed"]]


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["erreur"]["code"]


@pytest.mark.parametrize("path", [
    "patients/pat-trois-dominique", "patients/ecetinsi-pierre-alain",
    f"professionals/{DOCTOR}", "professionals/3990780017/SECR0001",
    "professionals/personne-sans-exercice", "professionals/double-exercice",
    "structures/cabinet-exemplaire", "structures/ch-fictiville", "structures/hopital-fictiville",
    "mailboxes/secretariat@cabinet-exemplaire.socle.mssante.fr", "clients/socle-demo",
    "clients/socle-exact",
])
def test_putting_back_what_was_read_changes_nothing(api: httpx.Client, path: str) -> None:
    shown = api.get(f"/sandbox/{path}").json()
    answer = api.put(f"/sandbox/{path}", json=shown)
    assert answer.status_code == 200, answer.text
    assert answer.json() == shown | {"avertissements": answer.json()["avertissements"]}
    assert api.get(f"/sandbox/{path}").json() == shown


def test_a_base_patient_is_changed_for_this_tenant_only(
    api: httpx.Client, server: Server, tenant: str
) -> None:
    before = api.get("/sandbox/patients", params={"limit": 500}).json()["patients"]
    one = changed(api, "patients/nessi-ruth", nom_naissance="Autrement", prenoms=["Ève"])
    assert (one["nom_naissance"], one["prenoms"], one["nom_utilise"]) == (
        "AUTREMENT", ["EVE"], "DE VINCI"
    )
    assert one["matricule"] == "2770763220829"
    assert "NESSI" not in one["behaviours"]["ins"]
    after = api.get("/sandbox/patients", params={"limit": 500}).json()["patients"]
    assert [each["id"] for each in after] == [each["id"] for each in before]
    assert next(each for each in after if each["id"] == "nessi-ruth")["prenoms"] == ["EVE"]
    other = httpx.get(f"{server.url}/t/{tenant}-b/sandbox/patients/nessi-ruth", trust_env=False)
    assert other.json()["nom_naissance"] == "NESSI"
    assert api.post("/sandbox/reset", json={}).status_code == 200
    assert api.get("/sandbox/patients", params={"limit": 500}).json()["patients"] == before


def test_a_base_person_can_be_hidden_and_added_again(api: httpx.Client) -> None:
    total = api.get("/sandbox/patients").json()["total"]
    shown = api.get("/sandbox/patients/nessi-ruth").json()
    assert removed(api, "patients/nessi-ruth") == [
        "nessi-ruth", "277076322082910@patient.mssante.fr"
    ]
    for path in ("nessi-ruth", "277076322082910"):
        assert error(api.get(f"/sandbox/patients/{path}")) == (404, "patient")
        assert error(api.delete(f"/sandbox/patients/{path}")) == (404, "patient")
        assert error(api.patch(f"/sandbox/patients/{path}", json={})) == (404, "patient")
    assert api.get("/sandbox/patients").json()["total"] == total - 1
    assert added(api, "patients", **shown)["id"] == "nessi-ruth"
    assert api.get("/sandbox/patients").json()["total"] == total


def test_a_reset_forgets_which_base_people_were_changed(
    api: httpx.Client, server: Server, tenant: str
) -> None:
    path = "patients/pat-trois-dominique"
    before = api.get(f"/sandbox/{path}").json()
    changed(api, path, nom_utilise="AUTRE")
    assert OVERLAY in server.run(server.sandbox.tenants.get(tenant)).settings
    api.put("/sandbox/settings", json={"strict": True})
    api.post("/sandbox/reset", json={})
    kept = server.run(server.sandbox.tenants.get(tenant))
    assert OVERLAY not in kept.settings
    assert kept.strict
    assert api.get(f"/sandbox/{path}").json() == before


def test_own_people_are_changed_and_removed(api: httpx.Client) -> None:
    one = added(api, "patients", nom_naissance="UN", prenoms=["A"], sexe="F",
                date_naissance="1960-01-01")
    path = f"patients/{one['id']}"
    other = "2600155050990"
    assert changed(api, path, matricule=other)["cle"] == key_of(other)
    assert api.get(f"/sandbox/patients/{one['matricule']}").status_code == 404
    assert api.get(f"/sandbox/patients/{other}").json()["id"] == one["id"]
    assert added(api, "patients", **one | {"id": ""})["matricule"] == one["matricule"]
    assert error(api.patch(f"/sandbox/{path}", json={"matricule": one["matricule"]})) == (
        409, "doublon"
    )
    assert removed(api, path)[0] == one["id"]
    assert error(api.get(f"/sandbox/{path}")) == (404, "patient")


def test_ins_answers_the_changed_patient(api: httpx.Client, token: Token) -> None:
    def code(prenom: str) -> str:
        name = {"use": "official", "family": "PAT-TROIS", "given": [prenom]}
        answer = api.post("/ins/fhir/Patient/$match", headers={
            "Authorization": f"Bearer {token()}", "Content-Type": "application/fhir+json",
        }, json={
            "resourceType": "Patient", "name": [name], "gender": "female",
            "birthDate": "1979-03-28",
        })
        return "00" if '"score":1' in answer.text else answer.text

    assert code("DOMINIQUE") == "00"
    changed(api, "patients/pat-trois-dominique", prenoms=["Zélie"])
    assert "CR01" in code("DOMINIQUE")
    assert code("ZELIE") == "00"
    removed(api, "patients/pat-trois-dominique")
    assert "CR01" in code("ZELIE")


def test_the_dmp_follows_the_patient_and_the_professional(
    api: httpx.Client, token: Token
) -> None:
    def search(access_token: str) -> str:
        return api.get("/dmp/fhir/DocumentReference", params={
            "patient.identifier": "urn:oid:1.2.250.1.213.1.4.10|279035121518989",
            "status": "current",
        }, headers={"Authorization": f"Bearer {access_token}"}).text

    access_token = token(DOCTOR)
    assert '"searchset"' in search(access_token)
    changed(api, "patients/pat-trois-dominique", dmp={"opposed": [DOCTOR]})
    assert "DMPAccessForbidden" in search(access_token)
    changed(api, "patients/pat-trois-dominique", dmp={"status": "closed",
                                                     "closed_on": "2026-01-01"})
    assert "DMPClosed" in search(access_token)
    one = changed(api, "patients/pat-trois-dominique", dmp={"opposed": [], "status": "active"})
    assert "DMP actif" in one["behaviours"]["dmp"]
    assert '"searchset"' in search(access_token)
    changed(api, f"professionals/{DOCTOR}", card="CPE")
    assert "DMPAccessDeniedByRightsService" in search(access_token)
    removed(api, f"professionals/{DOCTOR}")
    assert "searchset" not in search(access_token)


def test_pro_sante_connect_follows_the_professional(api: httpx.Client, token: Token) -> None:
    headers = {"Authorization": f"Bearer {token(DOCTOR)}"}
    changed(api, f"professionals/{DOCTOR}", nom="Renommée", structures=[{"id": "samu-99"}])
    content = api.get(USERINFO, headers=headers).json()
    assert content["family_name"] == "RENOMMÉE"
    assert content["SubjectOrganization"] == "SAMU 99 CENTRE 15"
    changed(api, "structures/samu-99", nom="SAMU RENOMME")
    assert api.get(USERINFO, headers=headers).json()["SubjectOrganization"] == "SAMU RENOMME"
    removed(api, f"professionals/{DOCTOR}")
    assert api.get(USERINFO, headers=headers).status_code == 401


def test_an_own_professional_logs_in_and_sends_mail(
    api: httpx.Client, server: Server, token: Token
) -> None:
    one = added(api, "professionals", nom="NOUVELLE", prenom="Zoé", profession={"code": "10"},
                structures=[{"id": "cabinet-exemplaire"}])
    [box] = [each["address"] for each in one["mailboxes"]]
    code, text = reply(server, box, token(one["id_nat"]), "279035121518989@patient.mssante.fr")
    assert code == 250, text
    changed(api, "patients/pat-trois-dominique", dmp={"status": "none"})
    code, text = reply(server, box, token(one["id_nat"]), "279035121518989@patient.mssante.fr")
    assert code == 550, text
    removed(api, f"mailboxes/{box}")
    code, text = reply(server, box, token(one["id_nat"]), "")
    assert (code, text[:5]) == (550, b"5.7.1")


def test_the_wallet_lists_own_professionals_and_stays_short(api: httpx.Client) -> None:
    query = {"client_id": "socle-demo", "response_type": "code", "scope": "openid scope_all",
             "state": "s", "nonce": "n", "acr_values": "eidas1",
             "redirect_uri": "http://127.0.0.1:9/retour"}
    one = added(api, "professionals", nom="ZZNOUVELLE", prenom="Zoé", profession={"code": "10"})
    api.put("/sandbox/ecps", json={"mode": "manual"})
    assert "ZZNOUVELLE" in api.get("/psc/auth", params=query).text
    api.post("/sandbox/identities/generate", json={"professionals": 300})
    page = api.get("/psc/auth", params=query | {"login_hint": one["id_nat"]})
    assert page.status_code == 200
    assert page.text.count('name="id_nat"') == 200
    assert "ZZNOUVELLE" in page.text
    assert api.get("/").status_code == 200


def test_an_own_client_is_known_to_pro_sante_connect(api: httpx.Client) -> None:
    one = added(api, "clients", redirect_uris=["https://logiciel.example/retour"])
    query = {"client_id": one["client_id"], "response_type": "code", "scope": "openid scope_all",
             "state": "s", "nonce": "n", "acr_values": "eidas1", "login_hint": DOCTOR,
             "redirect_uri": "https://logiciel.example/retour"}
    answer = api.get("/psc/auth", params=query)
    assert answer.headers["location"].startswith("https://logiciel.example/retour?")
    changed(api, f"clients/{one['client_id']}", redirect_uris=["https://autre.example/retour"])
    assert api.get("/psc/auth", params=query).status_code == 400
    removed(api, f"clients/{one['client_id']}")
    assert api.get("/psc/auth", params=query).status_code == 400


@pytest.mark.parametrize(("path", "change"), [
    (f"professionals/{DOCTOR}", {"id_nat": "899900000029"}),
    (f"professionals/{DOCTOR}", {"rpps": "99900000029"}),
    (f"professionals/{DOCTOR}", {"mailboxes": []}),
    ("mailboxes/claire.exemplaire@medecin.socle.mssante.fr", {"type": "ORG"}),
    ("mailboxes/claire.exemplaire@medecin.socle.mssante.fr", {"owner_id": "regulateur-quinze"}),
    ("mailboxes/claire.exemplaire@medecin.socle.mssante.fr", {"address": "x@a.mssante.fr"}),
    ("clients/socle-demo", {"client_id": "autre"}), ("clients/socle-demo", {"flows": ["x"]}),
    ("structures/pharmacie-du-socle", {"mailboxes": []}),
    ("patients/nessi-ruth", {"nom_naissance": None}), ("patients/nessi-ruth", {"inconnu": 1}),
])
def test_what_cannot_change_is_refused(
    api: httpx.Client, path: str, change: dict[str, Any]
) -> None:
    before = api.get(f"/sandbox/{path}").json()
    answer = api.patch(f"/sandbox/{path}", json=change)
    assert answer.status_code == 422
    assert api.get(f"/sandbox/{path}").json() == before


def test_a_patients_mailbox_follows_the_patient(api: httpx.Client) -> None:
    path = "/sandbox/mailboxes/277076322082910@patient.mssante.fr"
    assert error(api.delete(path)) == (409, "utilise")
    assert api.patch(path, json={"title": "x"}).status_code == 422


def test_a_profession_changes_without_losing_the_activity(api: httpx.Client) -> None:
    one = changed(api, f"professionals/{DOCTOR}", profession={"code": "60"}, specialite="")
    [exercice] = one["exercices"]
    assert (exercice["profession"], exercice["savoir_faire"]) == ("60", "")
    assert exercice["activities"][0]["role"] == "FON-01"
    assert one["behaviours"] == {}  # they told of a doctor
    kept = changed(api, "structures/samu-99", nom="SAMU", behaviours={"psc": "Le mien."})
    assert kept["behaviours"] == {"psc": "Le mien."}
