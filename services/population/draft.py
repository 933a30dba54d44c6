"""Changes to a tenant's people: seen at once by the draft's own look-ups, stored all or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.kernel.database import Database, Write
from services.kernel.tenants import OVERLAY, Tenant, Tenants
from services.population import store
from services.population.base import base
from services.population.kinds import Key, Kind, T
from services.population.people import People, has_key
from services.population.searching import words_of


class Taken(Exception):
    """Another record has this id or number. at: `id`, or the name of the key."""

    def __init__(self, kind: Kind[Any], at: str, value: str) -> None:
        super().__init__(kind.name, at, value)
        self.kind, self.at, self.value = kind, at, value


class Draft(People):
    """People as they will be once the draft is committed.

    A base record is changed by a copy in the tenant's overlay, and removed by a row without
    content that hides it.
    """

    __slots__ = ("_by_key", "_changed", "_kinds", "_tenants")

    def __init__(self, database: Database, tenant: Tenant, tenants: Tenants) -> None:
        super().__init__(database, tenant)
        self._tenants = tenants
        self._kinds: dict[str, Kind[Any]] = {}
        self._changed: dict[tuple[str, str], Any] = {}
        self._by_key: dict[tuple[str, str, str], dict[str, None]] = {}

    @property
    def tenant(self) -> Tenant:
        return self._tenant

    async def add(self, kind: Kind[T], one: T) -> None:
        """A new record. Raises Taken."""
        id = kind.id_of(one)
        if await self.get(kind, id) is not None:
            raise Taken(kind, "id", id)
        await self.put(kind, one)

    async def put(self, kind: Kind[T], one: T) -> None:
        """The record as it will be. Raises Taken when another has one of its numbers."""
        id = kind.id_of(one)
        for key in kind.keys_of(one):
            holder = None if key.shared else await self.first(kind, key.name, key.value)
            if holder is not None and kind.id_of(holder) != id:
                raise Taken(kind, key.name, key.value)
        self._note(kind, id, one)
        for key in kind.keys_of(one):
            self._by_key.setdefault((kind.name, key.name, key.value), {})[id] = None

    def remove(self, kind: Kind[Any], id: str) -> None:
        """The record will not exist."""
        self._note(kind, id, None)

    async def get(self, kind: Kind[T], id: str) -> T | None:
        place = (kind.name, id)
        if place in self._changed:
            changed: T | None = self._changed[place]
            return changed
        return await super().get(kind, id)

    async def find(self, kind: Kind[T], key: str, value: str, count: int = 100) -> list[T]:
        stored = await super().find(kind, key, value, count)
        found = [one for one in stored if (kind.name, kind.id_of(one)) not in self._changed]
        for id in self._by_key.get((kind.name, key, value), ()):
            one: T | None = self._changed[kind.name, id]
            if one is not None and has_key(kind, one, key, value):
                found.append(one)
        return found

    async def commit(self) -> None:
        """Store everything as one transaction.

        Raises Duplicate or Conflict when someone else changed the same people meanwhile.
        """
        records, gone, new = [], [], []
        for (name, id), one in self._changed.items():
            kind = self._kinds[name]
            row = await self._one(store.GET, kind=name, id=id)
            old = None if row is None or row[0] is None else kind.read(row[0])
            before, after = _keys(kind, old), _keys(kind, one)
            records += self._write(kind, id, one, stored=row is not None)
            gone += [self._key(store.REMOVE_KEY, name, id, key) for key in before - after]
            new += [self._key(store.ADD_KEY, name, id, key) for key in after - before]
        writes = [*gone, *records, *new]
        if not writes:
            return
        if self._overlay():
            await self._tenants.save(self._tenant, *writes)
        else:
            await self._database.write(writes)
            # Services keep what they read of people: tokens of someone removed, for example.
            await self._tenants.refresh(self._tenant)

    def _is_overlaid(self, kind: Kind[Any], id: str) -> bool:
        return (kind.name, id) in self._changed or super()._is_overlaid(kind, id)

    def _note(self, kind: Kind[Any], id: str, one: Any) -> None:
        self._kinds[kind.name] = kind
        self._changed[kind.name, id] = one

    def _overlay(self) -> bool:
        """Name in the tenant's settings the base records newly changed; whether there are any."""
        known: dict[str, list[str]] = self._tenant.settings.get(OVERLAY, {})
        added = {
            name: [id for other, id in self._changed if other == name
                   and id in base().of(kind) and id not in known.get(name, ())]
            for name, kind in self._kinds.items()
        }
        if not any(added.values()):
            return False
        names = {*known, *added}
        self._tenant.settings[OVERLAY] = {
            name: [*known.get(name, ()), *added.get(name, ())] for name in sorted(names)
        }
        return True

    def _write(self, kind: Kind[Any], id: str, one: Any, *, stored: bool) -> list[Write]:
        over = id in base().of(kind)
        this = {"tenant_id": self._tenant.key, "kind": kind.name, "id": id}
        if one is None and not over:
            return [Write(store.REMOVE, this, rows=1)] if stored else []
        content = {} if one is None else {"content": kind.write(one), "searched": words_of(one)}
        row = {"content": None, "searched": "", **content, "base": int(over)}
        return [Write(store.PUT if over or stored else store.ADD, this | row, rows=1)]

    def _key(self, statement: Any, name: str, id: str, key: Key) -> Write:
        return Write(statement, {
            "tenant_id": self._tenant.key, "kind": name, "name": key.name, "value": key.value,
            "shared": int(key.shared), "id": id,
        }, rows=1)


def _keys(kind: Kind[T], one: T | None) -> set[Key]:
    keys: Iterable[Key] = () if one is None else kind.keys_of(one)
    return set(keys)
