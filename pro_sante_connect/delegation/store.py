"""Which professional each local account was paired with."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, insert, select

from services.kernel.clock import SECOND
from services.kernel.database import Database, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

DAYS = 90
# DEFAULT(lifetime of a pairing): 90 days; documented, and its value is not public.

pairing = tenant_table(
    "psc_pairing", text("tid"), text("oid"), text("account"), text("id_nat"), number("started"),
    key=("tid", "oid"),
)


@dataclass(frozen=True, slots=True)
class Pairing:
    """tid, oid: of the local account; started: microseconds on the tenant's clock."""

    tid: str
    oid: str
    account: str
    id_nat: str
    started: int

    @property
    def ends(self) -> int:
        return self.started + DAYS * 86400 * SECOND


GET = select(*(pairing.c[name] for name in Pairing.__dataclass_fields__)).where(
    pairing.c.tenant_id == bindparam("tenant_id"), pairing.c.tid == bindparam("tid"),
    pairing.c.oid == bindparam("oid"),
)
ALL = select(*(pairing.c[name] for name in Pairing.__dataclass_fields__)).where(
    pairing.c.tenant_id == bindparam("tenant_id")
).order_by(pairing.c.started, pairing.c.oid)
DROP = pairing.delete().where(
    pairing.c.tenant_id == bindparam("tenant_id"), pairing.c.tid == bindparam("old_tid"),
    pairing.c.oid == bindparam("old_oid"),
)
ADD = insert(pairing)


class Pairings:
    """Persistence for one tenant."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def get(self, tid: str, oid: str) -> Pairing | None:
        """The pairing of this account, when it is not over."""
        row = await self._database.one(GET, tenant_id=self._tenant.key, tid=tid, oid=oid)
        found = Pairing(*row) if row is not None else None
        return found if found is not None and self._tenant.clock.now() < found.ends else None

    async def all(self) -> list[Pairing]:
        """Every pairing, those that are over included."""
        return [Pairing(*row) for row in await self._database.all(ALL, tenant_id=self._tenant.key)]

    async def put(self, made: Pairing) -> None:
        """Instead of what the account had. Raises Duplicate when another call was first."""
        await self._database.write([
            self._dropped(made.tid, made.oid),
            Write(ADD, {"tenant_id": self._tenant.key, **asdict(made)}, rows=1),
        ])

    async def drop(self, tid: str, oid: str) -> None:
        """Forget it."""
        await self._database.write([self._dropped(tid, oid)])

    def _dropped(self, tid: str, oid: str) -> Write:
        return Write(DROP, {"tenant_id": self._tenant.key, "old_tid": tid, "old_oid": oid})
