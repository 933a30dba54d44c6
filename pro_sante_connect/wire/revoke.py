"""psc.revoke: a client gives a token back (RFC 7009)."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.store import Store
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.refreshing import refresh_claims_of
from pro_sante_connect.wire.verification import forget_tokens, if_alive
from services.kernel.dialects import OAUTH
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Client


@transaction(
    "psc.revoke",
    name="Révocation d'un jeton",
    spec="Pro Santé Connect, métadonnées : revocation_endpoint ; RFC 7009",
    dialect=OAUTH,
    routes=(f"POST {codes.CONNECT}/revoke", f"POST {codes.PLAIN}/revoke"),
    fidelity="derived",
    max_body=64 * 1024,
)
async def revoke(exchange: Exchange) -> Answer:
    """200 without body, also for a token that is unknown, dead, or another client's."""
    form = form_of(exchange)
    client = await authenticate(exchange, form)
    if form.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=form.duplicated[0])
    token = form.get("token")
    if not token:
        raise errors.INTROSPECTED_MISSING(at="token")
    if not await _revoke_access(exchange, client, token):
        await _revoke_refresh(exchange, client, token)
    return Answer(200, headers=(("Cache-Control", "no-store"), ("Pragma", "no-cache")))


async def _revoke_access(exchange: Exchange, client: Client, token: str) -> bool:
    claims = await if_alive(exchange, await provider_of(exchange.sandbox).verify(token))
    if claims is None or claims["azp"] != client.client_id:
        return False
    await Store(exchange.sandbox.database, exchange.tenant).revoke(claims["jti"])
    await forget_tokens(exchange)
    return True


async def _revoke_refresh(exchange: Exchange, client: Client, token: str) -> None:
    """A refresh token takes with it everything the client holds in the session."""
    try:
        claims = await refresh_claims_of(exchange, token)
    except Refusal:
        return
    if claims["azp"] != client.client_id:
        return
    store = Store(exchange.sandbox.database, exchange.tenant)
    await store.detach(claims["sid"], client.client_id)
    await forget_tokens(exchange)
