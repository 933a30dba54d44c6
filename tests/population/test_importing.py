"""CSV, JSON lines and FHIR bundles: everyone of the file, or nobody and why, line by line."""

from __future__ import annotations

import json
import tarfile
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.population.generating.patients import patients
from services.population.importing import columns, fhir_bundles
from services.population.importing.rows import MOST, Unreadable

Json = dict[str, Any]
HEADER = "nom_naissance;prenoms;sexe;date_naissance"
FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
NOS = "https://mos.esante.gouv.fr/NOS"


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


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{NOS}/{system}/FHIR/{system}", "code": code}]}


def mailbox(address: str) -> Json:
    return {"system": "email", "value": address, "extension": [{
        "url": f"{FR_CORE}/fr-core-contact-point-email-type",
        "valueCoding": {"system": f"{NOS}/TRE_R256-TypeMessagerie", "code": "MSSANTE"},
    }]}


def typed(code: str, system: str, value: str) -> Json:
    return {"type": {"coding": [{"code": code}]}, "system": system, "value": value}


def bundle() -> Json:
    finess = "https://finess.esante.gouv.fr"
    resources: list[Json] = [
        {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1960",
         "identifier": [
             {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "260205505099090"},
             {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "160205505099043", "use": "old",
              "period": {"start": "1960-01-01", "end": "2000-01-01T00:00:00Z"}},
             {"system": "urn:mon-ipp", "value": "42"}],
         "name": [{"use": "usual", "family": "Autre"},
                  {"use": "official", "family": "Évrard", "given": ["Zoé"], "extension": [
                      {"url": f"{FR_CORE}/fr-core-patient-birth-list-given-name",
                       "valueString": "Zoé Anne"}]}],
         "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                        "valueAddress": {"extension": [{
                            "url": f"{FR_CORE}/fr-core-address-insee-code",
                            "valueCoding": {"code": "55050"}}]}}]},
        {"resourceType": "PractitionerRole", "id": "r1",
         "practitioner": {"reference": "urn:uuid:pro"},
         "organization": {"reference": "Organization/eg"},
         "code": [coded("TRE_R22-GenreActivite", "GENR01"), coded("TRE_R23-ModeExercice", "S"),
                  coded("TRE_R21-Fonction", "FON-37"),
                  coded("TRE_R06-SectionTableauCNOP", "H")],
         "telecom": [mailbox("zoe@clinique.mssante.fr")]},
        {"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/pro"},
         "organization": {"identifier": {"value": "1990200016"}}},
        {"resourceType": "Practitioner", "id": "pro",
         "identifier": [typed("IDNPS", "urn:oid:1.2.250.1.71.4.2.1", "899900099914"),
                        typed("RPPS", "https://rpps.esante.gouv.fr", "99900099914")],
         "name": [{"family": "Flacon", "given": ["Zoé"], "prefix": ["MME"], "suffix": ["DR"]}],
         "qualification": [{"code": {"coding": [
             *coded("TRE_G15-ProfessionSante", "21")["coding"],
             *coded("TRE_R09-CategorieProfessionnelle", "C")["coding"]]}}]},
        {"resourceType": "Organization", "id": "eg", "name": "CLINIQUE",
         "identifier": [typed("FINEG", finess, "990200024"),
                        typed("IDNST", "urn:oid:1.2.250.1.71.4.2.2", "1990200024")],
         "type": [coded("TRE_R02-SecteurActivite", "SA01")],
         "partOf": {"reference": "Organization/ej"},
         "telecom": [{"system": "phone", "value": "0199000099"},
                     mailbox("accueil@clinique.mssante.fr")],
         "address": [{"line": ["1 rue Haute"], "city": "FICTIVILLE", "postalCode": "99000"}]},
        {"resourceType": "Organization", "id": "ej", "name": "CLINIQUES RÉUNIES",
         "identifier": [typed("FINEJ", finess, "990000028")],
         "type": [coded("TRE_R02-SecteurActivite", "SA01")]},
        {"resourceType": "Observation"},
    ]
    entries: list[Json] = [{"resource": one} for one in resources]
    entries[3]["fullUrl"] = "urn:uuid:pro"
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_people_from_a_fhir_bundle(api: httpx.Client) -> None:
    answer = bring(api, bundle(), None, "fhir")
    assert answer.status_code == 201, answer.text
    assert answer.json()["added"] == {"structures": 2, "professionals": 1, "patients": 1}
    told = [each for each in answer.json()["avertissements"] if each["entree"] == 6]
    assert told == [{
        "entree": 6, "emplacement": "resourceType", "message": "Observation n'est pas repris."
    }]
    patient = api.get("/sandbox/patients/p1").json()
    assert (patient["nom_naissance"], patient["prenoms"]) == ("EVRARD", ["ZOE", "ANNE"])
    assert (patient["date_naissance"], patient["lieu_naissance"]) == ("1960-00-00", "55050")
    assert (patient["matricule"], patient["nom_utilise"]) == ("2602055050990", "AUTRE")
    assert patient["historique"][0]["date_fin"] == "2000-01-01"
    one = api.get("/sandbox/professionals/899900099914").json()
    assert (one["nom"], one["prenom"], one["civilite"]) == ("FLACON", "Zoé", "MME")
    assert [each["id"] for each in one["structures"]] == ["eg", "pharmacie-du-socle"]
    first, second = one["exercices"][0]["activities"]
    assert (first["role"], first["section_pharmacien"], first["mode"]) == ("FON-37", "H", "S")
    assert second["section_pharmacien"] == "A"
    assert one["exercices"][0]["civilite"] == "DR"
    assert one["mailboxes"] == [{"address": "zoe@clinique.mssante.fr", "type": "PER"}]
    place = api.get("/sandbox/structures/eg").json()
    assert (place["finess_ej"], place["kind"], place["telephone"]) == (
        "990000028", "hopital", "0199000099"
    )
    assert place["adresse"] == ["1 rue Haute", "99000 FICTIVILLE"]
    assert api.get("/sandbox/structures/ej").json()["kind"] == "hopital_ej"


