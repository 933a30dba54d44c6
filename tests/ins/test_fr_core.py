"""The identity status in each version of FR Core, judged by the published profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins.fhir import fr_core
from ins.fhir.fr_core import Fiabilite, Statut, Traits, Version
from ins.fhir.patient import render_patient
from services.fhir.validation import Library, Validator, shipped
from services.kernel.ports import Ports
from services.population.base import base
from services.population.models import Matricule
from tests.ins.conftest import fhir_patient

Json = dict[str, Any]
PUBLISHED: tuple[Version, ...] = ("2.1.0", "2.2.0")
ZOE = Traits("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63220")
NIR = Matricule("2751263220749", "74", "1.2.250.1.213.1.4.8")
NIA = Matricule("1090763220888", "35", "1.2.250.1.213.1.4.9")


@pytest.fixture(scope="module")
def judge() -> Validator:
    return Validator(Library(shipped()), Ports().codes)


def errors_of(judge: Validator, resource: Json) -> list[Any]:
    found = judge.validate(resource)
    return [each for each in found.faults if each.severity in ("error", "fatal")]


def status_of(resource: Json) -> list[str]:
    return [
        inner["valueCoding"]["code"] for each in resource["extension"]
        if each["url"].endswith("identity-reliability")
        for inner in each["extension"] if inner["url"] == "identityStatus"
    ]


@pytest.mark.parametrize("version", PUBLISHED)
def test_every_person_of_the_base_is_right_in_the_published_versions(
    judge: Validator, version: Version
) -> None:
    for one in base().patients.values():
        made = render_patient(one, 1_800_000_000_000_000, version)
        assert errors_of(judge, made) == [], made
        assert made["meta"]["profile"][0].endswith(f"|{version}")


@pytest.mark.parametrize(("statut", "codes"), [
    ("PROV", ("PROV", "PROV", "PROV")), ("RECUP", ("PROV", "PROV", "RECUP")),
    ("VALI", ("VALI", "VALI", "VALI")), ("QUAL", ("VALI", "VALI", "QUAL")),
])
def test_one_status_in_three_versions(statut: Statut, codes: tuple[str, ...]) -> None:
    for version, code in zip(fr_core.VERSIONS, codes, strict=True):
        made = fr_core.patient(ZOE, Fiabilite(statut), (NIR,) if statut == "QUAL" else (), version)
        assert status_of(made) == [code]
        assert made["meta"]["profile"][0].partition("|")[0].endswith("-ins") is (statut == "QUAL")


@pytest.mark.parametrize("version", PUBLISHED)
@pytest.mark.parametrize("own", [NIR, NIA], ids=["NIR", "NIA"])
def test_a_qualified_identity_is_right(
    judge: Validator, version: Version, own: Matricule
) -> None:
    trusted = Fiabilite("QUAL", "INSI", "2026-01-05", "2026-01-05T09:00:00Z", "2026-01-06", "CN",
                        ("HOMA",))
    assert errors_of(judge, fr_core.patient(ZOE, trusted, (own,), version)) == []


def test_what_only_main_can_say() -> None:
    trusted = Fiabilite("PROV", "AV", "2026-01-05", "2026-01-05T09:00:00Z", attributs=("DOUT",
                                                                                      "HOMA"))
    [one] = fr_core.reliability(trusted, "main")
    names = [each["url"] for each in one["extension"]]
    assert names == ["lastUpdated", "identityStatus", "methodCollection", "dateInterrogationINSi",
                     "comment", "comment"]
    before = fr_core.reliability(trusted, "2.2.0")
    assert [each["extension"][0]["valueCoding"]["code"] for each in before] == [
        "PROV", "DOUT", "HOMA"
    ]
    assert {each["url"] for each in before[0]["extension"]} == {
        "identityStatus", "methodCollection", "dateCollection"
    }
    temporary = fr_core.patient(ZOE, trusted, (NIA,), "main")["identifier"]
    assert [each["use"] for each in temporary] == ["temp"]


@pytest.mark.parametrize(("asked", "version"), [
    ("2.1.0", "2.1.0"), ("main", "main"), ("2.3.0", None), ("", None),
    ("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient", "2.2.0"),
    ("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins|2.1.0", "2.1.0"),
    ("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins|main", "main"),
    ("https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-encounter|2.1.0", None),
])
def test_versions_that_can_be_asked_for(asked: str, version: str | None) -> None:
    assert fr_core.version_of(asked) == version


def test_a_client_or_a_tenant_chooses_the_version(
    api: httpx.Client, bearer: dict[str, str],
    journal: Callable[..., list[Json]],
) -> None:
    def found(**query: str) -> Json:
        answer = api.post("/ins/fhir/Patient/$match", params=query, json=fhir_patient(),
                          headers=bearer | {"Content-Type": "application/fhir+json"})
        if answer.status_code != 200:
            return {"status": answer.status_code, **answer.json()}
        patient: Json = answer.json()["entry"][0]["resource"]
        return patient

    assert found()["meta"]["profile"] == [fr_core.profile("2.2.0", ins=True)]
    assert status_of(found(_profile="main")) == ["RECUP"]
    asked = fr_core.profile("2.1.0", ins=False)
    assert found(_profile=asked)["meta"]["profile"][0].endswith("fr-core-patient-ins|2.1.0")
    assert (found(_profile="3.0.0")["status"]) == 406
    api.put("/sandbox/ins/settings", json={"fr_core": "main"}).raise_for_status()
    assert status_of(found()) == ["RECUP"]
    assert status_of(found(_profile="2.2.0")) == ["PROV"]
    assert api.put("/sandbox/ins/settings", json={"fr_core": "9"}).status_code == 422


def test_a_doubtful_identity_of_main_is_recognised(
    api: httpx.Client, bearer: dict[str, str], journal: Callable[..., list[Json]]
) -> None:
    [trusted] = fr_core.reliability(Fiabilite("PROV", attributs=("FICT",)), "main")
    api.post("/ins/fhir/Patient/$match", json=fhir_patient(extension=[trusted]),
             headers=bearer | {"Content-Type": "application/fhir+json"})
    assert "EXI ID 26" in {each["rule"] for each in journal()[0]["findings"]}
