"""On a shared installation each tenant has its own secret, which opens nothing else."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from services import app, catalog
from services.settings import Settings
from tests.kernel.conftest import SERVICE

ADMIN = {"authorization": "Bearer l'administrateur"}


@pytest.fixture
async def shared(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """An installation that is not this machine's alone."""
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": SERVICE})
    running = await app.start(Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, host="0.0.0.0",
        admin_token="l'administrateur",
    ))
    port = running.sandbox.public_url.rpartition(":")[2]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    await running.stop()


async def create(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    """The Authorization header of a new tenant."""
    answer = await client.post("/sandbox/tenants", json={"name": name}, headers=ADMIN)
    assert answer.status_code == 201
    return {"authorization": f"Bearer {answer.json()['secret']}"}


async def test_a_secret_opens_its_tenant_and_no_other(shared: httpx.AsyncClient) -> None:
    a, b = await create(shared, "a"), await create(shared, "b")
    for path in ("clock", "settings", "journal", "faults", "identities"):
        assert (await shared.get(f"/t/a/sandbox/{path}", headers=a)).status_code == 200
        assert (await shared.get(f"/t/a/sandbox/{path}", headers=ADMIN)).status_code == 200
        assert (await shared.get(f"/t/a/sandbox/{path}", headers=b)).status_code == 401
        assert (await shared.get(f"/t/a/sandbox/{path}")).status_code == 401
        assert (await shared.get(f"/sandbox/{path}", headers=a)).status_code == 401
    assert (await shared.post("/t/a/sandbox/reset", json={}, headers=b)).status_code == 401
    assert (await shared.post("/t/a/sandbox/reset", json={}, headers=a)).status_code == 200
    assert (await shared.get("/t/a/sandbox/clock", headers=a)).status_code == 200


async def test_a_browser_gives_it_as_a_password(shared: httpx.AsyncClient) -> None:
    secret = (await create(shared, "a"))["authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"moi:{secret}".encode()).decode()
    answer = await shared.get("/t/a/sandbox/clock", headers={"authorization": f"Basic {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/sandbox/tenants"), ("POST", "/sandbox/tenants"), ("GET", "/sandbox/tenants/a"),
    ("DELETE", "/sandbox/tenants/a"), ("POST", "/sandbox/tenants/a/secret"),
    ("GET", "/sandbox/tenants/"), ("GET", "/sandbox/%74enants"),
])
async def test_the_list_of_tenants_is_the_administrators(
    shared: httpx.AsyncClient, method: str, path: str
) -> None:
    mine = await create(shared, "a")
    for place in (path, "/t/a" + path):
        answer = await shared.request(method, place, json={"name": "c"}, headers=mine)
        assert answer.status_code == 401


async def test_a_secret_can_be_renewed_and_goes_with_its_tenant(
    shared: httpx.AsyncClient,
) -> None:
    first = await create(shared, "a")
    answer = await shared.post("/sandbox/tenants/a/secret", json={}, headers=ADMIN)
    second = {"authorization": f"Bearer {answer.json()['secret']}"}
    assert (await shared.get("/t/a/sandbox/clock", headers=first)).status_code == 401
    assert (await shared.get("/t/a/sandbox/clock", headers=second)).status_code == 200
    assert (await shared.delete("/sandbox/tenants/a", headers=ADMIN)).status_code == 204
    assert (await shared.get("/t/a/sandbox/clock", headers=second)).status_code == 401


async def test_a_tenant_without_a_secret_is_the_administrators(shared: httpx.AsyncClient) -> None:
    for value in ("Bearer", "Bearer x", "Basic Og==", "Basic OiA="):
        answer = await shared.get("/t/new/sandbox/clock", headers={"authorization": value})
        assert answer.status_code == 401
    answer = await shared.post("/sandbox/tenants/new/secret", json={}, headers=ADMIN)
    assert answer.status_code == 404


async def test_a_secret_is_told_once_and_kept_as_a_digest(shared: httpx.AsyncClient) -> None:
    mine = await create(shared, "a")
    secret = mine["authorization"].removeprefix("Bearer ")
    assert len(secret) >= 40
    for path in ("/sandbox/tenants/a", "/sandbox/tenants", "/t/a/sandbox/settings"):
        answer = await shared.get(path, headers=ADMIN)
        assert "secret" not in answer.text
        assert secret not in answer.text


async def test_the_secrets_of_seeded_tenants_are_not_from_the_seed(
    shared: httpx.AsyncClient,
) -> None:
    secrets = set()
    for name in ("a", "b"):
        body = {"name": name, "seed": 1, "clock": {"freeze": "2026-01-01T00:00:00Z"}}
        answer = await shared.post("/sandbox/tenants", json=body, headers=ADMIN)
        secrets.add(answer.json()["secret"])
    assert len(secrets) == 2


async def test_on_loopback_there_are_no_secrets(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sandbox/tenants", json={"name": "a"})
    assert "secret" not in answer.json()