def test_a_bundle_with_a_wrong_entry_adds_nobody(api: httpx.Client) -> None:
    content = bundle()
    del content["entry"][3], content["entry"][0]["resource"]["gender"]
    answer = bring(api, content, None, "fhir")
    assert refusals(answer) == [
        (1, "practitioner"), (2, "practitioner"), (0, "sexe")
    ]
    assert api.get("/sandbox/structures/eg").status_code == 404


def test_a_single_resource_will_do_and_anything_else_not(api: httpx.Client) -> None:
    answer = bring(api, bundle()["entry"][0]["resource"], None, "fhir")
    assert answer.json()["added"] == {"patients": 1}
    for content in ({}, {"resourceType": "Observation"}, "texte"):
        answer = bring(api, content, None, "fhir")
        assert answer.status_code == 422
        assert "Bundle" in answer.json()["erreur"]["libelle"]


@pytest.mark.parametrize("entry", [
    {}, {"resource": []}, {"resource": {"resourceType": "Patient", "name": "x", "identifier": 1}},
    {"resource": {"resourceType": "Organization", "identifier": [{"type": 3}], "type": [1]}},
    {"resource": {"resourceType": "Practitioner", "name": [{"given": [1]}], "telecom": {}}},
    {"resource": {"resourceType": "PractitionerRole", "practitioner": "x"}}, "x", None,
])
def test_malformed_entries_are_refused_or_left_out(api: httpx.Client, entry: object) -> None:
    content = {"resourceType": "Bundle", "entry": [entry]}
    assert bring(api, content, None, "fhir").status_code in (201, 422)


def test_official_examples_can_be_imported(api: httpx.Client, shared: Path) -> None:
    resources = []
    for name, wanted in (
        ("ans.fhir.fr.annuaire-1.2.0-snapshot-2.tgz",
         ("Organization-158480.json", "Organization-548812.json", "Practitioner-334081.json",
          "PractitionerRole-1578230.json", "PractitionerRole-1738459.json")),
        ("hl7.fhir.fr.core-2.2.0.tgz", ("Patient-FRCorePatientExample.json",)),
    ):
        package = shared / "data" / "profiles" / name
        if not package.exists():
            pytest.skip(f"{name} is not in ../shared/data/profiles")
        with tarfile.open(package) as archive:
            for each in wanted:
                content = archive.extractfile(f"package/example/{each}")
                assert content is not None
                resources.append(json.load(content))
    whole = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}
    answer = bring(api, whole, None, "fhir")
    assert answer.status_code == 201, answer.text
    assert answer.json()["added"] == {"structures": 2, "professionals": 1, "patients": 1}
    one = api.get("/sandbox/professionals/334081").json()
    assert len(one["exercices"][0]["activities"]) == 2
    patient = api.get("/sandbox/patients/FRCorePatientExample").json()
    assert patient["prenoms"] == ["PIERRE", "YVES"]


def test_an_entry_without_an_id_gets_one() -> None:
    rows, _ = fhir_bundles.read({"resourceType": "Organization", "name": "X"}, lambda: "neuf")
    assert rows[0].members["id"] == "neuf"
    with pytest.raises(Unreadable):
        fhir_bundles.read(None, lambda: "neuf")
