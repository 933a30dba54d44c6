"""psc.proxy_connect and psc.proxy_disconnect: a software's session with the proxy e-santé."""

from __future__ import annotations

import contextlib
from typing import Any

from pro_sante_connect import codes
from pro_sante_connect.proxy import errors, inside
from pro_sante_connect.proxy.connecting import Wanted, exchange_everywhere, log_in
from pro_sante_connect.proxy.cookies import cookie, record, require_session, session_of
from pro_sante_connect.proxy.dialect import PROXY
from pro_sante_connect.proxy.identity import identity_of
from pro_sante_connect.proxy.session import COOKIE, Identity, Origin, Session
from pro_sante_connect.proxy.store import Store
from services.kernel.database import Conflict
from services.kernel.errors import MALFORMED, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Client, people

MEMBERS = ("nationalId", "bindingMessage", "clientId", "channel")


@transaction(
    "psc.proxy_connect",
    name="Connexion au proxy e-santé",
    spec="ANS, API Proxy e-Santé : /connect",
    dialect=PROXY,
    routes=("POST /psc/proxy/connect",),
    fidelity="derived",
    max_body=16 * 1024,
    answers=(200, 304),
)
async def proxy_connect(exchange: Exchange) -> Answer:
    """Answers once the professional has; 304 when the cookie's session is still alive."""
    wanted = _wanted(exchange)
    known = await session_of(exchange)
    if known is not None:
        await record(exchange, "CONNECT_REPLAY", await origin_of(exchange, known))
        return Answer(304)
    client = await people(exchange.sandbox.database, exchange.tenant).client(wanted.client_id)
    identity = await identity_of(exchange, client) if client is not None else None
    try:
        if client is None or identity is None:
            raise wanted.refuse(errors.NOT_FOUND, found=wanted.client_id)
        opened = await _open(exchange, client, identity, wanted)
    except Refusal:
        dn = identity.dn if identity is not None else None
        await record(
            exchange, "CONNECT_FAILURE", Origin(wanted.client_id, wanted.id_nat, dn=dn)
        )
        raise
    await record(exchange, "CONNECT_SUCCESS", await origin_of(exchange, opened))
    exchange.outcome_note = f"Session ouverte pour {opened.id_nat} ({opened.client_id})"
    answer = Answer.json({COOKIE: opened.id, "session_state": opened.session_state})
    return Answer(200, answer.body, answer.media_type, (
        cookie(exchange, opened.id), ("Cache-Control", "no-store"),
    ))


@transaction(
    "psc.proxy_disconnect",
    name="Déconnexion du proxy e-santé",
    spec="ANS, API Proxy e-Santé : /disconnect",
    dialect=PROXY,
    routes=("DELETE /psc/proxy/disconnect",),
    fidelity="derived",
    max_body=1024,
)
async def proxy_disconnect(exchange: Exchange) -> Answer:
    """The session with Pro Santé Connect closes too, and the tokens of the APIs are forgotten."""
    known = await require_session(exchange)
    try:
        await Store(exchange.sandbox.database, exchange.tenant).end(known.id)
    except Conflict as error:
        raise errors.NO_SESSION(at=f"Cookie {COOKIE}") from error
    await record(exchange, "DISCONNECT", await origin_of(exchange, known))
    identity = await _identity(exchange, known)
    # As the public proxy does, what Pro Santé Connect says of it changes nothing.
    with contextlib.suppress(TimeoutError):
        await inside.post_form(
            exchange, f"{codes.CONNECT}/logout", {"id_token_hint": known.id_token}, identity
        )
    return Answer(200, headers=(cookie(exchange, ""),))


async def origin_of(exchange: Exchange, known: Session) -> Origin:
    """Who a trace of this session is about."""
    identity = await _identity(exchange, known)
    return Origin(
        known.client_id, known.id_nat, known.id, known.session_state,
        identity.dn if identity is not None else None,
    )


async def _identity(exchange: Exchange, known: Session) -> Identity | None:
    who = people(exchange.sandbox.database, exchange.tenant)
    client = await who.client(known.client_id)
    return await identity_of(exchange, client) if client is not None else None


def _wanted(exchange: Exchange) -> Wanted:
    """The body. Raises MEMBER_MISSING, CHANNEL or MALFORMED."""
    content = exchange.json()
    if not isinstance(content, dict):
        raise MALFORMED(at="corps", expected="un objet JSON")
    given = {name: _text(content.get(name)) for name in MEMBERS}
    wanted = Wanted(
        given["nationalId"], given["bindingMessage"], given["clientId"], given["channel"]
    )
    for name in MEMBERS:
        if not given[name]:
            raise wanted.refuse(errors.MEMBER_MISSING, f"{name} is missing")
    if wanted.channel not in codes.CHANNELS:
        raise wanted.refuse(
            errors.CHANNEL, f"channel value {wanted.channel[:40]} is invalid", wanted.channel
        )
    return wanted


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) and len(value) <= 200 else ""


async def _open(
    exchange: Exchange, client: Client, identity: Identity, wanted: Wanted
) -> Session:
    content = await log_in(exchange, client, identity, wanted)
    tokens = await exchange_everywhere(
        exchange, client, identity, wanted, content["access_token"]
    )
    opened = Session(
        exchange.tenant.ids.token(24), client.client_id, wanted.id_nat,
        content["session_state"], content["id_token"], tokens, exchange.tenant.clock.now(),
    )
    await Store(exchange.sandbox.database, exchange.tenant).open(opened)
    return opened
