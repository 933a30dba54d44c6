"""grant_type=refresh_token at an API's authorization server: same certificate, once."""

from __future__ import annotations

from dataclasses import replace

from pro_sante_connect import errors
from pro_sante_connect.confiance import rules
from pro_sante_connect.confiance.apis import Api
from pro_sante_connect.confiance.authority import issuer_of
from pro_sante_connect.confiance.issuing import answer
from pro_sante_connect.confiance.store import Accesses
from pro_sante_connect.confiance.verification import live_access
from pro_sante_connect.domain.binding import is_bound_elsewhere
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.wire.client_authentication import certificate_of
from pro_sante_connect.wire.verification import forget_tokens
from services.kernel.database import Conflict
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population import Client, people

RULES = (rules.renewal_is_needed, rules.renewal_is_asked_once)


async def renew(exchange: Exchange, api: Api, client: Client, form: Parameters) -> Answer:
    """New tokens of the same exchange. A replay ends it."""
    token = form.get("refresh_token")
    if not token:
        raise errors.REFRESH_MISSING(at="refresh_token")
    claims = await provider_of(exchange.sandbox).open(token)
    if claims is None or claims.get("typ") != "Refresh" or claims["iss"] != issuer_of(
        exchange, api
    ) or claims["azp"] != client.client_id:
        raise errors.REFRESH_INVALID(at="refresh_token")
    if claims["exp"] <= exchange.tenant.clock.seconds():
        raise errors.REFRESH_EXPIRED(at="refresh_token")
    if is_bound_elsewhere(claims, certificate_of(exchange)):
        raise errors.REFRESH_BOUND(at="certificat client", expected="le certificat du jeton")
    known = await live_access(exchange.sandbox, exchange.tenant, claims, "Refresh")
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(known.id_nat) if known is not None else None
    if known is None or professional is None:
        raise errors.SESSION_NOT_ACTIVE(at="refresh_token")
    age = exchange.tenant.clock.seconds() - claims["iat"]
    replayed = known.refresh_id != claims["jti"]
    observe(exchange, RULES, rules.Renewal(age, known.seconds, replayed))
    accesses = Accesses(exchange.sandbox.database, exchange.tenant)
    if replayed:
        raise await _replayed(exchange, accesses, known.id)
    given = replace(known, refresh_id=exchange.tenant.ids.uuid4())
    try:
        await accesses.rotate(known, given.refresh_id)
    except Conflict as error:
        raise await _replayed(exchange, accesses, known.id) from error
    return await answer(exchange, api, client, professional, given)


async def _replayed(exchange: Exchange, accesses: Accesses, id: str) -> Refusal:
    await accesses.end(id)
    await forget_tokens(exchange)
    return errors.REFRESH_REUSED(at="refresh_token", found="jeton déjà échangé")
