"""The session that a call belongs to, and the traces of it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

from pro_sante_connect.proxy import errors
from pro_sante_connect.proxy.session import COOKIE, SECONDS, Origin, Session, Type, trace
from pro_sante_connect.proxy.store import Store
from pro_sante_connect.wire.browser import cookie_of
from services.kernel.exchange import Exchange


async def session_of(exchange: Exchange) -> Session | None:
    """That of the cookie, when it is not over."""
    id = cookie_of(exchange, COOKIE)
    if not id:
        return None
    return await Store(exchange.sandbox.database, exchange.tenant).session(id)


async def require_session(exchange: Exchange) -> Session:
    """The same. Raises NO_SESSION."""
    found = await session_of(exchange)
    if found is None:
        raise errors.NO_SESSION(at=f"Cookie {COOKIE}", expected="une session en cours")
    return found


def cookie(exchange: Exchange, id: str) -> tuple[str, str]:
    """The header that gives the session to the software; an empty id takes it back."""
    own = urlsplit(exchange.base_url)
    secure = "; Secure" if own.scheme == "https" else ""
    age = SECONDS if id else 0
    path = exchange.local("/psc/proxy")
    return "Set-Cookie", (
        f"{COOKIE}={id}; Path={path}; HttpOnly; SameSite=Strict; Max-Age={age}{secure}"
    )


async def record(
    exchange: Exchange, type: Type, origin: Origin, request: Mapping[str, str] | None = None
) -> None:
    """Add a trace."""
    now = exchange.tenant.clock.now()
    content = trace(
        type, origin, exchange.peer, exchange.header("x-forwarded-for")[:100], now, request
    )
    store = Store(exchange.sandbox.database, exchange.tenant)
    await store.record(now, orjson.dumps(content).decode())
