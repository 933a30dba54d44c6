"""Faults in force are recalled on the first page, until they are used up or removed."""

from __future__ import annotations

import httpx

DELAY = {"service": "dmp", "transaction": "ITI-68", "kind": "delay", "value": 0, "first": 2}


def test_a_fault_is_recalled_until_it_is_used_up(api: httpx.Client) -> None:
    assert "anne simulée" not in api.get("/").text
    assert api.post("/sandbox/faults", json=DELAY).status_code == 201
    page = api.get("/").text
    assert "ITI-68\u00a0: délai de 0 s, encore 2 appels" in page
    assert "1 panne simulée" in page
    assert page.count("</svg>Panne simulée<") == 1
    for _ in range(2):
        api.get("/dmp/fhir/Binary/x")
    assert "data-remove" not in api.get("/").text


def test_a_script_tells_what_is_left_of_it(api: httpx.Client) -> None:
    api.post("/sandbox/answers", json={
        "service": "dmp", "transaction": "ITI-68", "answers": ["DMPClosed", "real"],
    }).raise_for_status()
    assert "prochaines réponses DMPClosed, réponse réelle" in api.get("/").text
    api.get("/dmp/fhir/Binary/x")
    assert "prochaines réponses réponse réelle" in api.get("/").text


def test_a_fault_of_the_whole_service_names_whom_it_strikes(api: httpx.Client, tenant: str) -> None:
    fault = api.post("/sandbox/faults", json={
        "service": "ins", "kind": "drop", "id_nat": "899900000011",
    }).json()
    page = api.get("/").text
    assert "connexion coupée sans réponse, pour 899900000011" in page
    assert f'data-remove="/t/{tenant}/sandbox/faults/{fault["id"]}"' in page
