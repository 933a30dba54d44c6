"""Adding people over the control API: what is refused, and how it is said."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.population.matricule import keyed
from tests.population.test_adding import KINDS, PROFESSIONAL, added


def refusal(api: httpx.Client, kind: str, body: dict[str, Any]) -> list[str]:
    """Where the refused members are."""
    answer = api.post(f"/sandbox/{kind}", json=body)
    assert answer.status_code == 422, answer.text
    return [each["emplacement"] for each in answer.json()["erreur"]["details"]]


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
