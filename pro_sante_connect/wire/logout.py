"""psc.logout: RP-initiated logout (dossier §10)."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.domain.claims import Claims
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.provider import PAGE_ALGORITHM, provider_of
from pro_sante_connect.domain.redirection import is_allowed, with_parameters
from pro_sante_connect.rules import logout as rules
from pro_sante_connect.store import Store
from pro_sante_connect.wire import browser, notifying
from pro_sante_connect.wire.addresses import is_ours
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.faces import is_plain
from pro_sante_connect.wire.form import parameters_of
from pro_sante_connect.wire.granting import current_session
from pro_sante_connect.wire.language import Switch
from pro_sante_connect.wire.page import page
from pro_sante_connect.wire.verification import forget_tokens
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import Client, people

LOGOUT = codes.CONNECT + "/logout"
PLAIN_LOGOUT = codes.PLAIN + "/logout"
PAGE_SECONDS = 1800
RULES = rules_of(rules)


@transaction(
    "psc.logout",
    name="Déconnexion demandée par le service",
    spec="Pro Santé Connect, documentation technique ; OpenID Connect RP-Initiated Logout §2",
    dialect=PAGE,
    routes=(
        f"GET {LOGOUT}", f"POST {LOGOUT}", f"GET {PLAIN_LOGOUT}", f"POST {PLAIN_LOGOUT}",
    ),
    fidelity="derived",
    max_body=64 * 1024, answers=(302, 200),
)
async def logout(exchange: Exchange) -> Answer:
    """Close the session of the hint, or ask the user when there is no hint; then go back."""
    parameters = parameters_of(exchange)
    observe(exchange, RULES, parameters)
    hint = await _hint(exchange, parameters.get("id_token_hint"))
    location = await _location(exchange, parameters, hint)
    found = await current_session(exchange)
    here = found[0].id if found else ""
    session_id = hint["sid"] if hint else here
    if hint is None and here and not await _is_confirmed(exchange, parameters, here):
        return await _ask(exchange, parameters, here)
    framed = await _end(exchange, session_id) if session_id else ()
    # A hint of another browser's session leaves this browser its own.
    closed_here = here in ("", session_id)
    taken_back = (browser.set_cookie(exchange, browser.SESSION, ""),) if closed_here else ()
    if location and not framed:
        return Answer(302, headers=(
            ("Location", location), ("Cache-Control", "no-store"), *taken_back,
        ))
    # What is closed is not closed twice for the sake of a language.
    again = None if location or framed else Switch("get", exchange.local(exchange.path), ())
    return page(
        exchange, "closed.html", headers=taken_back, frames=framed, location=location,
        switch=again, locales=parameters.get("ui_locales"),
    )


async def _end(exchange: Exchange, session_id: str) -> tuple[str, ...]:
    """Close a session and tell its clients; the addresses that the browser must load for it."""
    store = Store(exchange.sandbox.database, exchange.tenant)
    who = people(exchange.sandbox.database, exchange.tenant)
    session = await store.session(session_id)
    known = [await who.client(each) for each in await store.clients(session_id)]
    clients = [each for each in known if each is not None]
    await store.end(session_id)
    await forget_tokens(exchange)
    exchange.outcome_note = "Session fermée"
    if session is None:
        return ()
    await notifying.tell(exchange, session, clients)
    return notifying.frames(exchange, session, clients)


async def _hint(exchange: Exchange, token: str) -> Claims | None:
    """Claims of an ID token of this tenant, expired or not. Raises LOGOUT_HINT."""
    if not token:
        return None
    claims = await provider_of(exchange.sandbox).verify(token)
    if claims is None or claims.get("typ") != "ID" or not is_ours(
        exchange, claims["iss"]
    ):
        raise errors.LOGOUT_HINT(at="id_token_hint")
    return claims


async def _location(exchange: Exchange, parameters: Parameters, hint: Claims | None) -> str:
    """Where to go afterwards, or "". Raises the refusals of an address not registered."""
    uri = parameters.get("post_logout_redirect_uri")
    client_id = hint["azp"] if hint else parameters.get("client_id")
    if parameters.get("client_id") not in ("", client_id):
        raise errors.LOGOUT_HINT("Invalid parameter: client_id", at="client_id", expected=client_id)
    if not uri:
        return ""
    if not client_id:
        raise errors.LOGOUT_HINT_MISSING(at="id_token_hint")
    client = await people(exchange.sandbox.database, exchange.tenant).client(client_id)
    if client is None or not _is_registered(uri, client, plain=is_plain(exchange)):
        raise errors.LOGOUT_REDIRECT_URI(at="post_logout_redirect_uri", found=uri)
    state = parameters.get("state")
    return with_parameters(uri, [("state", state)] if state else [])


def _is_registered(uri: str, client: Client, *, plain: bool) -> bool:
    return is_allowed(
        uri, client.post_logout_redirect_uris, any_loopback=client.any_loopback and not plain
    )


async def _is_confirmed(exchange: Exchange, parameters: Parameters, session_id: str) -> bool:
    if exchange.method != "POST" or not parameters.get("request"):
        return False
    claims = await provider_of(exchange.sandbox).open(parameters.get("request"), PAGE_ALGORITHM)
    if claims is None or claims.get("typ") != "logout" or claims["sid"] != session_id:
        raise errors.PAGE_EXPIRED()
    if claims["exp"] <= exchange.tenant.clock.seconds():
        raise errors.PAGE_EXPIRED()
    return True


async def _ask(exchange: Exchange, parameters: Parameters, session_id: str) -> Answer:
    """Without a hint, any site could have sent the user here: ask."""
    sealed = await provider_of(exchange.sandbox).seal({
        "typ": "logout", "sid": session_id,
        "exp": exchange.tenant.clock.seconds() + PAGE_SECONDS,
    }, PAGE_ALGORITHM)
    kept = [
        (name, parameters.get(name)) for name in ("client_id", "post_logout_redirect_uri", "state")
        if parameters.get(name)
    ]
    asking = exchange.local(PLAIN_LOGOUT if is_plain(exchange) else LOGOUT)
    return page(
        exchange, "logout.html", action=asking, pairs=[("request", sealed), *kept],
        switch=Switch("get", asking, kept),
    )
