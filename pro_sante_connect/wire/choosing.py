"""The wallet's page: who logs in, by what means, or not at all.

A page carries its request sealed, bound to the tenant and to a cookie of the browser that asked
for it: no other site can answer in the user's place, and a page is answered once. A confirmation
is also bound to the session whose professional it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pro_sante_connect import codes, errors
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.authorization import AuthorizationRequest
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import PAGE_ALGORITHM, provider_of
from pro_sante_connect.domain.session import Session
from pro_sante_connect.wire import browser
from pro_sante_connect.wire.faces import is_plain
from pro_sante_connect.wire.language import Switch
from pro_sante_connect.wire.page import page
from services.kernel.exchange import Answer, Exchange
from services.population import Professional, people
from services.population.codes import profession_label

LOGIN = codes.WALLET + "/login"
PLAIN_LOGIN = codes.PLAIN + "/login"
PAGE_SECONDS = 1800
MOST_LISTED = 200
"""Professionals on one page; the search finds the others."""
KEPT = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
    "acr_values", "prompt", "max_age", "login_hint", "code_challenge", "code_challenge_method",
    "claims", "id_token_hint", "ui_locales", "kc_idp_hint",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that came back: the request it was shown for, and the session to confirm, or ""."""

    request_id: str
    parameters: Parameters
    session_id: str


async def choose(
    exchange: Exchange, parameters: Parameters, request: AuthorizationRequest, *,
    chosen: str = "", query: str = "", trouble: str = "", means: str = "",
) -> Answer:
    """The list of professionals. trouble: key of a text about the attempt that just failed.

    chosen: who is ticked, if listed; else the professional of `login_hint`, else the first.
    """
    values = await listing(
        exchange, request.login_hint, chosen=chosen, query=query, trouble=trouble, means=means
    )
    return await _page(exchange, "wallet.html", parameters, client=request.client, **values)


async def listing(
    exchange: Exchange, hint: str, *, chosen: str = "", query: str = "", trouble: str = "",
    means: str = "",
) -> dict[str, Any]:
    """What a page that lists professionals shows, see `choose`."""
    who = people(exchange.sandbox.database, exchange.tenant)
    found = [one for one in await who.professionals() if _matches(one, query)]
    if len(found) > MOST_LISTED:
        found.sort(key=lambda one: one.id_nat not in (chosen, hint))
    listed = {one.id_nat: one for one in found[:MOST_LISTED]}
    known_hint = not hint or await who.professional(hint) is not None
    ticked = next((one for one in (chosen, hint, *listed) if one in listed), "")
    return {
        "professionals": list(listed.values()), "chosen": ticked, "query": query,
        "trouble": trouble, "unknown_hint": "" if known_hint else hint, "means": means or "ecps",
        "label": profession,
        "mode": lambda one: ecps.mode_of(exchange.tenant.settings, one.id_nat),
        "delegates": not is_plain(exchange),
    }


def kept(parameters: Parameters) -> dict[str, str]:
    """What a page remembers of its request."""
    return {name: parameters.get(name) for name in KEPT if parameters.get(name)}


async def confirm(
    exchange: Exchange, parameters: Parameters, request: AuthorizationRequest,
    session: Session, professional: Professional,
) -> Answer:
    """A session is open: on a shared workstation, the professional confirms who is there."""
    return await _page(
        exchange, "confirm.html", parameters, session.id, client=request.client,
        professional=professional, label=profession,
    )


async def reopen(exchange: Exchange, sealed: str) -> Asked:
    """The request behind a page that comes back. Raises PAGE_EXPIRED."""
    claims = await provider_of(exchange.sandbox).open(sealed, PAGE_ALGORITHM)
    if claims is None or claims.get("typ") != "page":
        raise errors.PAGE_EXPIRED()
    cookie = browser.cookie_of(exchange, browser.LOGIN)
    bound = (
        claims["browser"] == browser.digest(cookie) and claims["space"] == exchange.tenant.key
        and claims["face"] == is_plain(exchange)
    )
    if not bound or claims["exp"] <= exchange.tenant.clock.seconds():
        raise errors.PAGE_EXPIRED()
    return Asked(claims["jti"], Parameters(claims["parameters"]), claims["sid"])


async def _page(
    exchange: Exchange, template: str, parameters: Parameters, session_id: str = "", **values: Any
) -> Answer:
    cookie = browser.cookie_of(exchange, browser.LOGIN) or exchange.tenant.ids.token()
    sealed = await provider_of(exchange.sandbox).seal({
        "typ": "page", "jti": exchange.tenant.ids.uuid(), "space": exchange.tenant.key,
        "exp": exchange.tenant.clock.seconds() + PAGE_SECONDS,
        "browser": browser.digest(cookie), "sid": session_id,
        "face": is_plain(exchange),
        "parameters": kept(parameters),
    }, PAGE_ALGORITHM)
    action = PLAIN_LOGIN if is_plain(exchange) else LOGIN
    return page(
        exchange, template, headers=(browser.set_cookie(exchange, browser.LOGIN, cookie),),
        action=exchange.local(action), sealed=sealed, locales=parameters.get("ui_locales"),
        switch=Switch("post", exchange.local(action), [("request", sealed)]), **values,
    )


def _matches(professional: Professional, query: str) -> bool:
    text = f"{professional.nom} {professional.prenom} {professional.id_nat} " \
           f"{profession(professional)}".casefold()
    return all(word in text for word in query.casefold().split())


def profession(professional: Professional) -> str:
    """What a professional is, in French."""
    known = profession_label(professional.profession)
    return known or (f"Profession {professional.profession}" if professional.profession
                     else "Sans profession enregistrée")
