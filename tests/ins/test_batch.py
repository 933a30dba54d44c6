"""$ins-verify-batch: the same lots as WS_INS4 and WS_INS5, by FHIR's asynchronous pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.bundle import Bundle

from ins import codes
from services.fhir import structure
from tests.ins.conftest import bundle, patient_to_verify
from tests.ins.lps import report, send, tree
from tests.ins.test_verification import (
    EXPECTED,
    LOT,
    NIR,
    RUTH,
    advance,
    deposit,
    fetch,
    text,
)

Json = dict[str, Any]
BATCH = "/ins/fhir/$ins-verify-batch"
Door = Callable[..., httpx.Response]


def parameters(*several: Json) -> Json:
    return {"resourceType": "Parameters",
            "parameter": [{"name": "resource", "resource": each} for each in several]}


@pytest.fixture
def leave(api: httpx.Client, bearer: dict[str, str]) -> Door:
    def post(body: Json, **headers: str) -> httpx.Response:
        return api.post(BATCH, json=body, headers={
            **bearer, "Content-Type": "application/fhir+json", "Prefer": "respond-async", **headers,
        })

    return post


@pytest.fixture
def poll(api: httpx.Client, bearer: dict[str, str]) -> Door:
    def get(lot: str, method: str = "GET") -> httpx.Response:
        url = lot if lot.startswith("http") else f"{api.base_url}{BATCH[1:]}/{lot}"
        return httpx.request(method, url, headers=bearer, trust_env=False)

    return get


def reports(answer: httpx.Response) -> list[str]:
    """The codes of a result, in their order, once independent judges accept it."""
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["type"] == "batch-response"
    assert structure.check(found) == []
    Bundle.model_validate(found)
    said = []
    for rank, entry in enumerate(found["entry"], 1):
        values = {each["name"]: each for each in entry["resource"]["parameter"]}
        assert entry["response"]["status"] == "200"
        assert values["rang"]["valueInteger"] == rank
        code = values["codeCR"]["valueCode"]
        assert values["result"]["valueBoolean"] is (code == codes.CR_OK)
        said.append(code)
    return said


@pytest.mark.parametrize("form", [bundle, parameters])
def test_a_lot_is_left_waited_for_and_read(
    api: httpx.Client, leave: Door, poll: Door, journal: Callable[..., list[Json]], form: Any
) -> None:
    left = leave(form(*(patient_to_verify(*each) for each in LOT)))
    assert (left.status_code, left.headers["retry-after"]) == (202, "60")
    assert left.headers["x-sandbox-fidelity"] == "default"
    lot = left.headers["content-location"]
    early = poll(lot)
    assert (early.status_code, early.headers["retry-after"]) == (202, "180")
    assert early.headers["content-location"] == lot
    assert [each.headers["x-progress"] for each in (left, early)] == [
        "Lot depose", codes.LIBELLE_PAS_PRET
    ]
    assert early.json()["issue"][0]["details"]["text"] == codes.LIBELLE_PAS_PRET
    advance(api, 61)
    assert reports(poll(lot)) == EXPECTED
    assert reports(poll(lot)) == EXPECTED
    entries = [each for each in journal() if each["service"] == "ins"]
    assert [each["transaction"] for each in entries] == ["ins.batch-result"] * 3 + ["ins.batch"]
    assert entries[-1]["caller"]


def test_t17_a_lot_gives_the_same_through_both_doors(
    api: httpx.Client, leave: Door, poll: Door
) -> None:
    by_soap = text(send(api, deposit(*LOT)), "IdLot")
    by_fhir = leave(bundle(*(patient_to_verify(*each) for each in LOT))).headers["content-location"]
    assert poll(by_soap).status_code == 202
    assert report(send(api, fetch(by_fhir.rpartition("/")[2]))) == "02"
    advance(api, 61)
    assert reports(poll(by_soap)) == reports(poll(by_fhir)) == EXPECTED
    for lot in (by_soap, by_fhir.rpartition("/")[2]):
        answer = tree(send(api, fetch(lot)))
        assert [each.findtext("{*}CR/{*}CodeCR") for each in answer.findall("{*}Rapport")] == \
            EXPECTED


def code_of(answer: httpx.Response) -> tuple[int, str]:
    coding = answer.json()["issue"][0]["details"]["coding"][0]
    return answer.status_code, coding["code"]


def test_bounds_and_unknown_lots(api: httpx.Client, leave: Door, poll: Door) -> None:
    assert code_of(leave(bundle())) == (422, "insi_19")
    assert code_of(leave(bundle(*(patient_to_verify(*RUTH),) * 101))) == (422, "insi_19")
    assert code_of(leave({"resourceType": "Patient"}))[0] == 400
    assert leave({"resourceType": "Bundle", "type": 3}).status_code == 400
    assert code_of(poll("inconnu")) == (404, "insi_19")
    assert code_of(poll("inconnu", "DELETE")) == (404, "insi_19")
    api.put("/sandbox/ins/settings", json={"mode": "indisponible"}).raise_for_status()
    assert code_of(leave(bundle(patient_to_verify(*RUTH)))) == (500, "insi_111")
    assert code_of(poll("inconnu")) == (500, "insi_111")


@pytest.mark.parametrize("form", [bundle, parameters])
def test_a_lot_holds_patients_alone(leave: Door, form: Callable[..., Json]) -> None:
    """What is passed over would shift the ranks, and give a report to someone else."""
    other = {"resourceType": "Basic", "code": {"text": "x"}}
    refused = leave(form(patient_to_verify(*RUTH), other))
    assert code_of(refused) == (400, "resource")
    (issue,) = refused.json()["issue"]
    assert issue["expression"][0].endswith("[1].resource")
    assert "Trouvé : Basic" in issue["diagnostics"]


def test_a_lot_that_is_given_up(leave: Door, poll: Door) -> None:
    lot = leave(bundle(patient_to_verify(*RUTH))).headers["content-location"]
    assert poll(lot, "DELETE").status_code == 202
    assert poll(lot).status_code == 404


def test_nobody_without_a_token(api: httpx.Client, leave: Door, server: Any, tenant: str) -> None:
    lot = leave(bundle(patient_to_verify(*RUTH))).headers["content-location"]
    for answer in (
        api.post(BATCH, json=bundle(patient_to_verify(*RUTH))), httpx.get(lot, trust_env=False),
        httpx.delete(lot, trust_env=False),
    ):
        assert answer.status_code == 401


def test_a_lot_is_its_tenants(leave: Door, server: Any, tenant: str, token: Any) -> None:
    lot = leave(bundle(patient_to_verify(*RUTH))).headers["content-location"]
    other = lot.replace(tenant, f"{tenant}-autre")
    headers = {"Authorization": f"Bearer {token(tenant_name=f'{tenant}-autre')}"}
    assert httpx.get(other, headers=headers, trust_env=False).status_code == 404


def test_findings_of_a_lot(
    api: httpx.Client, leave: Door, poll: Door, journal: Callable[..., list[Json]]
) -> None:
    wrong = patient_to_verify(RUTH[0], NIR, "nessi")
    left = leave(bundle(patient_to_verify(*RUTH), wrong), Prefer="")
    assert left.status_code == 202
    assert {"EF_INS01_03", "INS-LOT-ASYNCHRONE"} <= {
        each["rule"] for each in journal()[0]["findings"]
    }
    advance(api, 61)
    assert reports(poll(left.headers["content-location"])) == ["00", "01"]
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert code_of(leave(bundle(wrong))) == (422, "insi_19")
    both = leave(bundle(wrong, wrong)).json()["issue"]
    assert [each["expression"][0][:15] for each in both] == ["Bundle.entry[0]", "Bundle.entry[1]"]


def test_a_large_lot(api: httpx.Client, leave: Door, poll: Door) -> None:
    api.put("/sandbox/ins/settings", json={"lot_maximum": 1500, "delai_lot": 0}).raise_for_status()
    left = leave(bundle(*(patient_to_verify(*RUTH),) * 1500))
    assert left.headers["retry-after"] == "0"
    assert reports(poll(left.headers["content-location"])) == ["00"] * 1500
