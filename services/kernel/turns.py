"""Turns: how many exchanges each fault and each script of answers has served.

A turn is served once, whatever runs at the same time and in whatever process: it is taken by a
durable write that expects the count it has seen.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, insert, select, update

from services.kernel.database import Conflict, Database, Write
from services.kernel.schema import number, tenant_table, text

fault_turn = tenant_table("fault_turn", text("id"), number("used"), key=("id",))

_MINE = fault_turn.c.tenant_id == bindparam("tenant_id")
_ONE = fault_turn.c.id == bindparam("which")
NEW = insert(fault_turn).values(tenant_id=bindparam("tenant_id"), id=bindparam("which"), used=0)
USED = select(fault_turn.c.used).where(_MINE, _ONE)
ALL = select(fault_turn.c.id, fault_turn.c.used).where(_MINE)
COUNT = update(fault_turn).values(used=fault_turn.c.used + 1).where(_MINE, _ONE)
TAKE = COUNT.where(fault_turn.c.used == bindparam("seen", type_=BigInteger))
FORGET = delete(fault_turn).where(_MINE, _ONE)


def new(tenant_key: str, id: str) -> Write:
    """The write that begins a count."""
    return Write(NEW, {"tenant_id": tenant_key, "which": id}, rows=1)


def forget(tenant_key: str, id: str) -> Write:
    """The write that ends one."""
    return Write(FORGET, {"tenant_id": tenant_key, "which": id})


async def used(database: Database, tenant_key: str) -> dict[str, int]:
    """Turns served, by id."""
    return {row[0]: row[1] for row in await database.all(ALL, tenant_id=tenant_key)}


async def take(database: Database, tenant_key: str, id: str, most: int | None) -> int | None:
    """Serve a turn: its number from 0, or None when all `most` are served or `id` is gone.

    Unlimited turns are only counted: their number is 0.
    """
    key = {"tenant_id": tenant_key, "which": id}
    while True:
        row = await database.one(USED, **key)
        if row is None or (most is not None and row[0] >= most):
            return None
        if most is None:
            await database.write([Write(COUNT, key)])
            return 0
        try:
            await database.write([Write(TAKE, {**key, "seen": row[0]}, rows=1)])
        except Conflict:
            continue
        turn: int = row[0]
        return turn
