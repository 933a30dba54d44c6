"""Acknowledged means durable: `kill -9` during deposits; twenty times with `make test-all`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest

from services.scenarios.login import access_token
from tests.dmp.messages import DOCTOR, Cda, lot, new_oid
from tests.killed import Up, kill_amid, running

SERVICES = "psc,dmp"
WRITERS, ENOUGH = 4, 5
FHIR_JSON = {"Content-Type": "application/fhir+json"}


def client(up: Up) -> httpx.Client:
    token = access_token(up.url, "default", DOCTOR)
    return httpx.Client(
        base_url=up.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
    )


def deposit_until_killed(http: httpx.Client, acknowledged: dict[str, bytes]) -> None:
    while True:
        oid = new_oid()
        content = Cda(oid).encode()
        body = orjson.dumps(lot(content, oid))
        try:
            answer = http.post("/dmp/fhir", content=body, headers=FHIR_JSON)
        except httpx.HTTPError:
            return
        assert answer.status_code == 200, answer.text
        acknowledged[answer.json()["entry"][2]["response"]["location"]] = content


def missing(http: httpx.Client, documents: dict[str, bytes]) -> list[str]:
    """Which of these are not there, byte for byte, with their fiche in force."""

    def kept(location: str, content: bytes) -> bool:
        fiche = http.get(f"/dmp/fhir/{location.replace('Binary', 'DocumentReference')}")
        document = http.get(f"/dmp/fhir/{location}")
        return document.content == content and fiche.json().get("status") == "current"

    return [location for location, content in documents.items() if not kept(location, content)]


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.foreign)])
def test_kills_lose_no_acknowledged_document(tmp_path: Path, rounds: int) -> None:
    data = tmp_path / "donnees"
    every: dict[str, bytes] = {}
    for _ in range(rounds):
        acknowledged: dict[str, bytes] = {}
        with running(data, SERVICES) as up, client(up) as http:
            assert missing(http, dict(list(every.items())[-40:])) == []
            work = partial(deposit_until_killed, http, acknowledged)
            kill_amid(up, work, WRITERS, acknowledged, ENOUGH)
        every |= acknowledged
    with running(data, SERVICES) as up, client(up) as http:
        assert missing(http, every) == []
        search = {"patient": "pat-trois-dominique", "status": "current", "_count": "0"}
        total = http.get("/dmp/fhir/DocumentReference", params=search).json()["total"]
    assert total >= len(every) >= rounds * ENOUGH
