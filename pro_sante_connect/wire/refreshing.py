"""grant_type=refresh_token: rotation at every use; a replay revokes the family."""

from __future__ import annotations

from dataclasses import replace

from pro_sante_connect import errors
from pro_sante_connect.domain.binding import is_bound_elsewhere
from pro_sante_connect.domain.claims import ASKED, Claims
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.session import Family, Session
from pro_sante_connect.rules.tokens import (
    Exchanged,
    refresh_is_given_once,
    refresh_is_no_polling,
)
from pro_sante_connect.store import Store
from pro_sante_connect.wire import issuing
from pro_sante_connect.wire.addresses import is_ours
from pro_sante_connect.wire.client_authentication import certificate_of
from pro_sante_connect.wire.faces import profile_for
from pro_sante_connect.wire.verification import forget_tokens
from services.kernel.database import Conflict
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population import Client, people

RULES = (refresh_is_given_once, refresh_is_no_polling)


async def refresh(exchange: Exchange, client: Client, form: Parameters) -> Answer:
    """New tokens, same session, no nonce."""
    claims = await refresh_claims_of(exchange, form.get("refresh_token"))
    if claims["azp"] != client.client_id:
        raise errors.REFRESH_INVALID(
            "Invalid refresh token. Token client and authorized client don't match",
            at="refresh_token",
        )
    if is_bound_elsewhere(claims, certificate_of(exchange)):
        raise errors.REFRESH_BOUND(at="certificat client", expected="le certificat du jeton")
    store, ids = Store(exchange.sandbox.database, exchange.tenant), exchange.tenant.ids
    session, family = await alive(exchange, claims)
    observe(exchange, RULES, Exchanged(
        "refresh_token", family.refresh_id != claims["jti"],
        exchange.tenant.clock.seconds() - claims["iat"],
        access_seconds=profile_for(exchange, client).access_seconds,
    ))
    if family.refresh_id != claims["jti"]:
        raise await _replayed(exchange, store, family)
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(session.id_nat)
    if professional is None:
        raise errors.SESSION_NOT_ACTIVE(found=session.id_nat)
    scopes = _scopes(exchange, client, family, form.get("scope"))
    given, access_id = replace(family, refresh_id=ids.uuid4()), ids.uuid4()
    try:
        await store.rotate(family, given.refresh_id, access_id)
    except Conflict as error:
        raise await _replayed(exchange, store, family) from error
    issue = issuing.issue_of(exchange, client, session, professional, given, access_id)
    if scopes != issue.scopes or ASKED in claims:
        issue = replace(issue, scopes=scopes, asked=tuple(claims.get(ASKED, ())))
    return await issuing.answer(exchange, issue, given)


async def refresh_claims_of(exchange: Exchange, token: str) -> Claims:
    """Claims of this tenant's refresh token. Raises REFRESH_MISSING, _INVALID or _EXPIRED."""
    if not token:
        raise errors.REFRESH_MISSING(at="refresh_token")
    claims = await provider_of(exchange.sandbox).open(token)
    if claims is None or claims.get("typ") != "Refresh" or not is_ours(
        exchange, claims["iss"]
    ):
        raise errors.REFRESH_INVALID(at="refresh_token")
    if claims["exp"] <= exchange.tenant.clock.seconds():
        raise errors.REFRESH_EXPIRED(at="refresh_token")
    return claims


async def alive(exchange: Exchange, claims: Claims) -> tuple[Session, Family]:
    """The session and the family of a refresh token. Raises SESSION_NOT_ACTIVE."""
    store = Store(exchange.sandbox.database, exchange.tenant)
    held = await store.held(claims["sid"], claims["reuse_id"])
    now, profile = exchange.tenant.clock.now(), profile_for(exchange)
    if held is None or not held[0].is_alive(now, profile):
        raise errors.SESSION_NOT_ACTIVE(at="refresh_token")
    return held


def _scopes(exchange: Exchange, client: Client, family: Family, asked: str) -> tuple[str, ...]:
    """The granted scopes, or fewer when asked so. Raises INVALID_SCOPE for more."""
    wanted = tuple(dict.fromkeys(asked.split()))
    if any(scope not in family.scopes for scope in wanted):
        raise errors.INVALID_SCOPE(
            f"Invalid scopes: {asked}", at="scope", expected=family.scope, found=asked
        )
    if not wanted:
        return family.scopes
    always = profile_for(exchange, client).always_granted
    return tuple(scope for scope in family.scopes if scope in wanted or scope in always)


async def _replayed(exchange: Exchange, store: Store, family: Family) -> Refusal:
    await store.detach(family.session_id, family.client_id)
    await forget_tokens(exchange)
    return errors.REFRESH_REUSED(at="refresh_token", found="jeton déjà échangé")
