"""What an authorization request asks, once its object, its claims and its hint are read."""

from __future__ import annotations

from dataclasses import replace

from pro_sante_connect import errors
from pro_sante_connect.domain.authorization import AuthorizationRequest
from pro_sante_connect.domain.claims import id_nat_of
from pro_sante_connect.domain.claims_parameter import with_level
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.request_object import is_unsigned, unwrapped
from pro_sante_connect.wire.addresses import is_ours, issuer_of
from pro_sante_connect.wire.faces import is_plain
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.population import Client


def read(
    exchange: Exchange, parameters: Parameters, client: Client | None
) -> tuple[Parameters, Refusal | None]:
    """The request with `request` and `claims` read, and what is wrong with the first."""
    if client is None:
        return parameters, None
    now, text = exchange.tenant.clock.seconds(), parameters.get("request")
    try:
        if is_plain(exchange) and text and is_unsigned(text):
            raise errors.REQUEST_UNSUPPORTED(at="request", found="alg none")
        return with_level(unwrapped(parameters, client, issuer_of(exchange), now)), None
    except Refusal as refusal:
        return parameters, refusal


async def expected(
    exchange: Exchange, parameters: Parameters, request: AuthorizationRequest
) -> AuthorizationRequest:
    """With the person of `id_token_hint`, on the plain face. Raises HINT_UNUSABLE.

    An expired hint is one all the same (OpenID Connect Core §3.1.2.1).
    """
    hint = parameters.get("id_token_hint")
    if not request.target.plain or not hint:
        return request
    claims = await provider_of(exchange.sandbox).verify(hint)
    if claims is None or claims.get("typ") != "ID" or not is_ours(exchange, claims["iss"]):
        raise errors.HINT_UNUSABLE(at="id_token_hint")
    return replace(request, subject=id_nat_of(claims["sub"]))
