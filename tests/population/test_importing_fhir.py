"""FHIR bundles: FR Core patients, and the Annuaire Santé's practitioners and organizations."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.population.importing import fhir_bundles
from services.population.importing.rows import Unreadable
from tests.population.test_importing import bring, refusals

Json = dict[str, Any]
FR_CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition"
NOS = "https://mos.esante.gouv.fr/NOS"


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
