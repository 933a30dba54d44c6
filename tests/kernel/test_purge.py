"""What a reset leaves behind goes, in small steps, even after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import bindparam, func, insert, select

from services import app, catalog
from services.kernel import purge
from services.kernel.database import Database, Write
from services.kernel.schema import metadata
from services.kernel.tenants import left_behind
from services.kernel.turns import fault_turn
from services.settings import Settings
from tests import databases
from tests.kernel.conftest import SERVICE

ROW = insert(fault_turn).values(tenant_id=bindparam("tenant_id"), id=bindparam("id"), used=0)
COUNT = select(func.count()).select_from(fault_turn).where(
    fault_turn.c.tenant_id == bindparam("tenant_id")
)
LEFT = select(left_behind.c.tenant_key).order_by(left_behind.c.at)


async def fill(database: Database, key: str, rows: int) -> None:
    await database.write([Write(ROW, {"tenant_id": key, "id": str(n)}) for n in range(rows)])


async def count(database: Database, key: str) -> int:
    row = await database.one(COUNT, tenant_id=key)
    assert row is not None
    return int(row[0])


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not await condition():  # type: ignore[misc]
            await asyncio.sleep(0.01)


async def test_a_reset_is_purged_and_its_neighbours_are_not(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    database, blobs = running.sandbox.database, running.sandbox.blobs
    for key in ("a~0", "ab~0", "a~00"):
        await fill(database, key, 3 * purge.CHUNK + 7)
    blob = await blobs.put("a~0", b"document")
    await client.post("/t/a/x/echo", json="salut")
    await client.post("/t/a/sandbox/reset", json={})

    async def gone() -> bool:
        return await count(database, "a~0") == 0

    await until(gone)
    assert [await count(database, key) for key in ("ab~0", "a~00")] == [3 * purge.CHUNK + 7] * 2

    async def blob_gone() -> bool:
        try:
            await blobs.get(blob)
        except KeyError:
            return True
        return False

    await until(blob_gone)
    assert await running.sandbox.journal.query("a~0") == []


async def test_writes_that_came_late_are_purged_too(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    database, purger = running.sandbox.database, running.sandbox.purger
    await client.post("/t/a/sandbox/reset", json={})

    async def once() -> bool:
        return bool(purger._second)

    await until(once)
    await fill(database, "a~0", 1)
    assert await database.all(LEFT) == [("a~0",)]
    purger._second[0] = (0.0, "a~0")  # its time has come
    purger._wake.set()

    async def finished() -> bool:
        return await database.all(LEFT) == []

    await until(finished)
    assert await count(database, "a~0") == 0


async def test_a_purge_leaves_the_writer_to_others(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    database = running.sandbox.database
    await fill(database, "a~0", 40 * purge.CHUNK)
    await client.post("/t/a/sandbox/reset", json={})
    served = 0
    while await count(database, "a~0"):
        await fill(database, f"b~{served}", 1)
        served += 1
    assert served >= 10  # some chunks are gone before the reset is answered


async def test_an_interrupted_purge_goes_on_at_the_next_start(
    monkeypatch: pytest.MonkeyPatch, tenant: str, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": SERVICE})
    settings = Settings(
        data=tmp_path, database_url=databases.apart(tenant), http_port=0, https_port=0, smtp_port=0
    )
    first = await app.start(settings)
    await fill(first.sandbox.database, "a~0", 40 * purge.CHUNK)
    async with httpx.AsyncClient(base_url=first.sandbox.public_url) as client:
        await client.post("/t/a/sandbox/reset", json={})
        await first.stop()
    second = await app.start(settings)
    database = second.sandbox.database
    assert await database.all(LEFT) == [("a~0",)]

    async def gone() -> bool:
        return await count(database, "a~0") == 0

    await until(gone)
    assert (await second.sandbox.tenants.get("a")).key == "a~1"
    await second.stop()


async def test_a_purge_that_fails_does_not_stop_the_next(
    client: httpx.AsyncClient, running: app.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, database = running.sandbox.journal, running.sandbox.database
    working = journal.purge

    async def broken(key: str) -> None:
        monkeypatch.setattr(journal, "purge", working)
        raise OSError("disk")

    monkeypatch.setattr(journal, "purge", broken)
    await fill(database, "b~0", 1)
    await client.post("/t/a/sandbox/reset", json={})
    await client.post("/t/b/sandbox/reset", json={})

    async def gone() -> bool:
        return await count(database, "b~0") == 0

    await until(gone)


async def test_every_tenant_table_is_purged(running: app.Running) -> None:
    mine = [each for each in metadata.sorted_tables if each.info["tenant"]]
    assert len(running.sandbox.purger._tables) == len(mine)
