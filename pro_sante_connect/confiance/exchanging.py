"""grant_type=…:token-exchange: a token of Pro Santé Connect against one of the API (RFC 8693)."""

from __future__ import annotations

import orjson

from pro_sante_connect.confiance import actor, apis, errors, rules
from pro_sante_connect.confiance.apis import Api, Form
from pro_sante_connect.confiance.authority import form_of_api
from pro_sante_connect.confiance.issuing import answer
from pro_sante_connect.confiance.store import Accesses
from pro_sante_connect.confiance.tokens import Access
from pro_sante_connect.domain.binding import is_bound_elsewhere
from pro_sante_connect.domain.claims import Claims, id_nat_of
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.settings import settings_of
from pro_sante_connect.errors import INVALID_SCOPE
from pro_sante_connect.wire.addresses import issuer_of as psc_issuer
from pro_sante_connect.wire.client_authentication import certificate_of
from pro_sante_connect.wire.verification import live_claims
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe
from services.population import Client, people

RULES = (
    rules.scope_is_asked, rules.token_is_exchanged_once, rules.token_is_the_clients,
    rules.actor_is_complete,
)


async def exchange_token(
    exchange: Exchange, api: Api, client: Client, form: Parameters
) -> Answer:
    """Parameters, then the subject, then the scopes, in the engine's order."""
    kind = form_of_api(exchange, api)
    _check_types(form)
    acting = _actor(exchange, form)
    claims = await _subject(exchange, form, kind)
    accesses = Accesses(exchange.sandbox.database, exchange.tenant)
    observe(exchange, RULES, rules.Exchange(
        client.client_id, claims["azp"], form.get("scope"),
        await accesses.was_exchanged(api.id, claims["jti"]),
        actor.missing(acting) if acting is not None else (),
    ))
    if exchange.tenant.strict and claims["azp"] != client.client_id:
        raise errors.SUBJECT_HOLDER(
            at="subject_token", expected=client.client_id, found=claims["azp"]
        )
    if is_bound_elsewhere(claims, certificate_of(exchange)):
        raise errors.SUBJECT_BOUND(at="certificat client", expected="le certificat du jeton")
    scope = _scope(form, api, client, kind)
    who = await people(exchange.sandbox.database, exchange.tenant).professional(
        id_nat_of(claims["sub"])
    )
    if who is None:
        raise errors.SUBJECT_INVALID(at="subject_token", found=claims["sub"])
    ids = exchange.tenant.ids
    given = Access(
        ids.uuid4(), api.id, client.client_id, who.id_nat, scope, kind, claims["jti"],
        ids.uuid4(), _act(acting), exchange.tenant.clock.now(),
        settings_of(exchange.tenant).api_seconds,
    )
    await accesses.add(given)
    exchange.outcome_note = f"Jeton de {who.id_nat} échangé pour l'API {api.name}"
    return await answer(exchange, api, client, who, given)


def _check_types(form: Parameters) -> None:
    """Raises EXCHANGE_PARAMETER, SUBJECT_TYPE or REQUESTED_TYPE."""
    for name in ("subject_token", "subject_token_type"):
        if not form.get(name):
            raise errors.EXCHANGE_PARAMETER(f"Missing parameter: {name}", at=name)
    if form.get("subject_token_type") not in apis.SUBJECT_TYPES:
        raise errors.SUBJECT_TYPE(
            at="subject_token_type", expected=apis.ACCESS_TYPE,
            found=form.get("subject_token_type"),
        )
    if form.get("requested_token_type") not in ("", *apis.SUBJECT_TYPES):
        raise errors.REQUESTED_TYPE(
            at="requested_token_type", expected=apis.ACCESS_TYPE,
            found=form.get("requested_token_type"),
        )


def _actor(exchange: Exchange, form: Parameters) -> Claims | None:
    """Claims of the actor token, None without one. Raises EXCHANGE_PARAMETER or ACTOR_INVALID."""
    token, kind = form.get("actor_token"), form.get("actor_token_type")
    if not token and not kind:
        return None
    if not kind:
        raise errors.EXCHANGE_PARAMETER("Missing parameter: actor_token_type",
                                        at="actor_token_type", expected=apis.JWT_TYPE)
    if kind != apis.JWT_TYPE:
        raise errors.ACTOR_INVALID(at="actor_token_type", expected=apis.JWT_TYPE, found=kind)
    claims = actor.read(token)
    if claims is None:
        raise errors.ACTOR_INVALID(at="actor_token", expected="un JWT signé")
    if claims["exp"] <= exchange.tenant.clock.seconds():
        raise errors.ACTOR_INVALID(at="actor_token.exp", expected="un jeton en cours")
    return claims


async def _subject(exchange: Exchange, form: Parameters, kind: Form) -> Claims:
    """Claims of the live token of Pro Santé Connect. Raises SUBJECT_ISSUER or SUBJECT_INVALID."""
    said = form.get("subject_issuer")
    if said not in ("", apis.PSC_ALIAS, psc_issuer(exchange)):
        raise errors.SUBJECT_ISSUER(at="subject_issuer", expected=apis.PSC_ALIAS, found=said)
    if kind == "keycloak" and not said and form.get("subject_token_type") != apis.JWT_TYPE:
        # The engine then looks for a token of its own realm.
        raise errors.SUBJECT_INVALID(at="subject_issuer", expected=apis.PSC_ALIAS)
    claims = await live_claims(exchange.sandbox, exchange.tenant, form.get("subject_token"))
    if claims is None:
        raise errors.SUBJECT_INVALID(
            at="subject_token", expected="un jeton d'accès de Pro Santé Connect en cours"
        )
    return claims


def _scope(form: Parameters, api: Api, client: Client, kind: Form) -> str:
    """The granted scopes. Raises EXCHANGE_PARAMETER or INVALID_SCOPE."""
    asked = tuple(dict.fromkeys(form.get("scope").split()))
    if not asked and kind == "ci-sis":
        raise errors.EXCHANGE_PARAMETER(
            "Missing parameter: scope", at="scope", expected=" ".join(api.scopes)
        )
    granted = granted_to(client, api)
    if any(each not in granted for each in asked):
        raise INVALID_SCOPE(
            f"Invalid scopes: {' '.join(asked)}", at="scope", expected=" ".join(granted),
            found=" ".join(asked),
        )
    # What the conformity server grants whatever is asked.
    always = apis.STANDARD if kind == "keycloak" else ()
    return " ".join(dict.fromkeys((*always, *asked)))


def granted_to(client: Client, api: Api) -> tuple[str, ...]:
    """Scopes of this API that the client was given when it was enrolled: all, unless some are
    named."""
    if not client.api_scopes:
        return api.scopes
    return (*apis.STANDARD, *(each for each in client.api_scopes if each in api.scopes))


def _act(acting: Claims | None) -> str:
    return orjson.dumps(actor.act(acting)).decode() if acting is not None else ""
