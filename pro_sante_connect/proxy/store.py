"""Sessions, certificates and traces of a tenant's proxy."""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import BigInteger, Index, bindparam, insert, select, update

from pro_sante_connect.proxy.session import Session
from services.kernel.database import Database, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

KEPT = 24 * 3600 * 1_000_000
MOST = 1000
"""Traces that one answer holds."""

session = tenant_table(
    "psc_proxy_session", text("id"), text("client_id"), text("id_nat"), text("session_state"),
    text("id_token"), text("tokens"), number("started"),
    Index("ix_psc_proxy_session_started", "tenant_id", "started"), key=("id",), clustered=False,
)
certificate = tenant_table(
    "psc_proxy_certificate", text("client_id"), text("pem"), key=("client_id",), clustered=False
)
trace = tenant_table(
    "psc_proxy_trace", text("id"), number("at"), text("content"),
    Index("ix_psc_proxy_trace_at", "tenant_id", "at", "id"), key=("id",), clustered=False,
)

GET = select(*(session.c[name] for name in Session.__dataclass_fields__)).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("id")
)
ADD = insert(session)
END = session.delete().where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("session_id")
)
RENEW = update(session).values(tokens=bindparam("new_tokens")).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("session_id"),
    session.c.tokens == bindparam("old_tokens"),
)
GET_PEM = select(certificate.c.pem).where(
    certificate.c.tenant_id == bindparam("tenant_id"),
    certificate.c.client_id == bindparam("client_id"),
)
DROP_PEM = certificate.delete().where(
    certificate.c.tenant_id == bindparam("tenant_id"),
    certificate.c.client_id == bindparam("wanted_client"),
)
ADD_PEM = insert(certificate)
ADD_TRACE = insert(trace)
TRACES = select(trace.c.content).where(
    trace.c.tenant_id == bindparam("tenant_id"), trace.c.at >= bindparam("start"),
    trace.c.at <= bindparam("end"),
).order_by(trace.c.at, trace.c.id).limit(bindparam("count", type_=BigInteger))
FORGET = (
    session.delete().where(
        session.c.tenant_id == bindparam("tenant_id"), session.c.started < bindparam("before")
    ),
    trace.delete().where(
        trace.c.tenant_id == bindparam("tenant_id"), trace.c.at < bindparam("before")
    ),
)


class Store:
    """Persistence for one tenant."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def session(self, id: str) -> Session | None:
        """The session, when it is not over."""
        row = await self._database.one(GET, tenant_id=self._tenant.key, id=id)
        found = Session(*row) if row is not None else None
        return found if found is not None and found.is_alive(self._tenant.clock.now()) else None

    async def open(self, opened: Session) -> None:
        """Keep it, and forget old sessions and traces."""
        before = {"tenant_id": self._tenant.key, "before": self._tenant.clock.now() - KEPT}
        await self._database.write([
            Write(ADD, {"tenant_id": self._tenant.key, **asdict(opened)}, rows=1),
            *(Write(each, before) for each in FORGET),
        ])

    async def renew(self, known: Session, tokens: str) -> Session:
        """Its tokens, renewed. Raises Conflict when another call renewed them first."""
        await self._database.write([Write(RENEW, {
            "tenant_id": self._tenant.key, "session_id": known.id, "old_tokens": known.tokens,
            "new_tokens": tokens,
        }, rows=1)])
        return replace(known, tokens=tokens)

    async def end(self, id: str) -> None:
        """Close a session. Raises Conflict when it already is."""
        await self._database.write([
            Write(END, {"tenant_id": self._tenant.key, "session_id": id}, rows=1)
        ])

    async def pem(self, client_id: str) -> str:
        """Key and certificates of a software, "" when it has none."""
        row = await self._database.one(
            GET_PEM, tenant_id=self._tenant.key, client_id=client_id
        )
        return "" if row is None else str(row[0])

    async def keep_pem(self, client_id: str, pem: str) -> None:
        """Instead of what it had. Raises Duplicate when another call was first."""
        await self._database.write([
            Write(DROP_PEM, {"tenant_id": self._tenant.key, "wanted_client": client_id}),
            Write(ADD_PEM, {
                "tenant_id": self._tenant.key, "client_id": client_id, "pem": pem,
            }, rows=1),
        ])

    async def record(self, at: int, content: str) -> None:
        """Add a trace."""
        await self._database.write([Write(ADD_TRACE, {
            "tenant_id": self._tenant.key, "id": self._tenant.ids.uuid(), "at": at,
            "content": content,
        }, rows=1)])

    async def traces(self, start: int, end: int) -> list[str]:
        """Traces between two instants, oldest first, `MOST` at most."""
        rows = await self._database.all(
            TRACES, tenant_id=self._tenant.key, start=start, end=end, count=MOST
        )
        return [str(row[0]) for row in rows]
