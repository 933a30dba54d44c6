"""Searches of one person, as FHIR asks them, through the real server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome

from ins import codes
from services.fhir import structure

MATCH = "/ins/fhir/Patient/$match"
Json = dict[str, Any]


def fhir_patient(
    nom: str = "ADRUN", prenoms: str | tuple[str, ...] = "ZOE", sexe: str = "F",
    date: str = "1975-12-31", lieu: str = "", **more: Any,
) -> Json:
    """A FHIR Patient with these traits; an empty one is left out."""
    given = [prenoms] if isinstance(prenoms, str) else list(prenoms)
    name: Json = {"use": "official"}
    if nom:
        name["family"] = nom
    if any(given):
        name["given"] = given
    made: Json = {"resourceType": "Patient", "name": [name]}
    if sexe:
        made["gender"] = {"M": "male", "F": "female"}.get(sexe, sexe)
    if date:
        made["birthDate"] = date
    if lieu:
        made["extension"] = [birth_place(lieu)]
    return made | more


def birth_place(cog: str, **address: Any) -> Json:
    insee = {
        "url": codes.CODE_INSEE, "valueCoding": {"system": codes.COMMUNES, "code": cog}
    }
    return {"url": codes.LIEU_NAISSANCE, "valueAddress": {"extension": [insee], **address}}


def parameters(patient: Json, *others: Json) -> Json:
    resource = {"name": "resource", "resource": patient}
    return {"resourceType": "Parameters", "parameter": [resource, *others]}


def checked(answer: httpx.Response) -> Json:
    """The answer's resource, once independent models and HL7's schema accept it."""
    assert answer.headers["content-type"] == "application/fhir+json"
    found: Json = answer.json()
    assert structure.check(found) == []
    judges: dict[str, Any] = {"Bundle": Bundle, "OperationOutcome": OperationOutcome}
    judges[found["resourceType"]].model_validate(found)
    return found


def report(bundle: Json) -> str:
    """The report code: 00, 01 or 02."""
    (entry,) = bundle["entry"]
    if entry["resource"]["resourceType"] == "Patient":
        assert (bundle["total"], entry["search"]["mode"]) == (1, "match")
        return "00"
    assert (bundle["total"], entry["search"]["mode"]) == (0, "outcome")
    (issue,) = entry["resource"]["issue"]
    code: str = issue["details"]["coding"][0]["code"]
    assert issue["details"]["text"] == codes.LIBELLES_CR[code.removeprefix("CR")]
    return code.removeprefix("CR")


@pytest.fixture
def bearer(token: Callable[..., str]) -> dict[str, str]:
    """Headers of the default doctor."""
    return {"Authorization": f"Bearer {token()}"}


@pytest.fixture
def match(api: httpx.Client, bearer: dict[str, str]) -> Callable[[Json], httpx.Response]:
    def ask(body: Json) -> httpx.Response:
        return api.post(
            MATCH, json=body, headers=bearer | {"Content-Type": "application/fhir+json"}
        )

    return ask


def patient_to_verify(ins: str, oid: str, *traits: str) -> Json:
    """The Patient that says the same as `tests.ins.lps.individu`."""
    wanted = dict(zip(("nom", "prenoms", "sexe", "date", "lieu"), traits, strict=False))
    made = fhir_patient(**{"nom": "", "prenoms": "", "sexe": "", "date": "", **wanted})
    return made | {"identifier": [{"system": f"urn:oid:{oid}", "value": ins}]}


def bundle(*several: Json) -> Json:
    """A lot of patients."""
    return {"resourceType": "Bundle", "type": "collection",
            "entry": [{"resource": each} for each in several]}
