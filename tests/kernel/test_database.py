"""Writes are all or nothing, durable on return, and never read half."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from services.kernel import sqlite
from services.kernel.database import (
    Conflict,
    Database,
    Duplicate,
    StorageFailure,
    Write,
    open_database,
)
from services.kernel.errors import Refusal
from services.kernel.tenants import tenant
from tests import once
from tests.databases import sqlite_only

PUT = insert(tenant).values(
    name=bindparam("name"), epoch=bindparam("epoch"), clock_shift=0, settings=b"{}"
)
BUMP = update(tenant).where(tenant.c.name == bindparam("who")).values(epoch=tenant.c.epoch + 1)
EPOCH = select(tenant.c.epoch).where(tenant.c.name == bindparam("name"))


def put(name: str) -> Write:
    return Write(PUT, {"name": name, "epoch": 1})


def test_what_is_acknowledged_is_on_disk() -> None:
    assert {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"} <= {*once.PRAGMAS}


async def test_a_write_is_read_at_once(database: Database) -> None:
    await database.write([put("a"), Write(BUMP, {"who": "a"}, rows=1)])
    assert await database.one(EPOCH, name="a") == (2,)


async def test_nothing_of_a_duplicate_is_kept(database: Database) -> None:
    await database.write([put("a")])
    with pytest.raises(Duplicate):
        await database.write([put("b"), put("a")])
    assert await database.one(EPOCH, name="b") is None


async def test_an_unexpected_row_count_undoes_the_write(database: Database) -> None:
    with pytest.raises(Conflict):
        await database.write([put("a"), Write(BUMP, {"who": "nobody"}, rows=1)])
    assert await database.one(EPOCH, name="a") is None


async def test_a_failure_in_a_group_spares_its_neighbours(database: Database) -> None:
    await database.write([put("taken")])
    results = await asyncio.gather(
        *(database.write([put(name)]) for name in ("x1", "taken", "x2", "taken", "x3")),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [
        type(None), Duplicate, type(None), Duplicate, type(None)
    ]
    for name in ("x1", "x2", "x3"):
        assert await database.one(EPOCH, name=name) == (1,)


async def test_concurrent_increments_are_all_counted(database: Database) -> None:
    await database.write([put("a")])
    await asyncio.gather(*(database.write([Write(BUMP, {"who": "a"}, rows=1)]) for _ in range(200)))
    assert await database.one(EPOCH, name="a") == (201,)


@sqlite_only
async def test_reopening_finds_everything(tmp_path: Path) -> None:
    first = await open_database(tmp_path / "x.sqlite")
    await first.write([put("a")])
    await first.close()
    second = await open_database(tmp_path / "x.sqlite")
    assert await second.one(EPOCH, name="a") == (1,)
    await second.close()


@sqlite_only
async def test_what_the_disk_does_not_give_back_is_a_storage_failure(tmp_path: Path) -> None:
    opened = await open_database(tmp_path / "x.sqlite")
    await opened.write([put("a")])
    for file in tmp_path.glob("x.sqlite*"):
        with file.open("r+b") as content:
            content.write(b"\xff" * file.stat().st_size)
    with pytest.raises(StorageFailure):
        await opened.one(EPOCH, name="a")
    with pytest.raises(StorageFailure):
        await opened.write([put("b")])
    await opened.close()


async def test_a_text_with_a_nul_is_refused_and_never_found(database: Database) -> None:
    await database.write([put("a")])
    with pytest.raises(Refusal, match="U\\+0000"):
        await database.write([put("b"), put("c\0")])
    assert await database.one(EPOCH, name="b") is None
    assert await database.one(EPOCH, name="a\0") is None
    assert await database.all(EPOCH, name="a\0") == []


@sqlite_only
async def test_reads_between_writes_do_not_let_the_log_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads share a snapshot; a snapshot that outlived a write would keep the log from its end."""
    monkeypatch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "PRAGMA wal_autocheckpoint=20"))
    database = await open_database(tmp_path / "x.sqlite")
    for number in range(300):
        writing = asyncio.ensure_future(database.write([put(f"name-{number}")]))
        await database.one(EPOCH, name="before the write is asked for")
        await asyncio.sleep(0)
        await database.one(EPOCH, name="while it is under way")
        await writing
        assert await database.one(EPOCH, name=f"name-{number}") == (1,)
    log = (tmp_path / "x.sqlite-wal").stat().st_size
    await database.close()
    assert log < 100 * 4096


EACH = insert(tenant).values(
    name=bindparam("name"), epoch=bindparam("epoch"), clock_shift=bindparam("shift"),
    settings=b"{}",
)
NAMES = select(tenant.c.name).where(tenant.c.clock_shift == bindparam("shift"))


@pytest.mark.parametrize("count", [1, 2, sqlite.BLOCK, 2 * sqlite.BLOCK + 3])
async def test_one_write_of_many_rows(database: Database, count: int) -> None:
    names = [f"n{number:03}" for number in range(count)]
    rows = [{"name": name} for name in names]
    await database.write([Write(EACH, {"epoch": 1, "shift": 0}, each=rows)])
    assert sorted(name for (name,) in await database.all(NAMES, shift=0)) == names


async def test_a_row_has_what_is_its_own_and_what_all_have(database: Database) -> None:
    rows: list[dict[str, object]] = [{"name": "a", "shift": 7}, {"name": "b"}]
    await database.write([Write(EACH, {"epoch": 1, "shift": 8}, each=rows)])
    assert await database.all(NAMES, shift=7) == [("a",)]
    assert await database.all(NAMES, shift=8) == [("b",)]


@pytest.mark.parametrize(("rows", "error"), [
    ([{"name": "a"}, {"name": "b"}, {"name": "a"}], Duplicate),
    ([{"name": "a"}, {"name": "b\0"}], Refusal),
], ids=["twice", "nul"])
async def test_rows_of_one_write_are_all_or_nothing(
    database: Database, rows: list[dict[str, str]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await database.write([put("first"), Write(EACH, {"epoch": 1, "shift": 0}, each=rows)])
    assert await database.all(NAMES, shift=0) == []
