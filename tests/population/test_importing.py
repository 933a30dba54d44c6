"""CSV and JSON lines: everyone of the file, or nobody and why, line by line."""

from __future__ import annotations

from itertools import islice
from typing import Any

import httpx
import orjson
import pytest

from services.population.generating.patients import patients
from services.population.importing import columns
from services.population.importing.rows import MOST

HEADER = "nom_naissance;prenoms;sexe;date_naissance"


def bring(api: httpx.Client, content: object, kind: str | None = "patients",
          format: str = "csv", **more: Any) -> httpx.Response:
    body = {"format": format, "kind": kind, "content": content} | more
    return api.post("/sandbox/identities/import", json=body)


def refusals(answer: httpx.Response) -> list[tuple[int, str]]:
    """(line or entry, member) of each refusal."""
    assert answer.status_code == 422, answer.text
    error = answer.json()["erreur"]
    assert error["code"] == "import"
    return [(each.get("ligne", each.get("entree")), each["emplacement"])
            for each in error["details"]]


@pytest.mark.parametrize("text", [
    f"{HEADER}\nNouvelle-Évrard;Zoé Anne;f;1960-01-31\n",
    f"\ufeff{HEADER}\r\nNouvelle-Évrard;Zoé Anne;F;31/1/1960\r\n\r\n",
    HEADER.replace(";", ",") + '\n"Nouvelle-Évrard","Zoé Anne",F,1960-01-31',
])
def test_patients_from_csv(api: httpx.Client, text: str) -> None:
    answer = bring(api, text)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"added": {"patients": 1}, "avertissements": []}
    [one] = api.get("/sandbox/patients", params={"q": "nouvelle"}).json()["patients"]
    assert (one["nom_naissance"], one["prenoms"]) == ("NOUVELLE-EVRARD", ["ZOE", "ANNE"])
    assert one["date_naissance"] == "1960-01-31"


def test_every_column_of_every_kind_is_read(api: httpx.Client) -> None:
    files = {
        "structures": (
            "id;nom;kind;finess;finess_ej;siret;secteur;voie_numero;voie_type;voie_libelle;"
            "code_postal;commune;commune_cog;telephone;mailboxes\n"
            "ma-clinique;CLINIQUE;hopital;990200024;990000010;;SA04;1;RUE;HAUTE;99000;"
            "FICTIVILLE;55050;0199000099;a@clinique.mssante.fr b@clinique.mssante.fr\n"
        ),
        "professionals": (
            "nom;prenom;civilite;rpps;card;profession;specialite;structures;regulation;mailboxes\n"
            "IMPORTE;Éric;M;99900099914;CPS;10;SM04;ma-clinique 1990200016;oui;"
            "eric@clinique.mssante.fr\n"
        ),
        "mailboxes": (
            "address;type;owner_id;delegates;title\n"
            "garde@clinique.mssante.fr;ORG;ma-clinique;899900099914 899900000011;La garde\n"
        ),
        "patients": (
            f"id;matricule;cle;oid;{HEADER};lieu_naissance;nom_utilise;historique;dmp.status;"
            "dmp.closed_on;dmp.closed_reason;dmp.opposed;dmp.minor\n"
            "importee;2600155050990;82;1.2.250.1.213.1.4.10;IMPORTEE;ZOE;F;1960-01-31;55050;"
            "AUTRE;1600155050990;closed;01/02/2024;Demande;899900099914 centre_15;non\n"
        ),
        "clients": (
            "client_id;client_secret;name;any_loopback;redirect_uris;post_logout_redirect_uris;"
            "flows\nmon-logiciel;s3cret;Mon logiciel;non;https://a.example/r https://b.example/r;"
            "https://a.example/;authorization_code\n"
        ),
    }
    for kind, text in files.items():
        answer = bring(api, text, kind)
        assert answer.status_code == 201, (kind, answer.text)
        assert answer.json()["avertissements"] == []
    assert api.get("/sandbox/structures/ma-clinique").json()["mailboxes"][1]["type"] == "ORG"
    one = api.get("/sandbox/professionals/899900099914").json()
    assert one["regulation"] is True
    assert [each["id"] for each in one["structures"]] == ["ma-clinique", "pharmacie-du-socle"]
    patient = api.get("/sandbox/patients/importee").json()
    assert patient["dmp"] == {
        "status": "closed", "closed_on": "2024-02-01", "closed_reason": "Demande",
        "opposed": ["899900099914", "centre_15"], "minor": False,
    }
    assert patient["historique"][0]["matricule"] == "1600155050990"
    assert len(api.get("/sandbox/clients/mon-logiciel").json()["redirect_uris"]) == 2
    for kind, text in files.items():
        assert set(text.partition("\n")[0].split(";")) <= set(columns.COLUMNS[kind])


