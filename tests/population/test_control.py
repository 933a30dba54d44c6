"""`/sandbox/identities` and its sisters, over the wire."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.population.matricule import EMPTY_COMMUNES, OID_NIR, OID_NIR_TEST, has_right_key

BODY = {
    "nom_naissance": "Nouvelle-Évrard", "prenoms": ["Zélie", "Anne Marie"], "sexe": "F",
    "date_naissance": "1950-00-00",
}
REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("nom_naissance", {"nom_naissance": "R2D2"}),
    ("nom_naissance", {"nom_naissance": ""}),
    ("prenoms", {"prenoms": ["-"]}),
    ("prenoms", {"prenoms": [" "]}),
    ("date_naissance", {"date_naissance": "31/12/1950"}),
    ("lieu_naissance", {"lieu_naissance": "6322"}),
    ("nom_utilise", {"nom_utilise": "C3"}),
    ("id", {"id": "../autre"}),
    ("matricule", {"matricule": "123"}),
    ("matricule", {"cle": "12"}),
    ("cle", {"matricule": "2600155050990", "cle": "1"}),
    ("cle", {"matricule": "260015505099012", "cle": "34"}),
    ("oid", {"oid": "1.2.3"}),
    ("oid", {"matricule": "2600155050990", "oid": "1.2.3"}),
    ("historique.0.matricule", {"historique": [{"matricule": "12"}]}),
    ("dmp.closed_on", {"dmp": {"status": "closed"}}),
    ("dmp.opposed", {"dmp": {"opposed": ["899999999999"]}}),
]


def test_identities_have_the_promised_shape(api: httpx.Client) -> None:
    content = api.get("/sandbox/identities").json()
    assert list(content) == ["patients", "professionals", "structures", "clients", "api_keys"]
    patient, professional = content["patients"][0], content["professionals"][0]
    assert (patient["matricule"], patient["cle"]) == ("2790351215189", "89")
    assert (patient["oid"], patient["prenoms"]) == (OID_NIR_TEST, ["DOMINIQUE", "MARIE-LOUISE"])
    assert {"id", "nom_naissance", "sexe", "date_naissance", "lieu_naissance"} <= patient.keys()
    assert {"ins", "dmp", "mssante"} <= patient["behaviours"].keys()
    assert {"id", "nom", "prenom", "behaviours"} <= professional.keys()
    assert professional["id_nat"] == "8" + professional["rpps"]
    assert professional["profession"] == {"code": "10", "label": "Médecin"}
    assert professional["mailboxes"][0]["type"] == "PER"
    assert professional["structures"][0]["id"] == content["structures"][0]["id"]
    assert {"client_id": "socle-demo", "client_secret": "socle-demo"}.items() <= (
        content["clients"][0].items()
    )
    assert content["api_keys"]["annuaire"]


def test_identities_are_filtered_without_case_or_accents(api: httpx.Client) -> None:
    content = api.get("/sandbox/identities", params={"q": "officinal éloi"}).json()
    assert [one["rpps"] for one in content["professionals"]] == ["99900000029"]
    assert content["patients"] == content["structures"] == content["clients"] == []


@pytest.mark.parametrize("kind", [
    "patients", "professionals", "structures", "mailboxes", "clients",
])
def test_lists_are_paged(api: httpx.Client, kind: str) -> None:
    whole = api.get(f"/sandbox/{kind}").json()
    page = api.get(f"/sandbox/{kind}", params={"limit": 1, "offset": 1}).json()
    assert page == {kind: [whole[kind][1]], "total": whole["total"], "limit": 1, "offset": 1}
    assert whole["total"] >= len(whole[kind])


@pytest.mark.parametrize("query", [
    {"limit": 0}, {"limit": 501}, {"offset": -1}, {"limit": "x"}, {"offset": 10**20},
    {"q": "x" * 101},
])
def test_unreasonable_pages_are_refused(api: httpx.Client, query: dict[str, Any]) -> None:
    answer = api.get("/sandbox/patients", params=query)
    assert answer.status_code == 422
    assert answer.json()["erreur"]["code"] == "corps"


def test_one_patient_by_id_or_matricule(api: httpx.Client) -> None:
    expected = api.get("/sandbox/patients/nessi-ruth").json()
    assert expected["nom_utilise"] == "DE VINCI"
    assert api.get("/sandbox/patients/277076322082910").json() == expected
    unknown = api.get("/sandbox/patients/personne")
    assert unknown.status_code == 404
    assert unknown.json()["erreur"]["code"] == "patient"


def test_a_patient_is_completed(api: httpx.Client) -> None:
    answer = api.post("/sandbox/patients", json=BODY)
    assert answer.status_code == 201
    stored = answer.json()
    assert stored["nom_naissance"] == "NOUVELLE-EVRARD"
    assert stored["prenoms"] == ["ZELIE", "ANNE", "MARIE"]
    assert stored["oid"] == OID_NIR_TEST
    assert stored["matricule"][:5] == "25020"
    assert stored["matricule"][5:10] in EMPTY_COMMUNES
    assert int(stored["matricule"][10:]) >= 900
    assert has_right_key(stored["matricule"], stored["cle"])
    assert stored["mailbox"] == f"{stored['matricule']}{stored['cle']}@patient.mssante.fr"
    assert stored.pop("avertissements") == []
    assert api.get(f"/sandbox/patients/{stored['id']}").json() == stored
    assert api.get("/sandbox/identities").json()["patients"][-1] == stored


def test_what_identities_show_can_be_added_elsewhere(api: httpx.Client) -> None:
    shown = api.get("/sandbox/patients/ecetinsi-pierre-alain").json()
    shown |= {"id": "copie", "matricule": "1090755050901", "cle": "", "oid": OID_NIR_TEST,
              "historique": [{"matricule": "2090755050901"}]}
    stored = api.post("/sandbox/patients", json=shown)
    assert stored.status_code == 201
    assert stored.json()["behaviours"]["ins"] == shown["behaviours"]["ins"]
    assert api.get("/sandbox/patients/2090755050901").json()["id"] == "copie"


@pytest.mark.parametrize(("place", "change"), REFUSALS)
def test_a_wrong_member_is_refused_by_name(
    api: httpx.Client, place: str, change: dict[str, Any]
) -> None:
    answer = api.post("/sandbox/patients", json=BODY | change)
    assert answer.status_code == 422
    error = answer.json()["erreur"]
    assert error["code"] == "patient"
    assert place in [each["emplacement"] for each in error["details"]]
    assert api.get("/sandbox/patients", params={"q": "nouvelle"}).json()["total"] == 0


@pytest.mark.parametrize("change", [
    {"sexe": "X"}, {"prenoms": []}, {"prenoms": "ZOE"}, {"inconnu": 1}, {"matricule": 12},
    {"dmp": {"status": "perdu"}}, {"nom_naissance": "A" * 201}, {"nom_naissance": None},
])
def test_another_shape_is_refused(api: httpx.Client, change: dict[str, Any]) -> None:
    answer = api.post("/sandbox/patients", json=BODY | change)
    assert answer.status_code == 422
    assert answer.json()["erreur"]["code"] == "corps"


@pytest.mark.parametrize("change", [
    {"id": "nessi-ruth"}, {"matricule": "277076322082910"}, {"matricule": "2090763220834"},
])
def test_duplicates_are_refused(api: httpx.Client, change: dict[str, Any]) -> None:
    answer = api.post("/sandbox/patients", json=BODY | change)
    assert answer.status_code == 409
    assert answer.json()["erreur"]["code"] == "doublon"


def test_adding_twice_is_refused(api: httpx.Client) -> None:
    body = BODY | {"id": "une"}
    assert api.post("/sandbox/patients", json=body).status_code == 201
    assert api.post("/sandbox/patients", json=body).status_code == 409


def test_a_wrong_key_is_a_remark_and_strict_tenants_refuse_it(api: httpx.Client) -> None:
    body = BODY | {"matricule": "2760375106693", "cle": "80"}
    [remark] = api.post("/sandbox/patients", json=body).json()["avertissements"]
    assert "80" in remark
    assert "26 attendu" in remark
    assert api.post("/sandbox/reset", json={}).status_code == 200
    api.put("/sandbox/settings", json={"strict": True})
    answer = api.post("/sandbox/patients", json=body)
    assert answer.status_code == 422
    assert answer.json()["erreur"]["details"] == [{"emplacement": "matricule", "message": remark}]


def test_a_matricule_that_looks_real_is_remarked_on(api: httpx.Client) -> None:
    body = BODY | {"matricule": "2760375106693", "oid": OID_NIR}
    [remark] = api.post("/sandbox/patients", json=body).json()["avertissements"]
    assert "personne réelle" in remark


def test_when_invented_numbers_run_out_it_says_so(api: httpx.Client) -> None:
    body = BODY | {"lieu_naissance": "55050"}
    for _ in range(100):
        assert api.post("/sandbox/patients", json=body).status_code == 201
    answer = api.post("/sandbox/patients", json=body)
    assert answer.status_code == 409
    assert answer.json()["erreur"]["code"] == "matricules"


def test_reset_forgets_added_patients(api: httpx.Client) -> None:
    id = api.post("/sandbox/patients", json=BODY).json()["id"]
    assert api.post("/sandbox/reset", json={}).status_code == 200
    assert api.get(f"/sandbox/patients/{id}").status_code == 404
    assert api.get("/sandbox/patients/nessi-ruth").status_code == 200
