"""Tenants: created with settings, listed, deleted; unknown names cost nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from services import app
from services.kernel import turns
from services.kernel.database import Conflict, Database, Duplicate
from services.kernel.tenants import KNOWN, Tenants, left_behind, tenant
from tests.kernel.test_gateway import entries

ROWS = select(func.count()).select_from(tenant)
LEFT = select(left_behind.c.tenant_key)


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """All but `default`, which heads the list."""
    answer = await client.get("/sandbox/tenants", params=query)
    found = [each["name"] for each in answer.json()["tenants"]]
    return found if "after" in query else found[found.index("default") + 1:]


async def test_a_tenant_is_created_with_its_settings(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sandbox/tenants", json={
        "name": "ci-7", "strict": True, "seed": 7, "clock": {"freeze": "2026-01-02T03:04:05Z"},
    })
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "name": "ci-7", "url": f"{client.base_url}/t/ci-7".replace("//t", "/t"),
        "created": made["created"], "settings": made["settings"],
        "clock": {"now": "2026-01-02T03:04:05.000Z", "shift_seconds": 0.0, "frozen": True},
    }
    assert (made["settings"]["strict"], made["settings"]["seed"]) == (True, 7)
    assert (await client.get("/sandbox/tenants/ci-7")).json() == made
    assert await names(client) == ["ci-7"]
    assert (await client.get("/t/ci-7/sandbox/clock")).json() == made["clock"]


async def test_a_taken_name_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.post("/sandbox/tenants", json={"name": "a"})).status_code == 201
    assert (await client.post("/sandbox/tenants", json={"name": "a"})).status_code == 409
    await client.put("/t/b/sandbox/settings", json={"strict": False})
    assert (await client.post("/sandbox/tenants", json={"name": "b"})).status_code == 409


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": "A"}, {"name": "a~1"}, {"name": "../a"}, {"name": "a" * 64},
    {"name": "a", "seed": -1}, {"name": "a", "seed": 2**53}, {"name": "a", "seed": 1.5},
    {"name": "a", "color": "red"}, {"name": "a", "clock": {"freeze": "hier"}},
])
async def test_a_tenant_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    assert (await client.post("/sandbox/tenants", json=body)).status_code == 422
    assert await names(client) == []


@pytest.mark.parametrize("clock", [
    {}, {"freeze": "2026-01-01T00:00:00"}, {"freeze": "1969-12-31T23:59:59Z"},
    {"freeze": "2400-01-01T00:00:00Z"}, {"shift_seconds": -1e10}, {"resume": False},
    {"shift_seconds": 1, "resume": True},
])
async def test_a_clock_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, clock: dict[str, Any]
) -> None:
    body = {"name": "a", "clock": clock}
    assert (await client.post("/sandbox/tenants", json=body)).status_code == 400
    assert await names(client) == []
    assert (await client.put("/t/a/sandbox/clock", json=clock)).status_code == 400


async def test_a_deleted_name_is_fresh_again(client: httpx.AsyncClient) -> None:
    await client.post("/sandbox/tenants", json={"name": "a", "strict": True})
    await client.put("/t/a/sandbox/clock", json={"freeze": "2026-01-01T00:00:00Z"})
    await client.post("/t/a/x/echo", json="salut")
    assert (await client.delete("/sandbox/tenants/a")).status_code == 204
    assert await names(client) == []
    assert await entries(client, "a") == []
    assert (await client.get("/sandbox/tenants/a")).status_code == 404
    assert (await client.get("/t/a/sandbox/settings")).json()["strict"] is False
    assert (await client.get("/t/a/sandbox/clock")).json()["frozen"] is False
    assert (await client.post("/sandbox/tenants", json={"name": "a"})).status_code == 201


async def test_an_unknown_tenant_can_be_deleted_and_default_cannot(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.delete("/sandbox/tenants/nobody")).status_code == 204
    assert (await client.delete("/sandbox/tenants/default")).status_code == 409
    assert (await client.post("/sandbox/reset", json={})).status_code == 200
    assert (await client.get("/sandbox/tenants/default")).json()["name"] == "default"


async def test_tenants_are_listed_by_page(client: httpx.AsyncClient) -> None:
    for name in ("c", "a", "b"):
        await client.post("/sandbox/tenants", json={"name": name})
    await client.put("/sandbox/settings", json={"strict": False})
    assert await names(client, limit=3) == ["a", "b"]
    assert await names(client, limit=2, after="b") == ["c"]
    for query in ("limit=0", "limit=1001", "after=B", "after=%00"):
        assert (await client.get(f"/sandbox/tenants?{query}")).status_code == 422


async def test_ten_thousand_unknown_names_leave_nothing(running: app.Running) -> None:
    tenants, database = running.sandbox.tenants, running.sandbox.database
    for number in range(10_000):
        await tenants.get(f"unknown-{number}")
    assert await database.one(ROWS) == (0,)
    assert len(tenants._known) == KNOWN
    assert len(tenants._alive) == KNOWN


async def test_a_name_that_is_only_read_leaves_no_row(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    for path in ("clock", "settings", "faults", "answers", "journal", "identities"):
        assert (await client.get(f"/t/lecteur/sandbox/{path}")).status_code == 200
    assert (await client.get("/t/lecteur/x/echo/1")).status_code == 200
    assert await running.sandbox.database.one(ROWS) == (0,)


async def test_the_tenants_in_use_are_not_forgotten(running: app.Running) -> None:
    tenants = running.sandbox.tenants
    used = await tenants.get("used")
    for number in range(3 * KNOWN):
        await tenants.get(f"other-{number}")
        if number % 100 == 0:
            assert await tenants.get("used") is used
    held = await tenants.get("other-1")  # held by an exchange, long out of the cache
    for number in range(KNOWN):
        await tenants.get(f"more-{number}")
    assert await tenants.get("other-1") is held


async def test_a_first_write_puts_the_tenant_on_the_list(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    answer = await client.post("/t/a/sandbox/patients", json={
        "nom_naissance": "ESSAI", "prenoms": ["ANNE"], "sexe": "F", "date_naissance": "1980-02-03",
    })
    assert answer.status_code == 201, answer.text
    assert await names(client) == ["a"]
    await client.delete("/sandbox/tenants/a")
    assert await names(client) == []
    await client.post("/t/a/sandbox/patients", json={
        "nom_naissance": "ESSAI", "prenoms": ["ANNE"], "sexe": "F", "date_naissance": "1980-02-03",
    })
    assert await names(client) == ["a"]


async def test_an_exchange_keeps_the_epoch_it_began_in(running: app.Running) -> None:
    tenants = running.sandbox.tenants
    before = await tenants.get("a")
    assert before.key == "a~0"
    assert await tenants.reset("a") == "a~0"
    assert before.key == "a~0"
    assert (await tenants.get("a")).key == "a~1"


async def test_what_a_reset_left_behind_cannot_be_saved_any_more(running: app.Running) -> None:
    tenants = running.sandbox.tenants
    before = await tenants.get("a")
    await tenants.reset("a")
    before.settings["strict"] = True
    with pytest.raises(Conflict):
        await tenants.save(before)
    assert not (await tenants.get("a")).strict
    assert not (await Tenants(running.sandbox.database).get("a")).strict


async def test_resets_at_the_same_time_are_all_done(running: app.Running) -> None:
    tenants = running.sandbox.tenants
    keys = await asyncio.gather(*(tenants.reset("a") for _ in range(5)))
    assert sorted(keys) == [f"a~{epoch}" for epoch in range(5)]
    assert (await tenants.get("a")).key == "a~5"
    assert len(await running.sandbox.database.all(LEFT)) == 5


async def test_a_reset_keeps_settings_and_the_seed_but_not_the_clock(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/t/a/sandbox/settings", json={"strict": True, "seed": 3})
    await client.put("/t/a/sandbox/clock", json={"freeze": "2026-01-01T00:00:00Z"})
    await client.post("/t/a/sandbox/reset", json={})
    settings = (await client.get("/t/a/sandbox/settings")).json()
    assert (settings["strict"], settings["seed"]) == (True, 3)
    assert (await client.get("/t/a/sandbox/clock")).json()["frozen"] is False


async def test_a_first_write_that_failed_leaves_it_to_the_next(database: Database) -> None:
    """One process: no other call reads the tenant again in between."""
    tenants = Tenants(database)
    held = await tenants.get("a")
    with pytest.raises(Duplicate):
        await database.write([turns.new(held.key, "x"), turns.new(held.key, "x")])
    assert held.created is None
    assert await tenants.listed(2) == []
    await database.write([turns.new(held.key, "x")])
    assert await tenants.listed(2) == [("a", held.created)]
    await database.write([turns.new(held.key, "y")])
    assert await tenants.listed(2) == [("a", held.created)]


async def test_of_first_writes_at_once_one_that_is_committed_counts(database: Database) -> None:
    tenants = Tenants(database)
    held = await tenants.get("a")
    twice = [turns.new(held.key, "x"), turns.new(held.key, "x")]
    done = await asyncio.gather(
        database.write(twice), database.write([turns.new(held.key, "y")]),
        database.write(twice), database.write([turns.new(held.key, "z")]), return_exceptions=True,
    )
    assert [type(each) for each in done] == [Duplicate, type(None), Duplicate, type(None)]
    assert await tenants.listed(2) == [("a", held.created)]


async def test_a_first_write_during_a_deletion_lists_no_name(database: Database) -> None:
    tenants = Tenants(database)
    held = await tenants.get("a")
    await asyncio.gather(database.write([turns.new(held.key, "x")]), tenants.delete("a"))
    assert await tenants.listed(2) == []
    assert (await tenants.get("a")).created is None


async def test_a_first_write_nobody_waits_for_is_noted_again(database: Database) -> None:
    tenants = Tenants(database)
    held = await tenants.get("a")
    given_up = asyncio.ensure_future(database.write([turns.new(held.key, "x")]))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    await database.write([turns.new(held.key, "y")])
    assert held.created is not None
    assert [name for name, _ in await tenants.listed(2)] == ["a"]
