"""Bearer tokens on sandbox APIs: who is calling."""

from __future__ import annotations

from services.kernel import errors
from services.kernel.exchange import Exchange
from services.kernel.ports import Caller

REALM = 'Bearer realm="socle"'


async def bearer(exchange: Exchange) -> Caller:
    """The professional behind the Authorization header; sets `exchange.caller`.

    Raises TOKEN_MISSING or TOKEN_INVALID (401, with WWW-Authenticate).
    """
    scheme, _, token = exchange.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.TOKEN_MISSING(at="Authorization", headers={"WWW-Authenticate": REALM})
    caller = await exchange.sandbox.ports.tokens.verify(exchange.tenant, token.strip())
    if caller is None:
        raise errors.TOKEN_INVALID(
            at="Authorization",
            headers={"WWW-Authenticate": REALM + ', error="invalid_token"'},
        )
    exchange.caller = caller
    return caller
