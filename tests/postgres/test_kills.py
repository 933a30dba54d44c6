"""`kill -9` one hundred times under mixed writes: nothing acknowledged is lost, nothing is half.

What is killed is a process that has the product's database engine open and writes as services do,
without HTTP in front: that way a hundred kills last seconds. `make test` kills the whole sandbox
too, some times (tests/dmp/test_durability.py, tests/mssante/test_durability.py).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.kernel.database import open_database
from tests.postgres import writing

KILLS = 100


async def hundred_kills(place: Path | str) -> int:
    """How many acknowledged writes were looked for."""
    promised: dict[str, int] = {}
    counted = total = 0
    for number in range(KILLS):
        # Some are killed at their first write, some in the middle of many.
        acknowledged = writing.run_and_kill(place, number, enough=1 + number * 37 % 90)
        total += len(acknowledged)
        for rid, version in acknowledged:
            if rid == writing.COUNT:
                counted += 1
            else:
                promised[rid] = max(version, promised.get(rid, 0))
    database = await open_database(place)
    found, count = await writing.stored(database)
    await database.close()
    assert not [rid for rid, version in promised.items() if found.get(rid, 0) < version]
    assert count >= counted
    return total


@pytest.mark.foreign  # for its duration: a hundred processes
async def test_sqlite_loses_nothing_acknowledged(tmp_path: Path) -> None:
    assert await hundred_kills(tmp_path / "socle.sqlite") > KILLS * 40
    with sqlite3.connect(tmp_path / "socle.sqlite") as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.foreign
async def test_postgresql_loses_nothing_acknowledged(address: str) -> None:
    assert await hundred_kills(address) > KILLS * 40
