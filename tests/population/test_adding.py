"""Adding professionals, structures, mailboxes and clients over the control API."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from services.population.matricule import keyed, passes_luhn

PROFESSIONAL = {"nom": "Nouvelle", "prenom": "Zoé"}
KINDS = ("patients", "professionals", "structures", "mailboxes", "clients")


def added(api: httpx.Client, kind: str, /, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/sandbox/{kind}", json=body)
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def refusal(api: httpx.Client, kind: str, body: dict[str, Any]) -> list[str]:
    """Where the refused members are."""
    answer = api.post(f"/sandbox/{kind}", json=body)
    assert answer.status_code == 422, answer.text
    return [each["emplacement"] for each in answer.json()["erreur"]["details"]]


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


PROFESSIONAL_REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("nom", {"nom": " "}), ("prenom", {"prenom": "<b>"}), ("civilite", {"civilite": "DR"}),
    ("rpps", {"rpps": "1234"}), ("id_nat", {"id_nat": "12"}),
    ("id_nat", {"id_nat": "899900000011", "rpps": "99900000029"}),
    ("id", {"id": "a/b"}), ("id", {"id": "nessi-ruth"}),
    ("structures", {"structures": [{"id": "nulle-part"}]}), ("structures", {"card": "CPE"}),
    ("exercices.0.profession", {"profession": {"code": "médecin"}}),
    ("exercices.0.savoir_faire", {"profession": {"code": "10"}, "specialite": "cardio"}),
    ("exercices.0.activities.0.structure_id",
     {"exercices": [{"activities": [{"structure_id": "nulle-part"}]}]}),
    ("exercices.0.activities.0.role",
     {"exercices": [{"activities": [{"structure_id": "samu-99", "role": "chef"}]}]}),
    ("exercices", {"profession": {"code": "10"}, "exercices": [{"profession": "60"}]}),
    ("mailboxes", {"mailboxes": [{"address": "zoe@ailleurs.example"}]}),
    ("mailboxes", {"mailboxes": [{"address": "zoe@medecin.socle.mssante.fr", "type": "ORG"}]}),
]
STRUCTURE_REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("nom", {"nom": ""}), ("nom", {"nom": "a\nb"}), ("kind", {"kind": "école"}),
    ("finess", {"finess": "12"}), ("siret", {"siret": "ABC"}), ("secteur", {"secteur": "7"}),
    ("id_nat", {"id_nat": "2990200016"}), ("technical_id", {"technical_id": "X1"}),
    ("id_nat", {"finess": "990200024", "id_nat": "1990200032"}),
    ("technical_id", {"finess": "990200024", "technical_id": "F990200032"}),
    ("finess_ej", {"finess_ej": "990200016"}), ("id", {"id": "medecin-exemplaire"}),
    ("code_postal", {"code_postal": "Paris"}), ("telephone", {"telephone": "inconnu"}),
    ("mailboxes", {"mailboxes": [{"address": "x@y.example"}]}),
]
MAILBOX_REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("owner_id", {"owner_id": "personne"}), ("owner_id", {"owner_id": "nessi-ruth"}),
    ("address", {"address": "zoe"}), ("address", {"address": "a b@x.mssante.fr"}),
    ("address", {"address": "zoe@mssante.fr"}), ("address", {"address": "zoe@-.mssante.fr"}),
    ("address", {"address": "277076322082910@patient.mssante.fr"}),
    ("type", {"type": "ORG"}), ("type", {"owner_id": "samu-99", "type": "PER"}),
    ("delegates", {"delegates": ["899900000029"]}),
    ("delegates", {"owner_id": "samu-99", "delegates": ["800000000000"]}),
]
CLIENT_REFUSALS: list[tuple[str, dict[str, Any]]] = [
    ("client_id", {"client_id": "a:b"}), ("client_secret", {"client_secret": "a\u0000b"}),
    ("flows", {"flows": ["password"]}),
    ("redirect_uris", {"any_loopback": False}),
    *(("redirect_uris.0", {"redirect_uris": [uri]}) for uri in (
        "/retour", "https://", "https://a.example/#x", "https://a.example/*", "https://a b",
        "javascript:alert(1)", "https://moi@a.example/", "https://[", "https://a.example\\x",
    )),
    ("post_logout_redirect_uris.1", {"post_logout_redirect_uris": ["https://a.example", "b"]}),
]


@pytest.mark.parametrize(("place", "change"), PROFESSIONAL_REFUSALS)
def test_a_wrong_professional_is_refused_by_name(
    api: httpx.Client, place: str, change: dict[str, Any]
) -> None:
    assert place in refusal(api, "professionals", PROFESSIONAL | change)
    assert api.get("/sandbox/professionals", params={"q": "nouvelle"}).json()["total"] == 0


@pytest.mark.parametrize(("place", "change"), STRUCTURE_REFUSALS)
def test_a_wrong_structure_is_refused_by_name(
    api: httpx.Client, place: str, change: dict[str, Any]
) -> None:
    assert place in refusal(api, "structures", {"nom": "NOUVELLE"} | change)


@pytest.mark.parametrize(("place", "change"), MAILBOX_REFUSALS)
def test_a_wrong_mailbox_is_refused_by_name(
    api: httpx.Client, place: str, change: dict[str, Any]
) -> None:
    assert place in refusal(api, "mailboxes", {"owner_id": "medecin-exemplaire"} | change)


@pytest.mark.parametrize(("place", "change"), CLIENT_REFUSALS)
def test_a_wrong_client_is_refused_by_name(
    api: httpx.Client, place: str, change: dict[str, Any]
) -> None:
    assert place in refusal(api, "clients", change)


@pytest.mark.parametrize(("kind", "body"), [
    ("professionals", PROFESSIONAL | {"rpps": "99900000011"}),
    ("professionals", PROFESSIONAL | {"id": "medecin-exemplaire"}),
    ("professionals", PROFESSIONAL | {
        "mailboxes": [{"address": "claire.exemplaire@medecin.socle.mssante.fr"}]}),
    ("structures", {"nom": "X", "id": "samu-99"}), ("structures", {"nom": "X",
                                                                   "finess": "990200016"}),
    ("mailboxes", {"owner_id": "medecin-exemplaire",
                   "address": "CLAIRE.exemplaire@medecin.socle.mssante.fr"}),
    ("clients", {"client_id": "socle-demo"}),
])
def test_a_taken_number_is_refused(api: httpx.Client, kind: str, body: dict[str, Any]) -> None:
    answer = api.post(f"/sandbox/{kind}", json=body)
    assert answer.status_code == 409
    assert answer.json()["erreur"]["code"] == "doublon"


@pytest.mark.parametrize(("kind", "body", "word"), [
    ("professionals", PROFESSIONAL | {"rpps": "99900000012"}, "clé"),
    ("professionals", PROFESSIONAL | {"rpps": keyed("1012345678")}, "personne réelle"),
    ("structures", {"nom": "X", "finess": "990200017"}, "clé"),
    ("structures", {"nom": "X", "finess": keyed("12345678")}, "établissement réel"),
    ("structures", {"nom": "X", "siret": "00099001000018"}, "clé"),
    ("structures", {"nom": "X", "siret": keyed(keyed("12345678") + "0000")}, "établissement réel"),
])
def test_a_wrong_key_is_a_remark_and_strict_tenants_refuse_it(
    api: httpx.Client, kind: str, body: dict[str, Any], word: str
) -> None:
    stored = added(api, kind, **body)
    assert word in " ".join(stored["avertissements"])
    assert api.delete(f"/sandbox/{kind}/{stored['id']}").status_code == 200
    api.put("/sandbox/settings", json={"strict": True})
    assert refusal(api, kind, body) in (["rpps"], ["finess"], ["siret"])


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


@pytest.mark.parametrize("kind", KINDS)
def test_another_shape_is_refused(api: httpx.Client, kind: str) -> None:
    for body in ({"inconnu": 1}, [], "x"):
        answer = api.post(f"/sandbox/{kind}", json=body)
        assert answer.status_code == 422
        assert answer.json()["erreur"]["code"] == "corps"


@pytest.mark.parametrize(("kind", "body"), [
    ("patients", {"behaviours": {"ins": "a\u0000b"}}), ("patients", {"behaviours": {"\n": "a"}}),
    ("patients", {"dmp": {"closed_reason": "a\tb"}}),
    ("structures", {"nom": "X", "adresse": ["1 rue\r\nHaute"]}),
    ("professionals", PROFESSIONAL | {"behaviours": {"psc": "x" * 1001}}),
])
def test_control_characters_are_refused(
    api: httpx.Client, kind: str, body: dict[str, Any]
) -> None:
    patient = {"nom_naissance": "UN", "prenoms": ["A"], "sexe": "F",
               "date_naissance": "1960-01-01"}
    answer = api.post(f"/sandbox/{kind}", json=(patient if kind == "patients" else {}) | body)
    assert answer.status_code == 422
    assert answer.json()["erreur"]["code"] == "corps"


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udfff\\ud800"'])
def test_half_characters_are_refused(api: httpx.Client, text: str) -> None:
    for kind, member in (("structures", "nom"), ("clients", "name"), ("professionals", "nom")):
        answer = api.post(
            f"/sandbox/{kind}", content=f'{{"prenom": "A", "{member}": {text}}}',
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422
