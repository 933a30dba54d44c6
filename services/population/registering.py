"""Adding, changing and removing people: checked, completed, stored, with what follows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pydantic import BaseModel

from services.kernel.database import Conflict, Duplicate
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population.checking.problems import Checked
from services.population.doors import Door, S
from services.population.draft import Draft
from services.population.kinds import MAILBOXES, T
from services.population.removal import Effects

R = TypeVar("R")
ATTEMPTS = 10


async def drafted(
    sandbox: Sandbox, tenant: Tenant, act: Callable[[Draft], Coroutine[Any, Any, R]]
) -> R:
    """What `act` answers, once what it drafted is stored.

    Begun again when someone else changed the same people meanwhile, a few times. Raises what
    `act` raises.
    """
    for _ in range(ATTEMPTS):
        draft = Draft(sandbox.database, tenant, sandbox.tenants)
        answer = await act(draft)
        try:
            await draft.commit()
        except (Duplicate, Conflict):
            tenant = await sandbox.tenants.get(tenant.name)
            continue
        return answer
    raise Conflict(f"changed by others {ATTEMPTS} times")


async def add(door: Door[T, S], given: S, draft: Draft) -> Checked[T]:
    """A new record and its mailboxes, drafted. Raises Refused, NoNumberLeft or Taken."""
    checked = await door.check(given, draft, None)
    await draft.add(door.kind, checked.value)
    for box in checked.mailboxes:
        await draft.add(MAILBOXES, box)
    return checked


async def change(door: Door[T, S], given: S, known: T, draft: Draft) -> Checked[T]:
    """The record as it will be, drafted. Raises Refused, NoNumberLeft or Taken."""
    checked = await door.check(given, draft, known)
    await draft.put(door.kind, checked.value)
    return checked


async def patched(
    door: Door[T, S], patch: dict[str, Any], known: T, draft: Draft
) -> dict[str, Any]:
    """The members of the record with those of a JSON merge patch (RFC 7396)."""
    shown: BaseModel = await door.shown(draft, known)
    members = shown.model_dump(mode="json")
    for name in patch:
        for replaced in door.replaces.get(name, ()):
            members.pop(replaced, None)
    merged = _merged(members, patch)
    return merged if isinstance(merged, dict) else {}


async def remove(door: Door[T, S], known: T, draft: Draft) -> Effects:
    """The removal and what follows, drafted. Raises InUse."""
    return await door.remove(known, draft)


def _merged(target: object, patch: object) -> object:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
