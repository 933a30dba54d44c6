"""psc.proxy_send: a call of an API, with its token and the certificate of the software."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import orjson

from pro_sante_connect.proxy import errors, inside, outside
from pro_sante_connect.proxy.backends import Backend, backends_of
from pro_sante_connect.proxy.connect import origin_of
from pro_sante_connect.proxy.connecting import kept, token_path
from pro_sante_connect.proxy.cookies import record, require_session
from pro_sante_connect.proxy.dialect import PROXY
from pro_sante_connect.proxy.identity import identity_of
from pro_sante_connect.proxy.inside import Headers, Reply
from pro_sante_connect.proxy.session import Identity, Session
from pro_sante_connect.proxy.store import Store
from services.kernel.database import Conflict
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.transactions import MEBIBYTE, transaction
from services.population import people

SEND = "/psc/proxy/send/{backend}/{endpoint:path}"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
NOT_RELAYED = frozenset((
    b"host", b"cookie", b"authorization", b"content-length", b"connection", b"keep-alive",
    b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding",
    b"upgrade", b"set-cookie", b"expect", b"date", b"server", b"accept-encoding",
))
"""Of requests and answers: what is between two hosts only, and what the proxy says itself."""
SANDBOX = b"x-sandbox-"


@transaction(
    "psc.proxy_send",
    name="Appel d'une API par le proxy e-santé",
    spec="ANS, API Proxy e-Santé : /send",
    dialect=PROXY,
    routes=tuple(f"{method} {SEND}" for method in METHODS),
    fidelity="derived",
    max_body=16 * MEBIBYTE,
    answers=(200, 201, 202, 204, 304, 400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 500, 503),
)
async def proxy_send(exchange: Exchange) -> Answer:
    """What the API answers, as it is."""
    known = await require_session(exchange)
    backend, endpoint = _wanted(exchange)
    client = await people(exchange.sandbox.database, exchange.tenant).client(known.client_id)
    if client is None:
        raise errors.NO_SESSION(found=known.client_id)
    identity = await identity_of(exchange, client)
    token = await _token(exchange, known, backend, identity)
    await _remember(exchange, known)
    await record(exchange, "SEND", await origin_of(exchange, known), {
        "nomApiPsc": backend.id, "methode": exchange.method, "path": endpoint,
    })
    headers = _relayed(exchange.raw_headers)
    headers.append((b"authorization", b"Bearer " + token.encode()))
    query = exchange.query_string.decode("latin-1")
    target = endpoint + (f"?{query}" if query else "")
    reply = await _call(exchange, backend, target, headers, identity)
    media_type = next((value for name, value in reply.headers if name == b"content-type"), b"")
    others = tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in _relayed(reply.headers)
        if name != b"content-type" and not name.startswith(SANDBOX)
    )
    return Answer(reply.status, reply.body, media_type.decode("latin-1"), others)


def _wanted(exchange: Exchange) -> tuple[Backend, str]:
    """The back end, and what is called of it. Raises BACKEND_NOT_FOUND or PATH."""
    name = exchange.path_params["backend"]
    endpoint = "/" + exchange.path.split("/", 5)[5]
    plain = unquote(endpoint)
    if FORBIDDEN.search(plain) or any(part in (".", "..") for part in plain.split("/")):
        raise errors.PATH(at="endpoint", found=endpoint)
    for backend in backends_of(exchange.tenant):
        if backend.id == name:
            return backend, endpoint
    raise errors.BACKEND_NOT_FOUND(
        at="backend", expected=", ".join(one.id for one in backends_of(exchange.tenant)),
        found=name,
    )


def _relayed(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name not in NOT_RELAYED]


async def _call(
    exchange: Exchange, backend: Backend, target: str, headers: Headers, identity: Identity
) -> Reply:
    """Raises BACKEND_UNREACHABLE or BACKEND_TIMEOUT."""
    if backend.url:
        url = backend.url.rstrip("/") + target
        return await outside.call(
            exchange, exchange.method, url, headers, exchange.body, identity
        )
    try:
        return await inside.call(
            exchange, exchange.method, backend.path + target, headers, exchange.body, identity
        )
    except TimeoutError as error:
        raise errors.BACKEND_TIMEOUT(at=backend.id) from error


async def _token(
    exchange: Exchange, known: Session, backend: Backend, identity: Identity
) -> str:
    """The API's token, renewed once it is over. Raises NO_SESSION when that is refused."""
    tokens: dict[str, Any] = orjson.loads(known.tokens)
    held = tokens.get(backend.id)
    if held is None:  # configured since
        raise errors.NO_SESSION(at=backend.id, expected="une session ouverte avec cette API")
    now = exchange.tenant.clock.seconds()
    if now < held["ends"]:
        return str(held["access"])
    answer = await inside.post_form(exchange, token_path(backend), {
        "grant_type": "refresh_token", "client_id": known.client_id,
        "refresh_token": held["refresh"],
    }, identity)
    store = Store(exchange.sandbox.database, exchange.tenant)
    if answer.status != 200:
        raise errors.NO_SESSION(at=backend.id, found="jeton d'API non renouvelé")
    tokens[backend.id] = kept(answer.json(), now)
    try:
        await store.renew(known, orjson.dumps(tokens).decode())
    except Conflict as error:
        raise errors.NO_SESSION(at=backend.id) from error
    return str(tokens[backend.id]["access"])


async def _remember(exchange: Exchange, known: Session) -> None:
    """Whose call it is, for the journal."""
    who = await people(exchange.sandbox.database, exchange.tenant).professional(known.id_nat)
    if who is not None:
        exchange.caller = Caller(
            who.id_nat, who.prenom, who.nom, who.profession, known.client_id,
            known.session_state, "", 0,
        )
