"""The server of the database is stopped and started again under writes: errors in the dialect,
nothing acknowledged is lost, and everything goes on without a restart of the sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from services import app
from services.settings import Settings
from tests.fhir import essai
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.foreign
WRITERS = 12


async def write(client: httpx.AsyncClient, name: str, seen: dict[str, int], end: asyncio.Event
                ) -> None:
    """Create patients until the end; notes the status of each id."""
    number = 0
    while not end.is_set():
        number += 1
        patient = {"resourceType": "Patient", "id": f"{name}-{number}", "name": [{"family": "A"}]}
        answer = await client.put(f"Patient/{patient['id']}", json=patient)
        seen[patient["id"]] = answer.status_code
        if answer.status_code != 201:
            assert answer.status_code == 503, answer.text
            assert answer.json()["issue"][0]["code"] == "transient"
            await asyncio.sleep(0.02)


async def stored(seen: dict[str, int], since: int) -> None:
    """Return once writes are acknowledged, `since` that many were answered."""
    async with asyncio.timeout(120):
        while list(seen.values())[since:].count(201) < 2 * WRITERS:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_under_writes(
    postgres: PostgresServer, address: str, tenant: str, mode: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.catalog, "load", lambda only="": {"essai": essai.SERVICE})
    running = await app.start(Settings(
        data=tmp_path, database_url=address, http_port=0, https_port=0, smtp_port=0
    ))
    seen: dict[str, int] = {}
    end = asyncio.Event()
    base = f"{running.sandbox.public_url}/t/{tenant}{essai.BASE}/"
    headers = {"content-type": "application/fhir+json"}
    async with httpx.AsyncClient(
        base_url=base, headers=headers, trust_env=False, timeout=30
    ) as client:
        async with asyncio.TaskGroup() as writers:
            for number in range(WRITERS):
                writers.create_task(write(client, f"w{number}", seen, end))
            await stored(seen, 0)
            await asyncio.to_thread(postgres.stop, mode)
            down = len(seen)
            # Also for a tenant that nobody has named yet, and by the control API.
            url = running.sandbox.public_url
            fresh = await client.get(f"{url}/t/{tenant}-x{essai.BASE}/Patient")
            assert fresh.status_code == 503
            assert fresh.json()["resourceType"] == "OperationOutcome"
            control = await client.get(f"{url}/t/{tenant}-y/sandbox/clock")
            assert control.status_code == 503
            await asyncio.sleep(0.3)
            await asyncio.to_thread(postgres.start)
            back = len(seen)
            await stored(seen, back)
            end.set()
        assert 503 in list(seen.values())[down:back]
        lost = [
            id for id, status in seen.items()
            if status == 201 and (await client.get(f"Patient/{id}")).status_code != 200
        ]
        assert not lost
    await running.stop()
