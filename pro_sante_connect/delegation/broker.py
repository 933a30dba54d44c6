"""psc.broker and psc.delegation: Pro Santé Connect between a software and a local provider."""

from __future__ import annotations

import base64
from typing import Any

from pro_sante_connect import codes, errors
from pro_sante_connect.delegation import errors as refusals
from pro_sante_connect.delegation.accounts import ACCEPTED, ALIAS, CLIENT, NAME, ROOT
from pro_sante_connect.delegation.institution import AUTHORIZE, BROKER, TOKEN
from pro_sante_connect.delegation.sealing import Claims, seal, unseal
from pro_sante_connect.delegation.store import Pairing, Pairings
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.authorization import (
    AuthorizationRequest,
    request_of,
    target_of,
)
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.redirection import with_parameters
from pro_sante_connect.proxy import inside
from pro_sante_connect.wire import answering, choosing
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.form import form_of
from pro_sante_connect.wire.granting import Consent, grant
from pro_sante_connect.wire.language import Switch, chosen
from pro_sante_connect.wire.page import page
from services.kernel.database import Duplicate
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Professional, people

DELEGATION = codes.WALLET + "/delegation"
FI = "FI"
# DEFAULT(authMode of a delegated log-in): FI; source unknown.


def is_asked(parameters: Parameters) -> bool:
    """Whether the software goes straight to the institution. Another hint is no hint."""
    return parameters.get("kc_idp_hint") == ALIAS


async def start(exchange: Exchange, parameters: Parameters) -> Answer:
    """Send the browser to the institution."""
    nonce = exchange.tenant.ids.token()
    state, cookie = await seal(
        exchange, "broker", nonce=nonce, parameters=choosing.kept(parameters)
    )
    pairs = [
        ("client_id", CLIENT[0]), ("response_type", "code"), ("scope", "openid"),
        ("redirect_uri", exchange.base_url + BROKER), ("state", state), ("nonce", nonce),
    ]
    if parameters.get("login_hint"):
        pairs.append(("login_hint", parameters.get("login_hint")))
    location = with_parameters(exchange.local(AUTHORIZE), pairs, fragment=False)
    return Answer(302, headers=(
        ("Location", location), ("Cache-Control", "no-store"), cookie,
    ))


@transaction(
    "psc.broker",
    name="Retour du fournisseur d'identité local",
    spec="Pro Santé Connect, délégation à un fournisseur d'identité local",
    dialect=PAGE,
    routes=(f"GET {BROKER}",),
    fidelity="default",
    answers=(200, 302),
)
async def broker(exchange: Exchange) -> Answer:
    """A pairing the first time, a confirmation later, or an error for the software."""
    given = Parameters.of(exchange.query)
    claims = await unseal(exchange, "broker", given.get("state"))
    request = await _request(exchange, claims)
    try:
        if given.get("error"):
            raise errors.ACCESS_DENIED(found=f"{NAME} : {given.get('error')}")
        identity = await _identity(exchange, given.get("code"), claims["nonce"])
        return await _received(exchange, claims, request, identity)
    except Refusal as refusal:
        return await answering.failure(exchange, request.target, refusal)


@transaction(
    "psc.delegation",
    name="Appairage ou confirmation d'un compte local",
    spec="Pro Santé Connect, délégation à un fournisseur d'identité local",
    dialect=PAGE,
    routes=(f"POST {DELEGATION}",),
    fidelity="default",
    max_body=64 * 1024,
    answers=(200, 302),
)
async def delegation(exchange: Exchange) -> Answer:
    """What the professional does on either page."""
    form = form_of(exchange)
    claims = await unseal(exchange, "delegation", form.get("request"))
    request = await _request(exchange, claims)
    try:
        return await _act(exchange, form, claims, request)
    except Refusal as refusal:
        if refusal.error is errors.PAGE_EXPIRED:
            raise
        return await answering.failure(exchange, request.target, refusal)


async def _request(exchange: Exchange, claims: Claims) -> AuthorizationRequest:
    parameters = Parameters(claims["parameters"])
    who = people(exchange.sandbox.database, exchange.tenant)
    client = await who.client(parameters.get("client_id"))
    return request_of(parameters, target_of(parameters, client))


async def _identity(exchange: Exchange, code: str, nonce: str) -> Claims:
    """Claims of the ID token. Raises INSTITUTION_FAILED, INSTITUTION_CLAIM or INSTITUTION_AMR."""
    basic = b"Basic " + base64.b64encode(":".join(CLIENT).encode())
    try:
        answer = await inside.post_form(
            exchange, TOKEN, {
                "grant_type": "authorization_code", "code": code,
                "redirect_uri": exchange.base_url + BROKER,
            }, None, [(b"authorization", basic)],
        )
    except TimeoutError as error:
        raise refusals.INSTITUTION_FAILED(at=TOKEN) from error
    token = str(answer.json().get("id_token", ""))
    claims = await provider_of(exchange.sandbox).verify(token) if answer.status == 200 else None
    if claims is None or claims.get("iss") != exchange.base_url + ROOT or (
        claims["aud"] != CLIENT[0] or claims["nonce"] != nonce
        or claims["exp"] <= exchange.tenant.clock.seconds()
    ):
        raise refusals.INSTITUTION_FAILED(at="id_token")
    for name in ("tid", "oid", "amr"):
        if not claims.get(name):
            raise refusals.INSTITUTION_CLAIM(
                f"Identity provider: claim missing: {name}", at=f"id_token.{name}"
            )
    if frozenset(claims["amr"]) not in ACCEPTED:
        raise refusals.INSTITUTION_AMR(
            at="id_token.amr", expected=" ou ".join(sorted(" ".join(sorted(x)) for x in ACCEPTED)),
            found=" ".join(claims["amr"]),
        )
    return claims


