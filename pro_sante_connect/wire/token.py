"""psc.token: codes and refresh tokens against access, ID and refresh tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.rules import back_channel
from pro_sante_connect.wire.client_authentication import authenticate
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.polling import poll
from pro_sante_connect.wire.redeeming import redeem
from pro_sante_connect.wire.refreshing import refresh
from pro_sante_connect.wire.strictness import refuse_if_strict
from services.kernel.dialects import OAUTH
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import Client

RULES = rules_of(back_channel)
GRANTS: Mapping[str, Callable[[Exchange, Client, Parameters], Awaitable[Answer]]] = {
    "authorization_code": redeem,
    "refresh_token": refresh,
    codes.CIBA_GRANT: poll,
}


@transaction(
    "psc.token",
    name="Jetons",
    spec="Pro Santé Connect, documentation technique ; RFC 6749 §4.1.3 et §6",
    dialect=OAUTH,
    routes=(f"POST {codes.CONNECT}/token", f"POST {codes.PLAIN}/token"),
    fidelity="derived",
    max_body=64 * 1024,
)
async def token(exchange: Exchange) -> Answer:
    """Checks in the engine's order: grant type, client, duplicates, then the grant itself."""
    observe(exchange, RULES, _call(exchange))
    refuse_if_strict(exchange, errors.BROWSER_CALL)
    form = form_of(exchange)
    grant_type = form.get("grant_type")
    if not grant_type:
        raise errors.GRANT_TYPE_MISSING(at="grant_type")
    if grant_type not in codes.GRANT_TYPES:
        raise errors.GRANT_TYPE_UNKNOWN(
            at="grant_type", expected=" ou ".join(GRANTS), found=grant_type
        )
    client = await authenticate(exchange, form)
    if form.duplicated:
        raise errors.DUPLICATED_PARAMETER(at=form.duplicated[0])
    if grant_type == codes.CIBA_GRANT and grant_type not in client.flows:
        raise errors.CIBA_CLOSED(at="grant_type")
    handler = GRANTS.get(grant_type)
    if handler is None or grant_type not in client.flows:
        raise errors.GRANT_TYPE_CLOSED(
            at="grant_type", expected=" ou ".join(client.flows), found=grant_type
        )
    return await handler(exchange, client, form)


def _call(exchange: Exchange) -> back_channel.BackChannelCall:
    return back_channel.BackChannelCall(
        exchange.header("origin"), exchange.header("sec-fetch-site"),
        exchange.header("sec-fetch-mode"), exchange.header("user-agent"),
        tuple(name for name, _ in exchange.query),
    )
