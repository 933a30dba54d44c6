"""psc.introspect: is a token alive, and whose is it? Any registered client may ask."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.claims import Claims, introspection
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.rules.tokens import Shown, introspected_is_a_token
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.refreshing import alive, refresh_claims_of
from pro_sante_connect.wire.verification import if_alive
from services.kernel.dialects import OAUTH
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.kernel.transactions import transaction


@transaction(
    "psc.introspect",
    name="Introspection d'un jeton",
    spec="Pro Santé Connect, l'introspection ; RFC 7662",
    dialect=OAUTH,
    routes=(f"POST {codes.CONNECT}/token/introspect", f"POST {codes.PLAIN}/introspect"),
    fidelity="official",
    max_body=64 * 1024,
)
async def introspect(exchange: Exchange) -> Answer:
    """Access or refresh token. A dead one says `{"active":false}` and nothing more."""
    form = form_of(exchange)
    await authenticate(exchange, form, errors.INTROSPECTION_DENIED)
    if form.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=form.duplicated[0])
    token = form.get("token")
    if not token:
        raise errors.INTROSPECTED_MISSING(at="token")
    read = await provider_of(exchange.sandbox).verify(token)
    now = exchange.tenant.clock.seconds()
    observe(exchange, (introspected_is_a_token,), Shown(read, now, introspected=True))
    claims = await if_alive(exchange, read)
    if claims is None:
        claims = await _refresh_claims(exchange, token)
    content = {"active": False} if claims is None else introspection(claims)
    return Answer.json(content, Cache_Control="no-store", Pragma="no-cache")


async def _refresh_claims(exchange: Exchange, token: str) -> Claims | None:
    try:
        claims = await refresh_claims_of(exchange, token)
        _, family = await alive(exchange, claims)
    except Refusal:
        return None
    return claims if family.refresh_id == claims["jti"] else None
