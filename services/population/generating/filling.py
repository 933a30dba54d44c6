"""Generated people put into a tenant: the first ones of the seed that it does not have yet."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from services.population.checking.problems import NoNumberLeft
from services.population.doors import PATIENT, PROFESSIONAL, STRUCTURE, Door
from services.population.draft import Draft, Taken
from services.population.generating import directory
from services.population.generating.patients import Members, patients
from services.population.registering import add

PAUSE_EVERY = 50


async def fill(
    draft: Draft, seed: int, wanted_patients: int, wanted_professionals: int
) -> Counter[str]:
    """Draft them; plural of the kind → how many. Raises NoNumberLeft when the seed has no more."""
    added: Counter[str] = Counter()
    for door, wanted, generated in (
        (PROFESSIONAL, wanted_professionals, directory.professionals(seed)),
        (PATIENT, wanted_patients, patients(seed)),
    ):
        turn = 0
        while added[door.kind.plural] < wanted:
            turn += 1
            if turn % PAUSE_EVERY == 0:
                await asyncio.sleep(0)
            members = next(generated, None)
            if members is None:
                raise NoNumberLeft
            added[STRUCTURE.kind.plural] += await _workplaces(draft, seed, members)
            added[door.kind.plural] += await _added(draft, door, members)
    return +added


async def _workplaces(draft: Draft, seed: int, members: Members) -> int:
    """How many structures had to be added for this person."""
    added = 0
    for place in members.get("structures", ()):
        if await draft.structure(place["id"]) is None:
            index = int(place["id"].rpartition("-")[2])
            added += await _added(draft, STRUCTURE, directory.structure(seed, index))
    return added


async def _added(draft: Draft, door: Door[Any, Any], members: Members) -> bool:
    """False when the tenant has this one already."""
    try:
        await add(door, door.shape.model_validate(members), draft)
    except Taken:
        return False
    return True
