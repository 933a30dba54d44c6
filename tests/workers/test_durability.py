"""`kill -9` of workers while they store: what was acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import httpx
import pytest

from services.scenarios.login import access_token
from tests.dmp import messages
from tests.dmp.messages import DOCTOR
from tests.workers.conftest import Starter, until

pytestmark = pytest.mark.foreign
KILLS, CLIENTS = 6, 4


def test_nothing_acknowledged_is_lost(start: Starter, tenant: str) -> None:
    running = start()
    base = f"{running.url}/t/{tenant}"
    headers = {
        "Authorization": f"Bearer {access_token(running.url, tenant, DOCTOR)}",
        "Content-Type": "application/fhir+json",
    }
    workers = {running.serving(each) for each in running.one_each(tenant)}
    [mail] = {*running.children} - workers
    acknowledged: list[str] = []
    over = threading.Event()

    def deposit() -> None:
        while not over.is_set():
            with httpx.Client(trust_env=False, timeout=60) as client:
                try:
                    answer = client.post(f"{base}/dmp/fhir", json=messages.lot(), headers=headers)
                except httpx.TransportError:
                    continue
            assert answer.status_code == 200, answer.text
            acknowledged.extend(
                entry["response"]["location"] for entry in answer.json()["entry"]
                if entry["response"].get("location", "").startswith("DocumentReference/")
            )

    def more_than(before: int) -> Callable[[], bool]:
        return lambda: len(acknowledged) > before + 5

    clients = [threading.Thread(target=deposit) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        for _ in range(KILLS):
            until(more_than(len(acknowledged)), "no more deposits")
            os.kill(next(pid for pid in running.children if pid != mail), signal.SIGKILL)
    finally:
        over.set()
        for each in clients:
            each.join()
    until(lambda: len(running.children) == 3, "not replaced")
    assert len({*acknowledged}) == len(acknowledged) > KILLS
    for client in running.one_each(tenant):
        for location in acknowledged:
            found = client.get(f"/dmp/fhir/{location}", headers=headers)
            assert found.status_code == 200, found.text
    assert running.stop() == 0
