"""Tenants ("espaces"): a name in the path, a key in the database, a clock and an id source.

The key holds the epoch: a reset makes a tenant with a new key at once, and what is stored under
the old one is purged later (`services.kernel.purge`). An exchange keeps the tenant it began with,
so what it still writes after a reset lands under the old key. A name that has never written
anything costs one small object, of which the latest are kept.

Where several processes serve one database, each asks at every exchange whether what it holds is
still the tenant's latest version: what a call has changed, the next one sees, wherever it lands.
"""

from __future__ import annotations

import contextlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import orjson
from sqlalchemy import BigInteger, PrimaryKeyConstraint, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from services.kernel.clock import Clock, real_now
from services.kernel.database import Conflict, Database, Preface, Row, StorageFailure, Write
from services.kernel.ids import Ids, new_version
from services.kernel.schema import base_table, blob, number, text

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
KNOWN = 1024
SEED, SECRET = "seed", "secret"
FAULTS, ANSWERS, OVERLAY, INJECTIONS = "faults", "answers", "people", "injections"
PASSING = (FAULTS, ANSWERS, OVERLAY, INJECTIONS)
"""Settings that a reset forgets: what is staged, and which people of the base the tenant changed.
The others are the tenant's configuration."""

tenant = base_table(
    "tenant", text("name"), number("epoch"), number("clock_shift"),
    number("clock_frozen", nullable=True), blob("settings"), number("created", nullable=True),
    number("version", default=0), PrimaryKeyConstraint("name"),
)
left_behind = base_table(
    "tenant_left_behind", text("tenant_key"), number("at"), PrimaryKeyConstraint("tenant_key"),
)

GET = select(
    tenant.c.epoch, tenant.c.clock_shift, tenant.c.clock_frozen, tenant.c.settings,
    tenant.c.created, tenant.c.version,
).where(tenant.c.name == bindparam("name"))
STATE = select(tenant.c.epoch, tenant.c.version, tenant.c.created).where(
    tenant.c.name == bindparam("name")
)
LIST = select(tenant.c.name, tenant.c.created).where(
    tenant.c.created.is_not(None), tenant.c.name > bindparam("after"), tenant.c.name != DEFAULT,
).order_by(tenant.c.name).limit(bindparam("count", type_=BigInteger))
_PUT = insert(tenant).values(
    name=bindparam("name"), epoch=bindparam("epoch"), clock_shift=bindparam("clock_shift"),
    clock_frozen=bindparam("clock_frozen"), settings=bindparam("settings"),
    created=bindparam("created"), version=bindparam("version"),
)
_SEEN = tenant.c.epoch == bindparam("seen", type_=BigInteger)
PUT = _PUT.on_conflict_do_update(
    index_elements=["name"],
    set_={
        "epoch": _PUT.excluded.epoch, "clock_shift": _PUT.excluded.clock_shift,
        "clock_frozen": _PUT.excluded.clock_frozen, "settings": _PUT.excluded.settings,
        "created": _PUT.excluded.created, "version": _PUT.excluded.version,
    },
    where=_SEEN & (tenant.c.version == bindparam("seen_version", type_=BigInteger)),
)
"""Replaces the version that was seen, and no other: what a reset left behind stays behind."""
REGISTER = _PUT.on_conflict_do_update(
    index_elements=["name"], set_={"created": _PUT.excluded.created},
    where=_SEEN & tenant.c.created.is_(None),
)
RENEW = update(tenant).values(version=tenant.c.version + 1).where(
    tenant.c.name == bindparam("which"), _SEEN
)
LEAVE = insert(left_behind).values(tenant_key=bindparam("tenant_key"), at=bindparam("at"))


