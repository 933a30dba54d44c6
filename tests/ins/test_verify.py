"""`Patient/$ins-verify` and WS_INS3 say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins import codes
from services.fhir import structure
from tests.ins.conftest import fhir_patient
from tests.ins.lps import individu, report, send, verification
from tests.ins.test_verification import NIA, NIR, RUTH

VERIFY = "/ins/fhir/Patient/$ins-verify"


def patient(ins: str, oid: str, *traits: str) -> dict[str, Any]:
    wanted = (*traits, *("",) * (5 - len(traits)))
    return fhir_patient(*wanted, identifier=[
        {"use": "old", "system": f"urn:oid:{NIA}", "value": "1"},
        {"use": "official", "system": f"urn:oid:{oid}", "value": ins},
    ])


@pytest.mark.parametrize("identity", [
    RUTH, RUTH[:4], RUTH[:3], (*RUTH[:3], "NATHALIE"), (RUTH[0], NIA, *RUTH[2:]),
    ("277076322082911", *RUTH[1:]), (*RUTH[:6], "51215"), (*RUTH[:4], "M"),
    ("209076322083439", NIR, "ECETINSI"), RUTH[:2], (*RUTH[:2], "Nessi"),
])
def test_t11_both_doors_verify_alike(
    api: httpx.Client, bearer: dict[str, str], identity: tuple[str, ...]
) -> None:
    by_soap = report(send(api, verification(individu(*identity))))
    answer = api.post(VERIFY, json=patient(*identity), headers=bearer)
    content = answer.json()
    assert structure.check(content) == []
    if by_soap in ("00", "01"):
        found = {each["name"]: next(v for k, v in each.items() if k != "name")
                 for each in content["parameter"]}
        assert found == {
            "result": by_soap == "00", "codeCR": by_soap,
            "libelleCR": "OK" if by_soap == "00" else "KO",
        }
    else:
        assert content["issue"][0]["details"]["coding"][0]["code"] == by_soap


def test_both_journals_say_why_it_is_ko(
    api: httpx.Client, bearer: dict[str, str], journal: Callable[..., list[dict[str, Any]]]
) -> None:
    wrong = (*RUTH[:3], "NATHALIE", "F", "1977-07-15")
    api.post(VERIFY, json=patient(*wrong), headers=bearer)
    send(api, verification(individu(*wrong)))
    by_soap, by_fhir = ([
        (each["expected"], each["found"]) for each in entry["findings"]
        if each["rule"] == "INS-VERIFIER-ECART"
    ] for entry in journal()[:2])
    assert by_soap == by_fhir == [
        ("le début de RUTH ISABELLE", "NATHALIE"), ("1977-07-14", "1977-07-15"),
    ]


def test_a_matricule_that_is_absent_or_malformed_is_told(
    api: httpx.Client, bearer: dict[str, str], journal: Callable[..., list[dict[str, Any]]]
) -> None:
    for ins, oid in (("", NIR), (f" {RUTH[0]}", NIR), (RUTH[0], "1.2.3")):
        by_fhir = api.post(VERIFY, headers=bearer, json=fhir_patient(
            *RUTH[2:], identifier=[{"system": f"urn:oid:{oid}", "value": ins}] if ins else []
        ))
        assert report(send(api, verification(individu(ins, oid, *RUTH[2:])))) == "01"
        assert by_fhir.json()["parameter"][0]["valueBoolean"] is False
        for entry, place in zip(journal()[:2], ("IndividuVerifie/INSFourni", "identifier"),
                                strict=True):
            found = {each["rule"]: each["at"] for each in entry["findings"]}
            assert place in found["INS-VERIFIER-MATRICULE"]
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert report(send(api, verification(individu("", "", *RUTH[2:])))) == "insi_19"


def test_a_verification_needs_a_token_and_a_service(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    assert api.post(VERIFY, json=patient(*RUTH)).status_code == 401
    api.put("/sandbox/ins/settings", json={"mode": "indisponible"}).raise_for_status()
    answer = api.post(VERIFY, json=patient(*RUTH), headers=bearer)
    assert answer.status_code == 500
    assert "insi_111" in answer.text


def test_a_list_of_given_names_is_compared_too(
    api: httpx.Client, bearer: dict[str, str]
) -> None:
    made = patient(*RUTH[:3], "RUTH")
    for liste, right in (("RUTH ISABELLE", True), ("RUTH MARIE", False)):
        made["name"][0]["extension"] = [{"url": codes.LISTE_PRENOMS, "valueString": liste}]
        content = api.post(VERIFY, json=made, headers=bearer).json()
        assert content["parameter"][0] == {"name": "result", "valueBoolean": right}
