"""psc.as_introspect and psc.as_revoke: is a token of an API alive, and may it die?"""

from __future__ import annotations

from pro_sante_connect import errors
from pro_sante_connect.confiance import apis
from pro_sante_connect.confiance.authority import api_of
from pro_sante_connect.confiance.store import Accesses
from pro_sante_connect.confiance.tokens import Access, Claims
from pro_sante_connect.confiance.verification import live_access
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.verification import forget_tokens
from services.kernel.dialects import OAUTH
from services.kernel.errors import CatalogueError
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Client


@transaction(
    "psc.as_introspect",
    name="Introspection d'un jeton d'API",
    spec="Volet de sécurisation du transport du CI-SIS ; RFC 7662",
    dialect=OAUTH,
    routes=(f"POST {apis.CONNECT}/token/introspect",),
    fidelity="derived",
    max_body=64 * 1024,
)
async def as_introspect(exchange: Exchange) -> Answer:
    """Any registered client may ask, as an API does of the tokens that it is shown."""
    _, claims, known = await _asked(exchange, errors.INTROSPECTION_DENIED)
    if claims is None or known is None:
        return Answer.json({"active": False}, Cache_Control="no-store", Pragma="no-cache")
    content = {
        **claims, "client_id": known.client_id, "username": known.id_nat, "active": True,
    }
    return Answer.json(content, Cache_Control="no-store", Pragma="no-cache")


@transaction(
    "psc.as_revoke",
    name="Révocation d'un jeton d'API",
    spec="RFC 7009",
    dialect=OAUTH,
    routes=(f"POST {apis.CONNECT}/revoke",),
    fidelity="default",
    max_body=64 * 1024,
)
async def as_revoke(exchange: Exchange) -> Answer:
    """What the exchange gave ends; 200 for whatever is unknown, dead or another client's."""
    client, _, known = await _asked(exchange, errors.CLIENT_AUTHENTICATION)
    if known is not None and known.client_id == client.client_id:
        await Accesses(exchange.sandbox.database, exchange.tenant).end(known.id)
        await forget_tokens(exchange)
    return Answer(200, headers=(("Cache-Control", "no-store"), ("Pragma", "no-cache")))


async def _asked(
    exchange: Exchange, denied: CatalogueError
) -> tuple[Client, Claims | None, Access | None]:
    """Who asks, and what the token is worth at this server."""
    api = api_of(exchange)
    form = form_of(exchange)
    client = await authenticate(exchange, form, denied)
    if form.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=form.duplicated[0])
    token = form.get("token")
    if not token:
        raise errors.INTROSPECTED_MISSING(at="token")
    provider = provider_of(exchange.sandbox)
    claims = await provider.verify(token) or await provider.open(token)
    if claims is None or claims.get("typ") not in ("Bearer", "Refresh"):
        return client, None, None
    known = await live_access(exchange.sandbox, exchange.tenant, claims, claims["typ"])
    if known is None or known.api != api.id:
        return client, None, None
    if claims["typ"] == "Refresh" and claims["jti"] != known.refresh_id:
        return client, None, None
    return client, claims, known