@dataclass(slots=True, weakref_slot=True)
class Tenant:
    """One isolated space. `key` is what every tenant table has in `tenant_id`.

    created: instant of the first write, None before; version: drawn at each change, 0 before.
    `memory` holds what services keep per tenant outside the database (bounded caches); it is
    emptied by reset, by changes of settings and by `Tenants.refresh`.
    """

    name: str
    epoch: int = 0
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=dict)
    created: int | None = None
    version: int = 0
    memory: dict[str, Any] = field(default_factory=dict)
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        seeded = self.seed is not None
        self.ids = Ids(self.clock, ":".join(map(str, self.settings[SEED])) if seeded else "")

    @property
    def key(self) -> str:
        return f"{self.name}~{self.epoch}"

    @property
    def url_prefix(self) -> str:
        """What stands before every path of this tenant: "" or "/t/name"."""
        return "" if self.name == DEFAULT else f"/t/{self.name}"

    @property
    def strict(self) -> bool:
        """Whether error-level findings refuse the call."""
        return bool(self.settings.get("strict", False))

    @property
    def refuses_bad_certificates(self) -> bool:
        """Whether a bad client certificate ends the connection, as the strictest fronts do."""
        return self.settings.get("tls") == "refuse"

    @property
    def seed(self) -> int | None:
        """What its ids are drawn from, None for chance."""
        seed: int | None = self.settings.get(SEED, (None,))[0]
        return seed

    def sow(self, seed: int | None) -> None:
        """Draw ids from this seed from now on, or from chance (None).

        Sowing again within an epoch gives other ids than before: what is stored keeps its own.
        """
        past = self.settings.get(SEED)
        if past or seed is not None:
            self.settings[SEED] = [seed, past[1] + 1 if past else 0]
        self.__post_init__()


