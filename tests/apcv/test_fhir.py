"""The FHIR door: the same reading, as a Bundle, and identities qualified at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from services.fhir import structure
from tests.apcv import calls
from tests.apcv.calls import ADRIEN, Doctor, code, content

Json = dict[str, Any]
READ = "/apcv/fhir/$apcv-read"
FIABILITE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"


def body(data: str, *others: Json, **change: str) -> Json:
    said = {"data": data, "identifiantFacturation": "991234567", "codeSpecialite": "35"} | change
    return {"resourceType": "Parameters", "parameter": [
        *({"name": name, "valueString": value} for name, value in said.items() if value), *others,
    ]}


@pytest.fixture
def bearer(token: Callable[..., str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(calls.DOCTOR)}",
            "Content-Type": "application/fhir+json"}


@pytest.fixture
def ask(api: httpx.Client, bearer: dict[str, str]) -> Callable[[Json], httpx.Response]:
    return lambda parameters: api.post(READ, json=parameters, headers=bearer)


def resources(answer: httpx.Response) -> dict[str, list[Json]]:
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert structure.check(bundle) == []
    Bundle.model_validate(bundle)
    found: dict[str, list[Json]] = {}
    for entry in bundle["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


def reliability(patient: Json) -> dict[str, str]:
    (found,) = [each for each in patient["extension"] if each["url"] == FIABILITE]
    return {
        one["url"]: one["valueCoding"]["code"] for one in found["extension"] if "valueCoding" in one
    }


def test_t08_both_doors_say_the_same(
    api: httpx.Client, ask: Callable[[Json], httpx.Response], doctor: Doctor
) -> None:
    api.put("/sandbox/apcv/settings", json={"ins_ayants_droit": True}).raise_for_status()
    soap = content(calls.read(api, doctor, code(api)))
    fhir = resources(ask(body(code(api))))
    said = [
        (one.findtext("{*}INSACTIF/{*}IdIndividu/{*}NumIdentifiant") or "")
        + (one.findtext("{*}INSACTIF/{*}IdIndividu/{*}Cle") or "")
        for one in soap.iter("{*}IdentitePatient")
    ]
    traits = [
        tuple(one.findtext(f"{{*}}TIQ/{{*}}{name}") for name in (
            "NomNaissance", "Prenom", "DateNaissance"))
        for one in soap.iter("{*}IdentitePatient")
    ]
    patients = fhir["Patient"]
    assert [each["identifier"][0]["value"] for each in patients] == said
    assert [(each["name"][0]["family"], each["name"][0]["given"][0], each["birthDate"])
            for each in patients] == traits
    organisme = soap.find(".//{*}OrganismeAMO")
    assert organisme is not None
    (cover,) = fhir["Coverage"]
    assert {each["name"]: each["value"] for each in cover["class"]} == dict(organisme.attrib)
    assert cover["subscriberId"] == said[0]
    assert [each["name"][0]["family"] for each in fhir["RelatedPerson"]] == ["ROCO"]


@pytest.mark.parametrize(("version", "expected"), [
    ("2.2.0", {"identityStatus": "VALI"}),
    ("main", {"identityStatus": "QUAL", "methodCollection": "AV", "validationMode": "AV"}),
])
def test_t07_an_identity_that_was_read_is_qualified_without_insi(
    api: httpx.Client, ask: Callable[[Json], httpx.Response],
    journal: Callable[..., list[Json]], version: str, expected: dict[str, str],
) -> None:
    api.put("/sandbox/ins/settings", json={"fr_core": version}).raise_for_status()
    found = resources(ask(body(code(api))))
    (patient,) = found["Patient"]
    assert reliability(patient) == expected
    (provenance,) = found["Provenance"]
    assert provenance["activity"]["coding"][0]["code"] == "AV"
    assert provenance["agent"][0]["who"]["identifier"]["value"] == calls.DOCTOR
    assert journal(service="ins") == []


def local(api: httpx.Client, bearer: dict[str, str], **change: Any) -> str:
    made = api.post("/ins/rniv/fhir/Patient", headers=bearer, json={
        "resourceType": "Patient", "gender": "male", "birthDate": "1940-01-01",
        "name": [{"use": "official", "family": "ADRQUATRE", "given": ["ADRIEN"]}], **change,
    })
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def named(id: str, accept: bool | None = None) -> list[Json]:
    made: list[Json] = [{"name": "patient", "valueReference": {"reference": f"Patient/{id}"}}]
    if accept is not None:
        made.append({"name": "accept", "valueBoolean": accept})
    return made


def test_t07_a_local_identity_becomes_qualified_without_insi(
    api: httpx.Client, ask: Callable[[Json], httpx.Response], bearer: dict[str, str],
    journal: Callable[..., list[Json]],
) -> None:
    id = local(api, bearer)
    (patient,) = resources(ask(body(code(api), *named(id))))["Patient"]
    assert patient["id"] == id
    stored = api.get(f"/ins/rniv/fhir/Patient/{id}", headers=bearer).json()
    assert stored["identifier"][0]["value"] == "140016322075508"
    assert reliability(stored)["identityStatus"] == "VALI"
    status = api.get(f"/ins/rniv/fhir/Patient/{id}/$identity-status", headers=bearer)
    assert "QUAL" in status.text
    assert not {each["transaction"] for each in journal()} & {"WS_INS1", "WS_INS2", "ITI-119"}

    api.post(f"/ins/rniv/fhir/Patient/{id}/$ins-retrieve", headers=bearer).raise_for_status()
    [entry] = journal(transaction="rniv.ins-retrieve")
    assert [each["rule"] for each in entry["findings"]] == ["RNIV-APCV-SANS-INSI"]


def test_t07_a_physical_card_gives_a_retrieved_identity_by_one_call(
    api: httpx.Client, bearer: dict[str, str], journal: Callable[..., list[Json]],
) -> None:
    api.put("/sandbox/reader", json={"patient": ADRIEN}).raise_for_status()
    card = api.get("/apcv/vitale/readVitale").json()["donneescv"]
    holder = card["lstDonneesBeneficiaire"][0]
    id = local(api, bearer)
    said = {"card-nir": card["assure"]["NIR"], "card-name": holder["nomUsuel"],
            "card-birthdate": holder["naissance"]["date"],
            "card-rank": holder["naissance"]["rang"]}
    answer = api.post(f"/ins/rniv/fhir/Patient/{id}/$ins-retrieve", headers=bearer, json={
        "resourceType": "Parameters", "parameter": [
            {"name": name, "valueString": value} for name, value in said.items()
        ],
    })
    assert answer.status_code == 200, answer.text
    status = api.get(f"/ins/rniv/fhir/Patient/{id}/$identity-status", headers=bearer).text
    assert '"RECUP"' in status
    asked = [each["transaction"] for each in journal() if each["transaction"].startswith("WS_")]
    assert asked == ["WS_INS1"]


def test_the_traits_of_the_app_are_those_of_the_identity(
    api: httpx.Client, ask: Callable[[Json], httpx.Response], bearer: dict[str, str],
) -> None:
    id = local(api, bearer, birthDate="1941-01-01")
    shown = code(api)
    refused = ask(body(shown, *named(id)))
    assert refused.status_code == 409
    (issue,) = refused.json()["issue"]
    assert issue["details"]["coding"][0]["code"] == "identite"
    assert "date de naissance : 1941-01-01 ici, 1940-01-01 dans l'appli" in issue["diagnostics"]
    assert "nom de naissance" not in issue["diagnostics"]
    again = ask(body(shown, *named(id, accept=True))).json()["issue"][0]
    assert again["details"]["coding"][0]["code"] == "apcv-statut-2"
    (patient,) = resources(ask(body(code(api), *named(id, accept=True))))["Patient"]
    assert patient["birthDate"] == "1940-01-01"
    assert ask(body(code(api), *named("personne"))).status_code == 404


@pytest.mark.parametrize(("change", "status", "told"), [
    ({"data": ""}, 400, "parametre"), ({"codeSpecialite": ""}, 400, "parametre"),
    ({"codeSpecialite": "SM26"}, 422, "apcv_10"), ({"identifiantFacturation": "1"}, 422, "apcv_10"),
    ({"data": "QUI"}, 422, "apcv-statut-6"),
])
def test_what_is_refused(
    api: httpx.Client, ask: Callable[[Json], httpx.Response], change: dict[str, str], status: int,
    told: str,
) -> None:
    said = {"data": code(api)} | change
    answer = ask(body(said.pop("data"), **said))
    assert answer.status_code == status
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == told


def test_who_reads_has_a_token_and_a_code_serves_once(
    api: httpx.Client, ask: Callable[[Json], httpx.Response]
) -> None:
    shown = code(api)
    assert api.post(READ, json=body(shown), headers={
        "Content-Type": "application/fhir+json"}).status_code == 401
    assert ask(body(shown)).status_code == 200
    again = ask(body(shown))
    assert (again.status_code, again.json()["issue"][0]["details"]["coding"][0]["code"]) == (
        422, "apcv-statut-2"
    )
    api.put("/sandbox/apcv/settings", json={"mode": "indisponible"}).raise_for_status()
    assert ask(body(code(api))).status_code == 503


def test_the_statement(api: httpx.Client) -> None:
    told = api.get("/apcv/fhir/metadata").json()
    assert {each["name"] for each in told["rest"][0]["operation"]} == {"validate", "apcv-read"}
