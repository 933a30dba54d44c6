"""Tenants ("espaces"): a name in the path, a key in the database, a clock and an id source.

The key holds the epoch: a reset moves the tenant to a new key at once, and what is stored under
the old one is purged later. A name that has never written anything costs one small object.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import BigInteger, PrimaryKeyConstraint, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.clock import Clock
from services.kernel.database import Database, Write
from services.kernel.ids import Ids
from services.kernel.schema import base_table, blob, metadata, number, text

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
KNOWN = 1024

tenant = base_table(
    "tenant", text("name"), number("epoch"), number("clock_shift"),
    number("clock_frozen", nullable=True), blob("settings"), PrimaryKeyConstraint("name"),
)

GET = select(
    tenant.c.epoch, tenant.c.clock_shift, tenant.c.clock_frozen, tenant.c.settings
).where(tenant.c.name == bindparam("name"))
LIST = select(tenant.c.name).order_by(tenant.c.name).limit(bindparam("count", type_=BigInteger))
_PUT = insert(tenant).values(
    name=bindparam("name"), epoch=bindparam("epoch"), clock_shift=bindparam("clock_shift"),
    clock_frozen=bindparam("clock_frozen"), settings=bindparam("settings"),
)
PUT = _PUT.on_conflict_do_update(
    index_elements=["name"],
    set_={
        "epoch": _PUT.excluded.epoch, "clock_shift": _PUT.excluded.clock_shift,
        "clock_frozen": _PUT.excluded.clock_frozen, "settings": _PUT.excluded.settings,
    },
)


@dataclass(slots=True)
class Tenant:
    """One isolated space. `key` is what every tenant table has in `tenant_id`.

    `memory` holds what services keep per tenant outside the database (bounded caches, e-CPS mode);
    it is emptied by reset and by clock changes.
    """

    name: str
    epoch: int = 0
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.clock)

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


class Tenants:
    """The tenants in use, read from the database when first named."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[str, Tenant] = OrderedDict()

    async def get(self, name: str) -> Tenant:
        """The tenant of that name, fresh when unknown. `name` must match NAME."""
        known = self._known.get(name)
        if known is not None:
            return known
        row = await self._database.one(GET, name=name)
        found = Tenant(name)
        if row is not None:
            found.epoch, found.clock.shift, found.clock.frozen = row[0], row[1], row[2]
            found.settings = orjson.loads(row[3])
        self._known[name] = found
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return found

    async def save(self, changed: Tenant) -> None:
        """Store epoch, clock and settings; empties the tenant's memory."""
        self._known[changed.name] = changed
        await self._database.write([Write(PUT, {
            "name": changed.name, "epoch": changed.epoch, "clock_shift": changed.clock.shift,
            "clock_frozen": changed.clock.frozen, "settings": orjson.dumps(changed.settings),
        })])
        changed.memory.clear()

    async def reset(self, name: str) -> str:
        """Move the tenant to a new epoch, with the real clock; the old key, to be purged."""
        current = await self.get(name)
        old = current.key
        current.epoch += 1
        current.clock.shift, current.clock.frozen = 0, None
        await self.save(current)
        return old

    async def names(self, count: int = 1000) -> list[str]:
        """Tenants that ever stored settings, a clock or an epoch; `default` always first."""
        rows = await self._database.all(LIST, count=count)
        return [DEFAULT, *(row[0] for row in rows if row[0] != DEFAULT)]


def purge_statements() -> list[Any]:
    """One DELETE per tenant table, for the old key of a reset tenant."""
    return [
        table.delete().where(table.c.tenant_id == bindparam("tenant_id"))
        for table in metadata.sorted_tables if table.info["tenant"]
    ]