class Tenants:
    """The tenants in use, read from the database when first named. One object per name.

    shared: other processes change them too; an object is then of one version.
    """

    def __init__(self, database: Database, *, shared: bool = False) -> None:
        self._database = database
        self._shared = shared
        self._known: OrderedDict[str, Tenant] = OrderedDict()
        self._alive: WeakValueDictionary[str, Tenant] = WeakValueDictionary()
        database.preface = self._registration

    async def get(self, name: str) -> Tenant:
        """The tenant of that name, fresh when unknown. `name` must match NAME."""
        known = self._known.get(name)
        if known is None or (self._shared and not await self._is_latest(known)):
            return await self._load(name)
        self._remember(known)
        return known

    def known(self, name: str) -> Tenant | None:
        """The tenant of that name if it is in use, at once; None where it may be outdated."""
        return None if self._shared else self._alive.get(name)

    def remembered(self, name: str) -> Tenant:
        """The tenant as it was last seen here, for what must be said without the database."""
        return self._alive.get(name) or Tenant(name)

    async def recall(self, name: str) -> Tenant:
        """The tenant; as it was last seen here when the database does not answer."""
        try:
            return await self.get(name)
        except StorageFailure:
            return self.remembered(name)

    async def save(self, changed: Tenant, *others: Write) -> None:
        """Store clock and settings, and `others` with them; empties the tenant's memory.

        Raises Conflict when the tenant was reset meanwhile, or changed by another process.
        """
        if changed.created is None:
            changed.created = real_now()  # at once: of two calls that create it, one finds it taken
        seen = changed.epoch, changed.version
        changed.version = new_version()
        try:
            await self._database.write([_put(changed, seen), *others])
        except Exception:
            self._forget(changed)
            raise
        changed.memory.clear()

    async def refresh(self, changed: Tenant) -> None:
        """Have every process forget what services keep of the tenant: it is true no more.

        What is kept is dropped, not emptied, so that a call in progress cannot refill it.
        """
        changed.memory.clear()
        if self._shared:
            await self._database.write([
                Write(RENEW, {"which": changed.name, "seen": changed.epoch})
            ])

    async def reset(self, name: str) -> str:
        """Move the tenant to a new epoch, with the real clock; the old key, to be purged."""
        return await self._renew(name, deleted=False)

    async def delete(self, name: str) -> str:
        """Make the name fresh again: no settings, no secret; the old key, to be purged."""
        return await self._renew(name, deleted=True)

    async def listed(self, count: int, after: str = "") -> list[tuple[str, int]]:
        """(name, instant of creation) of the tenants that hold something, by name; not DEFAULT."""
        return [(row[0], row[1]) for row in await self._database.all(
            LIST, count=count, after=after
        )]

    async def _load(self, name: str) -> Tenant:
        found = None if self._shared else self._alive.get(name)
        while found is None:
            row = await self._database.one(GET, name=name)
            with contextlib.suppress(Conflict):  # then another process was faster: once more
                found = await self._latest(Tenant(name) if row is None else _restored(name, row))
        self._alive[name] = found
        self._remember(found)
        return found

    async def _latest(self, read: Tenant) -> Tenant:
        """What was just read, or what is in use here if that is the same. Raises Conflict."""
        known = self._alive.get(read.name)  # another call may have read it meanwhile
        if known is not None and (not self._shared or _state(known) == _state(read)):
            if self._shared:
                known.created = known.created or read.created  # a first write makes no version
            return known
        if known is not None and (known.epoch, known.seed) == (read.epoch, read.seed):
            read.ids = known.ids.on(read.clock)
        elif read.seed is not None:
            # What the last process drew is taken, and what others draw.
            read.sow(read.seed)
            await self.save(read)
        return read

    async def _is_latest(self, known: Tenant) -> bool:
        row = await self._database.one(STATE, name=known.name) or (0, 0, None)
        return row[:2] == _state(known) and (row[2] is None) == (known.created is None)

    async def _renew(self, name: str, *, deleted: bool) -> str:
        while True:
            old = await self.get(name)
            fresh = Tenant(name, old.epoch + 1)
            if not deleted:
                kept = {k: v for k, v in old.settings.items() if k not in (*PASSING, SEED)}
                fresh.settings, fresh.created = kept, old.created or real_now()
                fresh.sow(old.seed)
            left = Write(LEAVE, {"tenant_key": old.key, "at": real_now()})
            try:
                await self._database.write([_put(fresh, _state(old)), left])
            except Conflict:
                self._forget(old)  # reset by another call at the same time: once more
                continue
            self._alive[name] = fresh
            self._remember(fresh)
            return old.key

    def _remember(self, used: Tenant) -> None:
        self._known[used.name] = used
        self._known.move_to_end(used.name)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _forget(self, stale: Tenant) -> None:
        """Read it again at the next call."""
        if self._known.get(stale.name) is stale:
            del self._known[stale.name]
        if self._alive.get(stale.name) is stale:
            del self._alive[stale.name]

    def _registration(self, writes: Sequence[Write]) -> Preface | None:
        """The tenant's own row, before its first writes: until one of them is committed.

        Several may be under way at once: the first of them makes the row, the others leave it.
        """
        key: str = writes[0].parameters.get("tenant_id", "") if writes else ""
        known = self._alive.get(key.rpartition("~")[0])
        if known is None or known.created is not None or known.key != key:
            return None
        row = _put(known, _state(known), REGISTER, real_now())

        def committed() -> None:
            known.created = known.created or row.parameters["created"]

        return Preface(row, committed)


def _state(of: Tenant) -> tuple[int, int]:
    return of.epoch, of.version


def _put(
    changed: Tenant, seen: tuple[int, int], statement: Any = PUT, created: int | None = None
) -> Write:
    parameters = {
        "name": changed.name, "epoch": changed.epoch, "clock_shift": changed.clock.shift,
        "clock_frozen": changed.clock.frozen, "settings": orjson.dumps(changed.settings),
        "created": created or changed.created, "version": changed.version, "seen": seen[0],
        "seen_version": seen[1],
    }
    return Write(statement, parameters, rows=1 if statement is PUT else None)


def _restored(name: str, row: Row) -> Tenant:
    epoch, shift, frozen, settings, created, version = row
    return Tenant(name, epoch, Clock(shift, frozen), orjson.loads(settings), created, version)
