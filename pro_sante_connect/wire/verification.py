"""Is this access token alive? The port that every sandbox API asks."""

from __future__ import annotations

from collections import OrderedDict

from pro_sante_connect.confiance.verification import live_access
from pro_sante_connect.domain.binding import bound_to
from pro_sante_connect.domain.claims import Claims, id_nat_of
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.store import Store
from pro_sante_connect.wire.addresses import is_issuer, is_ours
from pro_sante_connect.wire.faces import is_plain
from services.kernel.clock import SECOND
from services.kernel.exchange import Exchange
from services.kernel.ports import Caller
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import people

CACHE = "psc.tokens"
MOST = 4096
"""Tokens remembered per tenant."""


class PscTokens:
    """The `tokens` port: a dictionary look-up for a token already seen, a verification else."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def verify(self, tenant: Tenant, token: str) -> Caller | None:
        """The caller, or None: unknown, expired, closed, or another tenant's."""
        known: OrderedDict[str, Caller] | None = tenant.memory.get(CACHE)
        if known is None:
            known = tenant.memory[CACHE] = OrderedDict()
        caller = known.get(token)
        if caller is None:
            caller = await self._caller(tenant, token)
            if caller is None:
                return None
            known[token] = caller
            if len(known) > MOST:
                known.popitem(last=False)
        return caller if tenant.clock.now() < caller.expires_at else None

    async def _caller(self, tenant: Tenant, token: str) -> Caller | None:
        claims = await provider_of(self._sandbox).verify(token)
        api = ""
        if await if_live(self._sandbox, tenant, claims) is None:
            access = await live_access(self._sandbox, tenant, claims)
            if access is None:
                return None
            api = access.api
        if claims is None:
            return None
        id_nat = claims["SubjectNameID"] if api else id_nat_of(claims["sub"])
        who = await people(self._sandbox.database, tenant).professional(id_nat)
        if who is None:
            return None
        return Caller(
            id_nat, who.prenom, who.nom, who.profession, claims["azp"],
            claims["session_state"],
            claims["scope"], claims["exp"] * SECOND, who.card, bound_to(claims), api,
        )


async def live_claims(sandbox: Sandbox, tenant: Tenant, token: str) -> Claims | None:
    """Claims of an access token of this tenant that is neither expired, revoked nor closed."""
    return await if_live(sandbox, tenant, await provider_of(sandbox).verify(token))


async def if_live(sandbox: Sandbox, tenant: Tenant, claims: Claims | None) -> Claims | None:
    """The same claims, of a token of this installation, when it is such a token."""
    if claims is None or claims.get("typ") != "Bearer":
        return None
    if not is_issuer(sandbox, tenant, claims["iss"]) or claims["exp"] <= tenant.clock.seconds():
        return None
    alive = await Store(sandbox.database, tenant).is_live(claims["jti"])
    return claims if alive else None


async def if_alive(exchange: Exchange, claims: Claims | None) -> Claims | None:
    """The same, of the face that was called."""
    if not is_plain(exchange):
        return await if_live(exchange.sandbox, exchange.tenant, claims)
    if claims is None or claims.get("typ") != "Bearer" or not is_ours(exchange, claims["iss"]):
        return None
    if claims["exp"] <= exchange.tenant.clock.seconds():
        return None
    alive = await Store(exchange.sandbox.database, exchange.tenant).is_live(claims["jti"])
    return claims if alive else None


async def forget_tokens(exchange: Exchange) -> None:
    """After a logout or a revocation: every token is verified again, by every process."""
    await exchange.sandbox.tenants.refresh(exchange.tenant)
