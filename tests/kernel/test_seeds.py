"""A seeded tenant draws the same ids in the same run."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services import app, catalog
from services.scenarios import DEMO, run
from services.scenarios.login import access_token
from services.settings import Settings
from tests import databases
from tests.conftest import Server
from tests.kernel.conftest import SERVICE

NOON = {"freeze": "2026-03-02T12:00:00Z"}
PHARMACY = "ordonnances@pharmacie-du-socle.socle.mssante.fr"


async def ids(client: httpx.AsyncClient, tenant: str, count: int = 3) -> list[str]:
    answers = [await client.get(f"/t/{tenant}/x/echo/1") for _ in range(count)]
    return [answer.headers["x-sandbox-exchange"] for answer in answers]


async def sow(client: httpx.AsyncClient, tenant: str, seed: int | None) -> None:
    answer = await client.put(f"/t/{tenant}/sandbox/settings", json={"seed": seed})
    assert answer.json()["seed"] == seed
    await client.put(f"/t/{tenant}/sandbox/clock", json=NOON)


async def test_the_same_seed_gives_the_same_ids_and_another_does_not(
    client: httpx.AsyncClient,
) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        await sow(client, name, seed)
    a, b, c = [await ids(client, name) for name in "abc"]
    assert a == b
    assert len({*a, *c}) == 6
    for name in "ab":
        found = (await client.get(f"/t/{name}/sandbox/journal/{a[0]}")).json()
        assert found["tenant"] == name


async def test_a_reset_begins_the_same_run_again(client: httpx.AsyncClient) -> None:
    await sow(client, "a", 7)
    first = await ids(client, "a")
    await client.post("/t/a/sandbox/reset", json={})
    await client.put("/t/a/sandbox/clock", json=NOON)
    assert await ids(client, "a") == first


async def test_sowing_again_never_gives_an_id_twice(client: httpx.AsyncClient) -> None:
    seen: set[str] = set()
    for seed in (7, 7, 8, 7, None, 7):
        await sow(client, "a", seed)
        seen |= set(await ids(client, "a"))
    assert len(seen) == 18


async def test_a_restart_goes_on_with_other_ids_that_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch, tenant: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": SERVICE})
    runs: list[list[str]] = []
    for name in ("one", "two"):
        settings = Settings(
            data=tmp_path / name, database_url=databases.apart(f"{tenant}_{name}"), http_port=0,
            https_port=0, smtp_port=0,
        )
        found: list[str] = []
        for start in range(3):
            running = await app.start(settings)
            async with httpx.AsyncClient(base_url=running.sandbox.public_url) as client:
                if start == 0:
                    await sow(client, "a", 7)
                found += await ids(client, "a")
            await running.stop()
        runs.append(found)
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 9


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def journey(server: Server, tenant: str) -> list[object]:
    """Ids that Socle made, in the order in which a client learns them."""
    with httpx.Client(base_url=f"{server.url}/t/{tenant}", trust_env=False) as api:
        api.put("/sandbox/settings", json={"seed": 2026})
        api.put("/sandbox/clock", json=NOON)
        patient = api.post("/sandbox/patients", json={
            "nom_naissance": "ESSAI", "prenoms": ["ANNE"], "sexe": "F",
            "date_naissance": "1980-02-03",
        }).json()
        token = claims(access_token(server.url, tenant, "899900000011"))
        result = run(DEMO, url=server.url, tenant=tenant, document=None, report=lambda step: None)
        assert result.outcome == "pass"
        mails = api.get(f"/sandbox/mailboxes/{PHARMACY}/messages").json()["messages"]
        entries = api.get("/sandbox/journal", params={"limit": 1000}).json()["entries"]
    return [
        patient["id"], patient["matricule"], token["jti"], token["sid"],
        [each["id"] for each in mails], [each["id"] for each in entries],
    ]


def test_the_whole_journey_is_repeated(server: Server, tenant: str) -> None:
    first, second = journey(server, f"{tenant}-a"), journey(server, f"{tenant}-b")
    assert first == second
    assert len(first[5]) > 10  # type: ignore[arg-type]
