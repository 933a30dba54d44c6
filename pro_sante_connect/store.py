"""Sessions, codes, token families and live access tokens of each tenant."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import BigInteger, Index, bindparam, insert, select, update

from pro_sante_connect.domain.ciba import Ciba, Outcome
from pro_sante_connect.domain.session import Code, Family, Session
from services.kernel.database import Database, Write
from services.kernel.schema import number, tenant_table, text
from services.kernel.tenants import Tenant

HOUR = 3600 * 1_000_000
KEPT = 24 * HOUR
"""Microseconds after which a finished session, its codes and tokens are forgotten."""

LATEST = 200
"""Codes among which a nonce is looked for."""

session = tenant_table(
    "psc_session", text("id"), text("id_nat"), text("mode"), text("cookie"), number("started"),
    number("seen"), Index("ix_psc_session_cookie", "tenant_id", "cookie"),
    Index("ix_psc_session_started", "tenant_id", "started"), key=("id",),
)
code = tenant_table(
    "psc_code", text("digest"), text("request_id"), text("session_id"), text("client_id"),
    text("redirect_uri"), text("scope"), text("nonce"), text("challenge"),
    text("challenge_method"), number("issued"), number("used"),
    Index("ux_psc_code_request", "tenant_id", "request_id", unique=True),
    Index("ix_psc_code_issued", "tenant_id", "issued"), key=("digest",),
)
family = tenant_table(
    "psc_family", text("id"), text("session_id"), text("client_id"), text("scope"),
    text("refresh_id"), number("started"),
    Index("ix_psc_family_session", "tenant_id", "session_id", "client_id"),
    Index("ix_psc_family_started", "tenant_id", "started"), key=("id",),
)
access = tenant_table(
    "psc_access", text("jti"), text("session_id"), text("client_id"), number("issued"),
    Index("ix_psc_access_session", "tenant_id", "session_id", "client_id"),
    Index("ix_psc_access_issued", "tenant_id", "issued"), key=("jti",),
)
ciba = tenant_table(
    "psc_ciba", text("id"), text("client_id"), text("id_nat"), text("scope"), text("channel"),
    text("message"), number("issued"), number("expires"), number("polled"), text("outcome"),
    number("due"), number("attempts"), Index("ix_psc_ciba_issued", "tenant_id", "issued"),
    key=("id",),
)
pushed = tenant_table(
    "psc_pushed", text("id"), text("client_id"), text("form"), number("issued"),
    Index("ix_psc_pushed_issued", "tenant_id", "issued"), key=("id",),
)

_SESSION = (session.c.id, session.c.id_nat, session.c.mode, session.c.cookie, session.c.started,
            session.c.seen)
GET_SESSION = select(*_SESSION).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("id")
)
BY_COOKIE = select(*_SESSION).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.cookie == bindparam("cookie")
)
GET_CODE = select(*(code.c[name] for name in Code.__dataclass_fields__)).where(
    code.c.tenant_id == bindparam("tenant_id"), code.c.digest == bindparam("digest")
)
_LATEST = select(code.c.client_id, code.c.nonce).where(
    code.c.tenant_id == bindparam("tenant_id")
).order_by(code.c.issued.desc()).limit(LATEST).subquery()
NONCE = select(_LATEST.c.nonce).where(
    _LATEST.c.client_id == bindparam("client_id"), _LATEST.c.nonce == bindparam("nonce"),
).limit(1)
GET_FAMILY = select(*(family.c[name] for name in Family.__dataclass_fields__)).where(
    family.c.tenant_id == bindparam("tenant_id"), family.c.id == bindparam("id")
)
HELD = select(*_SESSION, *(family.c[name] for name in Family.__dataclass_fields__)).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("session_id"),
    family.c.tenant_id == bindparam("tenant_id"), family.c.id == bindparam("family_id"),
    family.c.session_id == session.c.id,
)
CLIENTS = select(family.c.client_id).where(
    family.c.tenant_id == bindparam("tenant_id"), family.c.session_id == bindparam("session_id")
).distinct().order_by(family.c.client_id)
GET_ACCESS = select(access.c.jti).where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.jti == bindparam("jti")
)
GET_CIBA = select(*(ciba.c[name] for name in Ciba.__dataclass_fields__)).where(
    ciba.c.tenant_id == bindparam("tenant_id"), ciba.c.id == bindparam("id")
)
GET_PUSHED = select(pushed.c.client_id, pushed.c.form, pushed.c.issued).where(
    pushed.c.tenant_id == bindparam("tenant_id"), pushed.c.id == bindparam("id")
)
LAST_CIBA = select(*(ciba.c[name] for name in Ciba.__dataclass_fields__)).where(
    ciba.c.tenant_id == bindparam("tenant_id"), ciba.c.expires > bindparam("now"),
    ciba.c.issued > bindparam("since"),
).order_by(ciba.c.issued.desc(), ciba.c.id.desc()).limit(bindparam("count", type_=BigInteger))

ADD_SESSION = insert(session)
ADD_CODE = insert(code)
ADD_FAMILY = insert(family)
ADD_ACCESS = insert(access)
ADD_CIBA = insert(ciba)
ADD_PUSHED = insert(pushed)
TAKE_PUSHED = pushed.delete().where(
    pushed.c.tenant_id == bindparam("tenant_id"), pushed.c.id == bindparam("pushed_id")
)
POLL_CIBA = update(ciba).values(polled=bindparam("now")).where(
    ciba.c.tenant_id == bindparam("tenant_id"), ciba.c.id == bindparam("ciba_id"),
    ciba.c.polled <= bindparam("before"),
)
ANSWER_CIBA = update(ciba).values(
    outcome=bindparam("new_outcome"), due=bindparam("new_due"), attempts=bindparam("new_attempts"),
).where(
    ciba.c.tenant_id == bindparam("tenant_id"), ciba.c.id == bindparam("ciba_id"),
    ciba.c.outcome == bindparam("old_outcome"), ciba.c.due == bindparam("old_due"),
    ciba.c.attempts == bindparam("old_attempts"),
)
SPEND_CIBA = ciba.delete().where(
    ciba.c.tenant_id == bindparam("tenant_id"), ciba.c.id == bindparam("ciba_id")
)
SEE_SESSION = update(session).values(seen=bindparam("now")).where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("session_id")
)
USE_CODE = update(code).values(used=1).where(
    code.c.tenant_id == bindparam("tenant_id"), code.c.digest == bindparam("code_digest"),
    code.c.used == 0,
)
ROTATE = update(family).values(refresh_id=bindparam("new_refresh")).where(
    family.c.tenant_id == bindparam("tenant_id"), family.c.id == bindparam("family_id"),
    family.c.refresh_id == bindparam("old_refresh"),
)
END_SESSION = session.delete().where(
    session.c.tenant_id == bindparam("tenant_id"), session.c.id == bindparam("session_id")
)
END_ISSUED = tuple(
    table.delete().where(
        table.c.tenant_id == bindparam("tenant_id"), table.c.session_id == bindparam("session_id")
    )
    for table in (family, access)
)
DETACH = tuple(
    table.delete().where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.session_id == bindparam("session_id"),
        table.c.client_id == bindparam("client_id"),
    )
    for table in (family, access)
)
REVOKE = access.delete().where(
    access.c.tenant_id == bindparam("tenant_id"), access.c.jti == bindparam("jti")
)
FORGET = tuple(
    column.table.delete().where(
        column.table.c.tenant_id == bindparam("tenant_id"), column < bindparam("before")
    )
    for column in (
        session.c.started, code.c.issued, family.c.started, access.c.issued, ciba.c.issued,
        pushed.c.issued,
    )
)


class Store:
    """Persistence for one tenant. Duplicate and Conflict mean that someone else was first."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def session(self, id: str) -> Session | None:
        row = await self._database.one(GET_SESSION, tenant_id=self._tenant.key, id=id)
        return None if row is None else Session(*row)

    async def session_by_cookie(self, digest: str) -> Session | None:
        """The session of the browser whose cookie has this SHA-256."""
        row = await self._database.one(BY_COOKIE, tenant_id=self._tenant.key, cookie=digest)
        return None if row is None else Session(*row)

    async def code(self, digest: str) -> Code | None:
        row = await self._database.one(GET_CODE, tenant_id=self._tenant.key, digest=digest)
        return None if row is None else Code(*row)

    async def knows_nonce(self, client_id: str, nonce: str) -> bool:
        """Whether one of the latest codes was given to this client for this nonce."""
        return await self._database.one(
            NONCE, tenant_id=self._tenant.key, client_id=client_id, nonce=nonce
        ) is not None

    async def family(self, id: str) -> Family | None:
        row = await self._database.one(GET_FAMILY, tenant_id=self._tenant.key, id=id)
        return None if row is None else Family(*row)

    async def held(self, session_id: str, family_id: str) -> tuple[Session, Family] | None:
        """A session and a family of it."""
        row = await self._database.one(
            HELD, tenant_id=self._tenant.key, session_id=session_id, family_id=family_id
        )
        if row is None:
            return None
        return Session(*row[:len(_SESSION)]), Family(*row[len(_SESSION):])

    async def clients(self, session_id: str) -> list[str]:
        """Ids of the clients that hold tokens of a session."""
        rows = await self._database.all(
            CLIENTS, tenant_id=self._tenant.key, session_id=session_id
        )
        return [row[0] for row in rows]

    async def is_live(self, jti: str) -> bool:
        """Whether an access token was issued here and neither revoked nor closed since."""
        return await self._database.one(GET_ACCESS, tenant_id=self._tenant.key, jti=jti) is not None

    async def open(self, opened: Session, issued: Code, *, is_new: bool) -> None:
        """Store a code with its session, and forget old ones. Raises Duplicate, Conflict."""
        now = self._tenant.clock.now()
        first = (
            Write(ADD_SESSION, self._with_tenant(asdict(opened)), rows=1) if is_new
            else self._seen(opened.id, now)
        )
        forget = [Write(each, self._with_tenant({"before": now - KEPT})) for each in FORGET]
        added = asdict(issued)
        await self._database.write(
            [first, Write(ADD_CODE, self._with_tenant(added), rows=1), *forget]
        )

    async def push(self, id: str, client_id: str, form: str) -> None:
        """Keep a pushed authorization request (its form, encoded), and forget old ones."""
        now = self._tenant.clock.now()
        row = {"id": id, "client_id": client_id, "form": form, "issued": now}
        await self._database.write([
            Write(ADD_PUSHED, self._with_tenant(dict(row)), rows=1),
            *(Write(each, self._with_tenant({"before": now - KEPT})) for each in FORGET),
        ])

    async def pushed(self, id: str) -> tuple[str, str, int] | None:
        """(client_id, form, issued) of a pushed request."""
        row = await self._database.one(GET_PUSHED, tenant_id=self._tenant.key, id=id)
        return None if row is None else (row[0], row[1], row[2])

    async def take(self, id: str) -> None:
        """Spend a pushed request. Raises Conflict when it already was."""
        await self._database.write([
            Write(TAKE_PUSHED, self._with_tenant({"pushed_id": id}), rows=1)
        ])

    async def ciba(self, id: str) -> Ciba | None:
        row = await self._database.one(GET_CIBA, tenant_id=self._tenant.key, id=id)
        return None if row is None else Ciba(*row)

    async def pending(self, count: int) -> list[Ciba]:
        """CIBA requests whose time is not over, latest first."""
        now = self._tenant.clock.now()
        rows = await self._database.all(
            LAST_CIBA, tenant_id=self._tenant.key, now=now, since=now - HOUR, count=count
        )
        return [Ciba(*row) for row in rows]

    async def ask(self, asked: Ciba) -> None:
        """Store a CIBA request, and forget old ones."""
        forget = self._with_tenant({"before": self._tenant.clock.now() - KEPT})
        await self._database.write([
            Write(ADD_CIBA, self._with_tenant(asdict(asked)), rows=1),
            *(Write(each, forget) for each in FORGET),
        ])

    async def poll(self, asked: Ciba, interval: int) -> None:
        """Note a poll. Raises Conflict within `interval` (microseconds) of the last one."""
        now = self._tenant.clock.now()
        named = {"ciba_id": asked.id, "now": now, "before": now - interval}
        await self._database.write([Write(POLL_CIBA, self._with_tenant(named), rows=1)])

    async def answer(self, known: Ciba, outcome: Outcome, due: int, attempts: int) -> None:
        """What the device says. Raises Conflict when it has said something else since."""
        named = {
            "ciba_id": known.id, "old_outcome": known.outcome, "old_due": known.due,
            "old_attempts": known.attempts, "new_outcome": outcome, "new_due": due,
            "new_attempts": attempts,
        }
        await self._database.write([Write(ANSWER_CIBA, self._with_tenant(named), rows=1)])

    async def grant(self, asked: Ciba, opened: Session, given: Family, jti: str) -> None:
        """Exchange an accepted CIBA request. Raises Conflict when it already was."""
        started = {**asdict(given), "started": self._tenant.clock.now()}
        await self._database.write([
            Write(SPEND_CIBA, self._with_tenant({"ciba_id": asked.id}), rows=1),
            Write(ADD_SESSION, self._with_tenant(asdict(opened)), rows=1),
            Write(ADD_FAMILY, self._with_tenant(started), rows=1), *self._issued(given, jti),
        ])

    async def use(self, digest: str) -> None:
        """Spend a code. Raises Conflict when it already is."""
        await self._database.write([self._used(digest)])

    async def redeem(self, digest: str, given: Family, jti: str) -> None:
        """Spend a code for a family and the access token `jti`. Raises Conflict if it is spent."""
        started = {**asdict(given), "started": self._tenant.clock.now()}
        await self._database.write([
            self._used(digest), Write(ADD_FAMILY, self._with_tenant(started), rows=1),
            *self._issued(given, jti),
        ])

    async def rotate(self, known: Family, refresh_id: str, jti: str) -> None:
        """Replace a family's refresh token. Raises Conflict when another call did, or it ended."""
        rotated = self._with_tenant({
            "family_id": known.id, "old_refresh": known.refresh_id, "new_refresh": refresh_id,
        })
        await self._database.write([Write(ROTATE, rotated, rows=1), *self._issued(known, jti)])

    async def end(self, session_id: str) -> None:
        """Close a session and everything issued in it."""
        named = self._with_tenant({"session_id": session_id})
        await self._database.write([Write(each, named) for each in (END_SESSION, *END_ISSUED)])

    async def detach(self, session_id: str, client_id: str) -> None:
        """End what one client holds in a session."""
        named = self._with_tenant({"session_id": session_id, "client_id": client_id})
        await self._database.write([Write(each, named) for each in DETACH])

    async def revoke(self, jti: str) -> None:
        """Refuse one access token from now on."""
        await self._database.write([Write(REVOKE, self._with_tenant({"jti": jti}))])

    def _used(self, digest: str) -> Write:
        return Write(USE_CODE, self._with_tenant({"code_digest": digest}), rows=1)

    def _issued(self, given: Family, jti: str) -> tuple[Write, ...]:
        """An access token of this family, and the activity it is for the session."""
        now = self._tenant.clock.now()
        token = self._with_tenant({
            "jti": jti, "session_id": given.session_id, "client_id": given.client_id, "issued": now,
        })
        return Write(ADD_ACCESS, token, rows=1), self._seen(given.session_id, now)

    def _seen(self, session_id: str, now: int) -> Write:
        named = self._with_tenant({"session_id": session_id, "now": now})
        return Write(SEE_SESSION, named, rows=1)

    def _with_tenant(self, values: dict[str, object]) -> dict[str, object]:
        return {"tenant_id": self._tenant.key, **values}
