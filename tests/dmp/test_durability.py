"""Acknowledged means durable: `kill -9` during deposits; twenty times with `make test-all`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

from services.scenarios.login import access_token
from tests.dmp.messages import DOCTOR, Cda, lot, new_oid

WRITERS = 4
FHIR_JSON = {"Content-Type": "application/fhir+json"}


class Up:
    """A real `socle up` on a data directory."""

    def __init__(self, data: Path) -> None:
        ready = data.with_suffix(".ready")
        ready.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up", "--data", str(data), "--http-port", "0",
             "--https-port", "0", "--smtp-port", "0",
             "--only", "psc,dmp", "--ready-file", str(ready)],
            stdout=subprocess.DEVNULL,
        )
        limit = time.monotonic() + 30
        while not ready.exists():
            assert self._process.poll() is None, "socle up ended"
            assert time.monotonic() < limit, "socle up is not ready"
            time.sleep(0.02)
        self.url: str = orjson.loads(ready.read_bytes())["http"]

    def kill(self) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def running(data: Path) -> Iterator[Up]:
    up = Up(data)
    try:
        yield up
    finally:
        up.kill()


def client(up: Up) -> httpx.Client:
    token = access_token(up.url, "default", DOCTOR)
    return httpx.Client(
        base_url=up.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=10
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
        with running(data) as up, client(up) as http:
            assert missing(http, dict(list(every.items())[-40:])) == []
            writers = [
                threading.Thread(target=deposit_until_killed, args=(http, acknowledged))
                for _ in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            limit = time.monotonic() + 10
            while len(acknowledged) < 5 and time.monotonic() < limit:
                time.sleep(0.01)
            up.kill()
            for writer in writers:
                writer.join()
        assert acknowledged
        every |= acknowledged
    with running(data) as up, client(up) as http:
        assert missing(http, every) == []
        search = {"patient": "pat-trois-dominique", "status": "current", "_count": "0"}
        total = http.get("/dmp/fhir/DocumentReference", params=search).json()["total"]
    assert total >= len(every) >= rounds * 5
