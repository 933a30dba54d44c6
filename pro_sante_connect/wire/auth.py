"""psc.auth: the authorization endpoint, on the wallet and on the realm."""

from __future__ import annotations

from pro_sante_connect import codes, errors
from pro_sante_connect.delegation import broker
from pro_sante_connect.domain import ecps
from pro_sante_connect.domain.authorization import (
    AuthorizationRequest,
    Target,
    request_of,
    target_of,
)
from pro_sante_connect.domain.parameters import Parameters
from pro_sante_connect.domain.session import Session
from pro_sante_connect.rules import authorization as rules
from pro_sante_connect.store import Store
from pro_sante_connect.wire import answering, choosing
from pro_sante_connect.wire.dialect import PAGE
from pro_sante_connect.wire.faces import is_plain
from pro_sante_connect.wire.form import parameters_of
from pro_sante_connect.wire.granting import Consent, current_session, grant
from pro_sante_connect.wire.par import pushed
from pro_sante_connect.wire.reading import expected, read
from pro_sante_connect.wire.strictness import refuse_if_strict
from services.kernel.clock import SECOND
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import Professional, people

RULES = rules_of(rules)
ENGINE = codes.CONNECT + "/auth"
PLAIN = codes.PLAIN + "/authorize"


@transaction(
    "psc.auth",
    name="Demande d'authentification",
    spec="Pro Santé Connect, documentation technique ; OpenID Connect Core §3.1.2",
    dialect=PAGE,
    routes=(
        f"GET {codes.WALLET}", f"POST {codes.WALLET}", f"GET {ENGINE}", f"POST {ENGINE}",
        f"GET {PLAIN}", f"POST {PLAIN}",
    ),
    fidelity="derived",
    max_body=64 * 1024,
    places_refusals=True, raw_spaces=True, answers=(302, 200),
)
async def auth(exchange: Exchange) -> Answer:
    """Page, redirect with a code, or redirect with an error."""
    exchange.fail_if_struck(errors.PAGES)
    if exchange.path.rstrip("/") == ENGINE and exchange.tenant.strict:
        raise errors.NOT_THE_WALLET(at="authorization_endpoint", expected=codes.WALLET)
    parameters = await pushed(exchange, parameters_of(exchange))
    who = people(exchange.sandbox.database, exchange.tenant)
    client = await who.client(parameters.get("client_id"))
    parameters, refused = read(exchange, parameters, client)
    if refused is not None and not parameters.get("redirect_uri"):
        raise refused
    target = target_of(parameters, client, plain=is_plain(exchange))
    try:
        exchange.fail_if_struck()
        if refused is not None:
            raise refused
        if not target.plain:  # the requirements are those of PSC
            observe(exchange, RULES, await _observed(exchange, parameters, target))
            refuse_if_strict(exchange, errors.ACR_VALUES)
        request = await expected(exchange, parameters, request_of(parameters, target))
        return await _authenticate(exchange, parameters, request)
    except Refusal as refusal:
        return await answering.failure(exchange, target, refusal)


async def _observed(
    exchange: Exchange, parameters: Parameters, target: Target
) -> rules.Observed:
    client, uri, nonce = target.client, target.redirect_uri, parameters.get("nonce")
    store = Store(exchange.sandbox.database, exchange.tenant)
    seen = bool(nonce) and await store.knows_nonce(client.client_id, nonce)
    registered = not client.wildcard or uri in client.redirect_uris
    spaced = b" " in exchange.query_string
    return rules.Observed(parameters, exchange.path, seen, registered, spaced)


async def _authenticate(
    exchange: Exchange, parameters: Parameters, request: AuthorizationRequest
) -> Answer:
    found = await current_session(exchange)
    if found is not None and not _is_fresh(exchange, request, found[0]):
        found = None
    known = found is not None and await _knows(exchange, request, found[0])
    if "none" in request.prompts:
        return await _silently(exchange, request, found, known=known)
    if found is None and broker.is_asked(parameters) and not request.target.plain:
        return await broker.start(exchange, parameters)
    hinted = await _hinted(exchange, request)
    if hinted is not None:
        answer = await _headless(exchange, request, hinted, found)
        if answer is not None:
            return answer
    if found is not None and (hinted is None or hinted.id_nat == found[0].id_nat):
        if request.target.plain and known and "consent" not in request.prompts:
            return await _silently(exchange, request, found, known=True)
        return await choosing.confirm(exchange, parameters, request, *found)
    return await choosing.choose(exchange, parameters, request)


def _is_fresh(exchange: Exchange, request: AuthorizationRequest, session: Session) -> bool:
    """Whether the client accepts an authentication this old, of this person."""
    if request.subject not in ("", session.id_nat):
        return False
    if request.prompts & {"login", "select_account"} or request.max_age == 0:
        return False
    if request.max_age is None:
        return True
    return exchange.tenant.clock.now() - session.started <= request.max_age * SECOND


async def _knows(exchange: Exchange, request: AuthorizationRequest, session: Session) -> bool:
    """Whether the professional has let this client in before, in this session."""
    store = Store(exchange.sandbox.database, exchange.tenant)
    return request.client.client_id in await store.clients(session.id)


async def _silently(
    exchange: Exchange, request: AuthorizationRequest,
    found: tuple[Session, Professional] | None, *, known: bool,
) -> Answer:
    """prompt=none: never a page. DEFAULT(confirmation page with prompt=none): source unknown."""
    if found is None or request.login_hint not in ("", found[0].id_nat):
        raise errors.LOGIN_REQUIRED(at="prompt")
    if request.target.plain and not known:
        raise errors.CONSENT_REQUIRED(at="prompt")
    session = found[0]
    consent = Consent(session.id_nat, session.mode, exchange.tenant.ids.uuid())
    return await grant(exchange, request, consent, session)


async def _hinted(exchange: Exchange, request: AuthorizationRequest) -> Professional | None:
    who = people(exchange.sandbox.database, exchange.tenant)
    return await who.professional(request.login_hint)


async def _headless(
    exchange: Exchange, request: AuthorizationRequest, hinted: Professional,
    found: tuple[Session, Professional] | None,
) -> Answer | None:
    """What the hinted professional's e-CPS answers by itself; None when a human must act."""
    mode = ecps.mode_of(exchange.tenant.settings, hinted.id_nat)
    if mode in ("refuse", "blocked"):
        raise errors.ACCESS_DENIED(found=f"e-CPS {hinted.id_nat} : {mode}")
    if mode == "timeout":
        raise errors.AUTHENTICATION_EXPIRED(found=f"e-CPS {hinted.id_nat} : timeout")
    if mode != "auto":
        return None
    same = found[0] if found is not None and found[0].id_nat == hinted.id_nat else None
    consent = Consent(hinted.id_nat, codes.MOBILE, exchange.tenant.ids.uuid())
    return await grant(exchange, request, consent, same)
