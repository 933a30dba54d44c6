"""What the carte Vitale service keeps for a tenant, in one table: cards of its own, what stands in
the reader, contexts, codes already read, revoked apps."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from sqlalchemy import BigInteger, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.database import Database, Write
from services.kernel.schema import blob, number, tenant_table, text
from services.kernel.tenants import Tenant

Kind = Literal["carte", "porteur", "lecteur", "contexte", "courant", "code", "revoquee"]
"""carte: by serial number; porteur: patient → serial of the card of the tenant's that he is on;
lecteur: one row; contexte: by identifier; courant: professional and software → context;
code: nonce of a code that was read; revoquee: patient."""

record = tenant_table(
    "apcv_record", text("kind"), text("id"), number("until"), blob("content"), key=("kind", "id"),
    clustered=False,
)
"""until: instant (tenant's clock) after which it says no more, 0 for none; content: JSON."""

_KIND = (record.c.tenant_id == bindparam("tenant_id")) & (record.c.kind == bindparam("kind"))
_THIS = _KIND & (record.c.id == bindparam("id"))
GET = select(record.c.until, record.c.content).where(_THIS)
PAGE = (
    select(record.c.id, record.c.content).where(_KIND).order_by(record.c.id)
    .limit(bindparam("count", type_=BigInteger))
)
ADD = insert(record).values(
    tenant_id=bindparam("tenant_id"), kind=bindparam("kind"), id=bindparam("id"),
    until=bindparam("until"), content=bindparam("content"),
)
PUT = ADD.on_conflict_do_update(
    index_elements=["tenant_id", "kind", "id"],
    set_={"until": ADD.excluded.until, "content": ADD.excluded.content},
)
REMOVE = delete(record).where(_THIS)
FORGET = delete(record).where(
    _KIND, record.c.until > 0, record.c.until < bindparam("before", type_=BigInteger)
)
"""What has said its last word, of a kind."""


class Records:
    """Reading and writing them for one tenant."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def get(self, kind: Kind, id: str) -> tuple[int, Any] | None:
        """(until, content), or None."""
        row = await self._database.one(GET, **self._key(kind, id))
        return None if row is None else (row[0], orjson.loads(row[1]))

    async def page(self, kind: Kind, count: int) -> list[tuple[str, Any]]:
        """(id, content) by id."""
        rows = await self._database.all(
            PAGE, tenant_id=self._tenant.key, kind=kind, count=count
        )
        return [(row[0], orjson.loads(row[1])) for row in rows]

    async def write(self, *writes: Write) -> None:
        """All, durable on return. Raises Duplicate for `added` of a known id."""
        await self._database.write(writes)

    def added(self, kind: Kind, id: str, content: Any = None, until: int = 0) -> Write:
        """The write of a new record."""
        return Write(ADD, self._row(kind, id, content, until))

    def put(self, kind: Kind, id: str, content: Any = None, until: int = 0) -> Write:
        """The write of a record, in place of what there is."""
        return Write(PUT, self._row(kind, id, content, until))

    def removed(self, kind: Kind, id: str, rows: int | None = None) -> Write:
        """The write that removes one; rows: 1 to raise Conflict when it is gone already."""
        return Write(REMOVE, self._key(kind, id), rows)

    def forgotten(self, kind: Kind, before: int) -> Write:
        """The write that removes those that ended before an instant."""
        return Write(FORGET, {"tenant_id": self._tenant.key, "kind": kind, "before": before})

    def _key(self, kind: Kind, id: str) -> dict[str, Any]:
        return {"tenant_id": self._tenant.key, "kind": kind, "id": id}

    def _row(self, kind: Kind, id: str, content: Any, until: int) -> dict[str, Any]:
        return {**self._key(kind, id), "until": until, "content": orjson.dumps(content)}
