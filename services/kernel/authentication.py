"""Bearer tokens on sandbox APIs: who is calling."""

from __future__ import annotations

import hashlib

from services.kernel import errors
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Exchange
from services.kernel.ports import Caller

REALM = 'Bearer realm="socle"'


async def bearer(exchange: Exchange, *, exchanged: bool = False, api: str = "") -> Caller:
    """The professional behind the Authorization header; sets `exchange.caller`.

    exchanged: the real API takes only tokens got by exchange, and a strict tenant does too; api:
    who the token must have been exchanged for, where that is not the service and nothing else does.
    Raises TOKEN_MISSING, TOKEN_INVALID, TOKEN_BOUND, TOKEN_AUDIENCE or TOKEN_RAW (401, with
    WWW-Authenticate).
    """
    scheme, _, token = exchange.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.TOKEN_MISSING(at="Authorization", headers={"WWW-Authenticate": REALM})
    caller = await exchange.sandbox.ports.tokens.verify(exchange.tenant, token.strip())
    if caller is None:
        raise _invalid(errors.TOKEN_INVALID)
    if caller.thumbprint and not holds(caller, exchange.tls.certificate if exchange.tls else b""):
        raise _invalid(errors.TOKEN_BOUND, "certificat client")
    if (caller.api or api) and caller.api != (api or exchange.service):
        raise _invalid(errors.TOKEN_AUDIENCE, found=caller.api)
    if exchanged and exchange.tenant.strict and not caller.api:
        raise _invalid(errors.TOKEN_RAW)
    exchange.caller = caller
    return caller


def holds(caller: Caller, certificate: bytes) -> bool:
    """Whether a token is not bound, or to this certificate (DER, empty for none)."""
    return not caller.thumbprint or hashlib.sha256(certificate).hexdigest() == caller.thumbprint


def _invalid(error: CatalogueError, at: str = "Authorization", found: str = "") -> Refusal:
    return error(
        at=at, found=found, headers={"WWW-Authenticate": REALM + ', error="invalid_token"'}
    )
