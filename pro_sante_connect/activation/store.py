"""QR codes that wait for a telephone."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Index, bindparam, insert, select, update

from services.kernel.clock import SECOND
from services.kernel.database import Database, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

SECONDS = 90
KEPT = 24 * 3600 * SECOND
Means = Literal["card", "mail"]

activation = tenant_table(
    "psc_activation", text("code"), text("id_nat"), text("means"), text("second"),
    number("issued"), number("used"),
    Index("ix_psc_activation_issued", "tenant_id", "issued"), key=("code",),
)


@dataclass(frozen=True, slots=True)
class Activation:
    """code: in the QR code; second: what the telephone received by SMS, "" by card; used: 1 once
    read or tried in vain. issued: microseconds on the tenant's clock."""

    code: str
    id_nat: str
    means: Means
    second: str
    issued: int
    used: int = 0

    @property
    def ends(self) -> int:
        return self.issued + SECONDS * SECOND


GET = select(*(activation.c[name] for name in Activation.__dataclass_fields__)).where(
    activation.c.tenant_id == bindparam("tenant_id"), activation.c.code == bindparam("code")
)
ADD = insert(activation)
USE = update(activation).values(used=1).where(
    activation.c.tenant_id == bindparam("tenant_id"), activation.c.code == bindparam("given"),
    activation.c.used == 0,
)
FORGET = activation.delete().where(
    activation.c.tenant_id == bindparam("tenant_id"), activation.c.issued < bindparam("before")
)


class Activations:
    """Persistence for one tenant."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def get(self, code: str) -> Activation | None:
        row = await self._database.one(GET, tenant_id=self._tenant.key, code=code)
        return None if row is None else Activation(*row)

    async def add(self, made: Activation) -> None:
        """Keep it, and forget old ones."""
        before = self._tenant.clock.now() - KEPT
        await self._database.write([
            Write(ADD, {"tenant_id": self._tenant.key, **asdict(made)}, rows=1),
            Write(FORGET, {"tenant_id": self._tenant.key, "before": before}),
        ])

    async def use(self, code: str) -> None:
        """Spend it. Raises Conflict when it already is."""
        await self._database.write([
            Write(USE, {"tenant_id": self._tenant.key, "given": code}, rows=1)
        ])
