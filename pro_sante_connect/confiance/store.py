"""What the authorization servers gave, by tenant. One row for an exchange and its renewals."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Index, bindparam, insert, select, update

from pro_sante_connect.confiance.tokens import Access
from services.kernel.database import Database, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

KEPT = 24 * 3600 * 1_000_000
"""Microseconds after which an exchange is forgotten: its tokens ended long before."""

access = tenant_table(
    "psc_api_access", text("id"), text("api"), text("client_id"), text("id_nat"), text("scope"),
    text("form"), text("subject_jti"), text("refresh_id"), text("actor"), number("started"),
    number("seconds"), Index("ix_psc_api_access_subject", "tenant_id", "subject_jti", "api"),
    Index("ix_psc_api_access_started", "tenant_id", "started"), key=("id",),
)

GET = select(*(access.c[name] for name in Access.__dataclass_fields__)).where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.id == bindparam("id")
)
EXCHANGED = select(access.c.id).where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.api == bindparam("api"),
    access.c.subject_jti == bindparam("subject_jti"),
).limit(1)
ADD = insert(access)
ROTATE = update(access).values(refresh_id=bindparam("new_refresh")).where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.id == bindparam("access_id"),
    access.c.refresh_id == bindparam("old_refresh"),
)
END = access.delete().where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.id == bindparam("access_id")
)
FORGET = access.delete().where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.started < bindparam("before")
)


class Accesses:
    """Persistence for one tenant."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def get(self, id: str) -> Access | None:
        """What was given, when nobody ended it; its dates are not judged."""
        row = await self._database.one(GET, tenant_id=self._tenant.key, id=id)
        return None if row is None else Access(*row)

    async def was_exchanged(self, api: str, subject_jti: str) -> bool:
        """Whether this token of Pro Santé Connect was given to this API's server before."""
        return await self._database.one(
            EXCHANGED, tenant_id=self._tenant.key, api=api, subject_jti=subject_jti
        ) is not None

    async def add(self, given: Access) -> None:
        """Keep it, and forget old ones."""
        before = self._tenant.clock.now() - KEPT
        await self._database.write([
            Write(ADD, {"tenant_id": self._tenant.key, **asdict(given)}, rows=1),
            Write(FORGET, {"tenant_id": self._tenant.key, "before": before}),
        ])

    async def rotate(self, known: Access, refresh_id: str) -> None:
        """Replace the refresh token. Raises Conflict when another call did, or it ended."""
        await self._database.write([Write(ROTATE, {
            "tenant_id": self._tenant.key, "access_id": known.id,
            "old_refresh": known.refresh_id, "new_refresh": refresh_id,
        }, rows=1)])

    async def end(self, id: str) -> None:
        """Refuse its tokens from now on."""
        await self._database.write([
            Write(END, {"tenant_id": self._tenant.key, "access_id": id})
        ])