def test_one_wrong_line_keeps_everyone_out_and_all_are_said(api: httpx.Client) -> None:
    answer = bring(api, (
        f"{HEADER};dmp.minor\n"
        "BONNE;ZOE;F;1960-01-01;\n"
        "R2D2;ZOE;F;1960-01-01;\n"
        ";ZOE;X;demain;peut-être\n"
        "TROP;ZOE;F;1960-01-01;;;1\n"
        "BONNE;ZOE;F;1960-01-01;\n"
    ))
    assert refusals(answer) == [
        (3, "nom_naissance"), (4, "dmp.minor"), (5, ""),
    ]
    assert answer.json()["erreur"]["libelle"] == "3 sur 5 refusés : rien n'est ajouté."
    assert api.get("/sandbox/patients", params={"q": "bonne"}).json()["total"] == 0
    answer = bring(api, f"{HEADER}\n;ZOE;X;demain\n")
    assert refusals(answer) == [(2, "nom_naissance"), (2, "sexe")]


def test_lines_of_one_file_must_not_share_a_number(api: httpx.Client) -> None:
    line = "2600155050990;UNE;ZOE;F;1960-01-01\n"
    answer = bring(api, f"matricule;{HEADER}\n{line}{line}")
    assert refusals(answer) == [(3, "matricule")]
    assert "est déjà pris" in answer.json()["erreur"]["details"][0]["message"]


def test_remarks_do_not_refuse_unless_the_tenant_is_strict(api: httpx.Client) -> None:
    text = f"matricule;cle;{HEADER}\n2600155050990;11;UNE;ZOE;F;1960-01-01\n"
    answer = bring(api, text, simulation=True)
    assert answer.status_code == 201
    [warning] = answer.json()["avertissements"]
    assert (warning["ligne"], warning["emplacement"]) == (2, "matricule")
    assert api.get("/sandbox/patients/2600155050990").status_code == 404
    api.put("/sandbox/settings", json={"strict": True})
    assert refusals(bring(api, text)) == [(2, "matricule")]


@pytest.mark.parametrize(("content", "word"), [
    ("", "vide"), ("\n", "vide"), ("nom;prenom\nA;B\n", "Colonne inconnue"),
    (f"{HEADER};sexe\n", "deux fois"), (f'{HEADER}\n"A;B\n', "illisible"), (12, None), ({}, "kind"),
])
def test_an_unreadable_file_is_refused_whole(
    api: httpx.Client, content: object, word: str | None
) -> None:
    answer = bring(api, content)
    assert answer.status_code == 422
    assert word is None or word in answer.json()["erreur"]["libelle"]


def test_too_many_lines_are_refused(api: httpx.Client) -> None:
    answer = bring(api, f"{HEADER}\n" + "A;B;F;1960-01-01\n" * (MOST + 1))
    assert answer.status_code == 422
    assert f"au plus {MOST}" in answer.json()["erreur"]["libelle"]


def test_what_is_generated_can_be_imported(api: httpx.Client) -> None:
    lines = b"\n".join(map(orjson.dumps, islice(patients(4), 100))).decode()
    answer = bring(api, lines, format="ndjson")
    assert answer.json() == {"added": {"patients": 100}, "avertissements": []}
    assert (2, "id") in refusals(bring(api, lines, format="ndjson"))


def test_json_lines_that_are_no_objects_are_said(api: httpx.Client) -> None:
    answer = bring(api, '{"nom_naissance": \n[]\n\n{"inconnu": 1}', format="ndjson")
    assert (1, "") in refusals(answer)
    assert (2, "") in refusals(answer)
    assert (4, "inconnu") in refusals(answer)
