"""A professional said yes: session, code, and the answer to the client."""

from __future__ import annotations

from dataclasses import dataclass

from pro_sante_connect import errors
from pro_sante_connect.domain.authorization import AuthorizationRequest
from pro_sante_connect.domain.keys import base64url, unbase64url
from pro_sante_connect.domain.session import Code, Session
from pro_sante_connect.store import Store
from pro_sante_connect.wire import answering, browser
from pro_sante_connect.wire.faces import digest_of, profile_for
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
    now, profile = exchange.tenant.clock.now(), profile_for(exchange)
    if session is None or not session.is_alive(now, profile):
        return None
    who = people(exchange.sandbox.database, exchange.tenant)
    professional = await who.professional(session.id_nat)
    return None if professional is None else (session, professional)


async def grant(
    exchange: Exchange, request: AuthorizationRequest, consent: Consent,
    session: Session | None = None,
) -> Answer:
    """A code in this session, or in a new one.

    Raises PAGE_EXPIRED for a page answered twice, LOGIN_REQUIRED when the client expects another.
    """
    if request.subject not in ("", consent.id_nat):
        raise errors.LOGIN_REQUIRED(at="id_token_hint", expected=request.subject)
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
    code = f"{ids.uuid4()}.{opened.id}.{ids.uuid4()}{_asked(request)}"
    scopes = profile_for(exchange, request.client).granted(request.scopes)
    issued = Code(
        digest_of(exchange, code), consent.request_id, opened.id, request.client.client_id,
        request.target.redirect_uri, " ".join(scopes), request.nonce, request.challenge,
        request.challenge_method, now,
    )
    store = Store(exchange.sandbox.database, exchange.tenant)
    try:
        await store.open(opened, issued, is_new=session is None)
    except (Duplicate, Conflict) as error:
        raise errors.PAGE_EXPIRED() from error
    exchange.outcome_note = f"Code émis pour {consent.id_nat}"
    return await answering.success(exchange, request.target, opened.id, code, headers)


def _asked(request: AuthorizationRequest) -> str:
    """The end of a code: which claims it was asked for. Its digest keeps it from being changed."""
    return "." + base64url(" ".join(request.asked).encode()) if request.asked else ""


def asked_in(code: str) -> tuple[str, ...]:
    """The claims that a code of ours was asked for."""
    parts = code.split(".")
    return tuple(unbase64url(parts[3]).decode().split()) if len(parts) > 3 else ()


def session_id(exchange: Exchange, client: Client) -> str:
    """A new `session_state`, in the form that this client's profile has."""
    ids, profile = exchange.tenant.ids, profile_for(exchange, client)
    return ids.uuid4() if profile.session_state == "uuid" else ids.token(24)