async def _received(
    exchange: Exchange, claims: Claims, request: AuthorizationRequest, identity: Claims
) -> Answer:
    known = await Pairings(exchange.sandbox.database, exchange.tenant).get(
        identity["tid"], identity["oid"]
    )
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(known.id_nat) if known is not None else None
    kept: dict[str, Any] = {
        "parameters": claims["parameters"], "account": identity["name"], "tid": identity["tid"],
        "oid": identity["oid"], "id_nat": professional.id_nat if professional else "",
    }
    if professional is None:
        return await _pairing(exchange, kept, request)
    alone = ecps.mode_of(exchange.tenant.settings, professional.id_nat) == "auto"
    if alone and request.login_hint:
        consent = Consent(professional.id_nat, FI, exchange.tenant.ids.uuid())
        return await grant(exchange, request, consent)
    return await _confirmation(exchange, kept, request, professional)


async def _act(
    exchange: Exchange, form: Parameters, claims: Claims, request: AuthorizationRequest
) -> Answer:
    action = form.get("action")
    who = people(exchange.sandbox.database, exchange.tenant)
    if action == "refuse":
        raise errors.ACCESS_DENIED(found="refus sur la page")
    known = await who.professional(claims["id_nat"])
    if known is not None and action != "change":
        if chosen(exchange) or action != "continue":
            return await _confirmation(exchange, claims, request, known)
        return await grant(exchange, request, Consent(known.id_nat, FI, claims["jti"]))
    wanted = await who.professional(form.get("id_nat"))
    if chosen(exchange) or wanted is None or action != "accept":
        trouble = "trouble.unchosen" if action == "accept" and wanted is None else ""
        return await _pairing(exchange, claims | {"id_nat": ""}, request, form, trouble)
    return await _pair(exchange, form, claims, request, wanted)


async def _pair(
    exchange: Exchange, form: Parameters, claims: Claims, request: AuthorizationRequest,
    wanted: Professional,
) -> Answer:
    """The professional proves themself by card or e-CPS, once."""
    mode = ecps.mode_of(exchange.tenant.settings, wanted.id_nat)
    if mode in ("refuse", "blocked"):
        raise errors.ACCESS_DENIED(found=f"e-CPS {wanted.id_nat} : {mode}")
    if mode == "timeout":
        raise errors.AUTHENTICATION_EXPIRED(found=f"e-CPS {wanted.id_nat} : timeout")
    absent = mode == "inactive" and form.get("means") != "card"
    if absent or mode in ("wrong_pin", "unreachable"):
        return await _pairing(exchange, claims, request, form, f"trouble.{mode}")
    made = Pairing(
        claims["tid"], claims["oid"], claims["account"], wanted.id_nat,
        exchange.tenant.clock.now(),
    )
    try:
        await Pairings(exchange.sandbox.database, exchange.tenant).put(made)
    except Duplicate as error:
        raise errors.PAGE_EXPIRED() from error
    return await grant(exchange, request, Consent(wanted.id_nat, FI, claims["jti"]))


async def _pairing(
    exchange: Exchange, kept: Claims, request: AuthorizationRequest,
    form: Parameters | None = None, trouble: str = "",
) -> Answer:
    form = form or Parameters({})
    listing = await choosing.listing(
        exchange, "", chosen=form.get("id_nat"), query=form.get("q"), trouble=trouble,
        means=form.get("means"),
    )
    return await _page(exchange, "pairing.html", kept, request, **listing)


async def _confirmation(
    exchange: Exchange, kept: Claims, request: AuthorizationRequest, professional: Professional
) -> Answer:
    return await _page(
        exchange, "delegated.html", kept, request, professional=professional,
        label=choosing.profession,
    )


async def _page(
    exchange: Exchange, template: str, kept: Claims, request: AuthorizationRequest, **values: Any
) -> Answer:
    names = ("parameters", "account", "tid", "oid", "id_nat")
    sealed, cookie = await seal(exchange, "delegation", **{name: kept[name] for name in names})
    action = exchange.local(DELEGATION)
    return page(
        exchange, template, headers=(cookie,), action=action, sealed=sealed, institution=NAME,
        account=kept["account"], client=request.client,
        locales=Parameters(kept["parameters"]).get("ui_locales"),
        switch=Switch("post", action, [("request", sealed)]), **values,
    )
