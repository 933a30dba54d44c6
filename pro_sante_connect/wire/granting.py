"""A professional said yes: session, code, and the answer to the client."""

from __future__ import annotations

from dataclasses import dataclass

from pro_sante_connect import errors
from pro_sante_connect.domain.authorization import AuthorizationRequest
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.session import Code, Session
from pro_sante_connect.store import Store
from pro_sante_connect.wire import answering, browser
from services.kernel.database import Conflict, Duplicate
from services.kernel.exchange import Answer, Exchange
from services.population import Client, Professional, people


@dataclass(frozen=True, slots=True)
class Consent:
    """Who accepted, by what means (CARD, MOBILE), and which page of ours they answered."""

    id_nat: str
    mode: str
    request_id: str


async def current_session(exchange: Exchange) -> tuple[Session, Professional] | None:
    """The browser's live session and its professional."""
    cookie = browser.cookie_of(exchange, browser.SESSION)
    if not cookie:
        return None
    store = Store(exchange.sandbox.database, exchange.tenant)
    session = await store.session_by_cookie(browser.digest(cookie))
    now, profile = exchange.tenant.clock.now(), profile_of(exchange.tenant)
    if session is None or not session.is_alive(now, profile):
        return None
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(session.id_nat)
    return None if professional is None else (session, professional)


async def grant(
    exchange: Exchange, request: AuthorizationRequest, consent: Consent,
    session: Session | None = None,
) -> Answer:
    """A code in this session, or in a new one. Raises PAGE_EXPIRED for a page answered twice."""
    ids, now = exchange.tenant.ids, exchange.tenant.clock.now()
    opened = session
    headers: answering.Headers = ()
    if opened is None:
        cookie = ids.token()
        opened = Session(
            session_id(exchange, request.client), consent.id_nat, consent.mode,
            browser.digest(cookie), now, now,
        )
        headers = (browser.set_cookie(exchange, browser.SESSION, cookie),)
    # The engine's form: <uuid>.<session>.<client>.
    code = f"{ids.uuid4()}.{opened.id}.{ids.uuid4()}"
    scopes = profile_of(exchange.tenant, request.client).granted(request.scopes)
    issued = Code(
        browser.digest(code), consent.request_id, opened.id, request.client.client_id,
        request.target.redirect_uri, " ".join(scopes), request.nonce, request.challenge,
        request.challenge_method, now,
    )
    store = Store(exchange.sandbox.database, exchange.tenant)
    try:
        await store.open(opened, issued, is_new=session is None)
    except (Duplicate, Conflict) as error:
        raise errors.PAGE_EXPIRED() from error
    exchange.outcome_note = f"Code émis pour {consent.id_nat}"
    return answering.success(exchange, request.target, opened.id, code, headers)


def session_id(exchange: Exchange, client: Client) -> str:
    """A new `session_state`, in the form that this client's profile has."""
    ids, profile = exchange.tenant.ids, profile_of(exchange.tenant, client)
    return ids.uuid4() if profile.session_state == "uuid" else ids.token(24)
