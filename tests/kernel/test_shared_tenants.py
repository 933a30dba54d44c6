"""Tenants that other processes change too: two sets of them over one database."""

from __future__ import annotations

import asyncio

import pytest

from services.kernel import turns
from services.kernel.database import Conflict, Database, Duplicate, StorageFailure
from services.kernel.tenants import Tenants


@pytest.fixture
def two(database: Database) -> tuple[Tenants, Tenants]:
    """As in two processes. The database prefaces writes for the second."""
    return Tenants(database, shared=True), Tenants(database, shared=True)


async def test_a_change_is_seen_at_the_next_call(two: tuple[Tenants, Tenants]) -> None:
    one, other = two
    for turn in range(4):
        known = await other.get("a")
        known.memory["x"] = turn
        changed = await one.get("a")
        changed.settings["strict"] = turn % 2 == 0
        changed.clock.frozen = turn
        await one.save(changed)
        seen = await other.get("a")
        assert (seen.strict, seen.clock.now(), seen.memory) == (turn % 2 == 0, turn, {})
        one, other = other, one


async def test_what_nobody_changed_is_kept(two: tuple[Tenants, Tenants]) -> None:
    for each in two:
        assert await each.get("a") is await each.get("a")
    await two[0].save(await two[0].get("a"))
    for each in two:
        assert await each.get("a") is await each.get("a")


async def test_a_first_write_is_seen_by_who_looked_before(
    two: tuple[Tenants, Tenants], database: Database
) -> None:
    one, other = two
    assert (await one.get("a")).created is None
    await database.write([turns.new((await other.get("a")).key, "x")])
    assert (await one.get("a")).created is not None
    assert (await one.get("a")).created == (await other.get("a")).created


async def test_a_first_write_that_failed_is_made_again(
    two: tuple[Tenants, Tenants], database: Database
) -> None:
    one, other = two
    key = (await other.get("a")).key
    with pytest.raises(Duplicate):
        await database.write([turns.new(key, "x"), turns.new(key, "x")])
    assert (await other.get("a")).created is None
    await database.write([turns.new(key, "x")])
    assert (await one.get("a")).created is not None


async def test_a_reset_and_a_deletion_are_seen(two: tuple[Tenants, Tenants]) -> None:
    one, other = two
    assert (await other.get("a")).key == "a~0"
    assert await one.reset("a") == "a~0"
    assert (await other.get("a")).key == "a~1"
    assert (await other.get("a")).created is not None
    assert await other.delete("a") == "a~1"
    assert ((await one.get("a")).key, (await one.get("a")).created) == ("a~2", None)


async def test_resets_at_the_same_time_are_all_done(two: tuple[Tenants, Tenants]) -> None:
    keys = await asyncio.gather(*(each.reset("a") for each in two for _ in range(3)))
    assert sorted(keys) == [f"a~{epoch}" for epoch in range(6)]


async def test_the_second_of_two_changes_is_refused(two: tuple[Tenants, Tenants]) -> None:
    one, other = two
    first, second = await one.get("a"), await other.get("a")
    await one.save(first)
    second.settings["strict"] = True
    with pytest.raises(Conflict):
        await other.save(second)
    assert not (await other.get("a")).strict


async def test_a_change_built_on_a_refused_one_is_refused(two: tuple[Tenants, Tenants]) -> None:
    one, other = two
    mine = await one.get("a")
    theirs = await other.get("a")
    theirs.settings["theirs"] = True
    await other.save(theirs)
    mine.settings["mine"] = True
    done = await asyncio.gather(one.save(mine), one.save(mine), return_exceptions=True)
    assert [type(each) for each in done] == [Conflict, Conflict]
    assert (await one.get("a")).settings == {"theirs": True}


async def test_what_is_kept_in_memory_is_forgotten_everywhere(
    two: tuple[Tenants, Tenants],
) -> None:
    one = two[0]
    await one.save(await one.get("a"))
    for each in two:
        (await each.get("a")).memory["x"] = 1
    await one.refresh(await one.get("a"))
    assert [(await each.get("a")).memory for each in two] == [{}, {}]


async def test_the_same_seed_never_gives_the_same_ids(two: tuple[Tenants, Tenants]) -> None:
    one = two[0]
    sown = await one.get("a")
    sown.sow(7)
    await one.save(sown)
    drawn = []
    for _ in range(3):
        for each in two:
            space = await each.get("a")
            drawn += [space.ids.token() for _ in range(5)]
            space.clock.shift += 1
            await each.save(space)
    assert len({*drawn}) == len(drawn)


async def test_what_may_be_outdated_is_not_answered_at_once(two: tuple[Tenants, Tenants]) -> None:
    held = await two[0].get("a")
    assert two[0].known("a") is None
    assert two[0].remembered("a") is held
    assert two[0].remembered("b").key == "b~0"


async def test_the_database_is_silent(
    two: tuple[Tenants, Tenants], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await two[0].get("a")

    async def fail(*_: object, **__: object) -> None:
        raise StorageFailure("down")

    monkeypatch.setattr(database, "one", fail)
    with pytest.raises(StorageFailure):
        await two[0].get("a")
    assert await two[0].recall("a") is held
    assert (await two[0].recall("b")).key == "b~0"
