"""The outermost ASGI callable: tenant, journal, transaction; FastAPI for everything else."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from services.kernel import errors
from services.kernel.clock import real_now
from services.kernel.database import StorageFailure
from services.kernel.dialects import JSON, Dialect
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry, outcome_of
from services.kernel.router import Match, Router
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import DEFAULT, NAME, Tenant
from services.kernel.transactions import MEBIBYTE

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAIN_FACTOR = 4

log = logging.getLogger("socle.gateway")


class Disconnected(Exception):
    """The client left before its request was complete."""


class Gateway:
    """Answers declared transactions itself; the rest goes to `fallback` with the tenant set."""

    def __init__(self, sandbox: Sandbox, router: Router, fallback: ASGIApp) -> None:
        self._sandbox = sandbox
        self._router = router
        self._fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        raw_path = scope["raw_path"].decode("latin-1").partition("?")[0]
        name, raw_path = split_tenant(raw_path)
        match = self._router.match(scope["method"], raw_path)
        owner = None if match else self._router.owner(raw_path)
        if name is None or (match is None and owner is None):
            scope["socle.tenant"] = name
            scope["path"] = split_tenant(scope["path"])[1]
            await self._fallback(scope, receive, send)
            return
        tenant = await self._sandbox.tenants.get(name)
        await self._exchange(scope, receive, send, tenant, raw_path, match, owner)

    async def _exchange(
        self, scope: Scope, receive: Receive, send: Send, tenant: Tenant, path: str,
        match: Match | None, owner: tuple[str, Dialect] | None,
    ) -> None:
        await self._sandbox.journal.room()
        at = real_now()
        client = scope.get("client") or ("", 0)
        exchange = Exchange(
            exchange_id(), self._sandbox, tenant, match.transaction if match else None,
            "GET" if scope["method"] == "HEAD" else scope["method"], path,
            scope["query_string"], scope["headers"], b"", f"{client[0]}:{client[1]}",
            match.params if match else {},
        )
        bug = False
        try:
            answer = await self._answer(exchange, receive, match)
        except Disconnected:
            self._record(exchange, Answer(499), at, match, owner, scope, refused=True)
            return
        except Refusal as refusal:
            answer = _refuse(refusal, exchange, match, owner)
        except StorageFailure as failure:
            log.error("storage: %s", failure)
            answer = _refuse(errors.STORAGE(str(failure)), exchange, match, owner)
        except Exception:
            log.exception("sandbox bug in %s %s", exchange.method, path)
            bug = True
            answer = _refuse(errors.SANDBOX_BUG(), exchange, match, owner)
        # A refusal by redirect is a 302.
        refused = exchange.error is not None or answer.status >= 400
        self._record(exchange, answer, at, match, owner, scope, refused=refused, bug=bug)
        await self._send(exchange, answer, match, send, scope["method"] == "HEAD")

    async def _answer(
        self, exchange: Exchange, receive: Receive, match: Match | None
    ) -> Answer:
        handler = match.transaction.handler if match else None
        if match is None or handler is None:
            exchange.body = await read_body(exchange, receive, 2 * MEBIBYTE)
            raise self._unknown(exchange)
        transaction = match.transaction
        exchange.body = await read_body(exchange, receive, transaction.max_body)
        if transaction.consumes and exchange.media_type not in transaction.consumes:
            raise errors.UNSUPPORTED_MEDIA_TYPE(
                at="Content-Type", expected=" ou ".join(transaction.consumes),
                found=exchange.media_type or "(absent)",
            )
        return await handler(exchange)

    def _unknown(self, exchange: Exchange) -> Refusal:
        allowed = self._router.allowed(exchange.path)
        if not allowed:
            return errors.UNKNOWN_PATH(found=f"{exchange.method} {exchange.path}")
        return errors.METHOD_NOT_ALLOWED(
            expected=" ou ".join(allowed), found=exchange.method,
            headers={"Allow": ", ".join(allowed)},
        )

    def _record(
        self, exchange: Exchange, answer: Answer, at: int, match: Match | None,
        owner: tuple[str, Dialect] | None, scope: Scope, *, refused: bool, bug: bool = False,
    ) -> None:
        target = scope["raw_path"].decode("latin-1")
        if exchange.query_string and "?" not in target:
            target += "?" + exchange.query_string.decode("latin-1")
        protocol = f"HTTP/{scope['http_version']}"
        service = match.service if match else owner[0] if owner else ""
        self._sandbox.journal.record(Entry(
            exchange.id, exchange.tenant.key, at, service,
            match.transaction.code if match else "", protocol, exchange.peer,
            f"{scope['method']} {target}", str(answer.status),
            "error" if bug else outcome_of(refused, exchange.findings),
            _fidelity(answer, match),
            _request_bytes(f"{scope['method']} {target} {protocol}", exchange),
            _response_bytes(protocol, answer), exchange.findings, exchange.error,
            exchange.caller.id_nat if exchange.caller else "", exchange.outcome_note,
            real_now() - at,
        ))

    async def _send(
        self, exchange: Exchange, answer: Answer, match: Match | None, send: Send, head_only: bool
    ) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                   for name, value in answer.headers]
        if answer.media_type:
            headers.append((b"content-type", answer.media_type.encode("latin-1")))
        headers += (
            (b"content-length", str(len(answer.body)).encode()),
            (b"x-sandbox-fidelity", _fidelity(answer, match).encode()),
            (b"x-sandbox-exchange", exchange.id.encode()),
        )
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if head_only else answer.body
        await send({"type": "http.response.body", "body": body})


def split_tenant(path: str) -> tuple[str | None, str]:
    """("default", path) or (name, rest) for /t/{name}/rest; name None when it is not a name."""
    if not path.startswith("/t/"):
        return DEFAULT, path
    name, _, rest = path[3:].partition("/")
    if not NAME.fullmatch(name):
        return None, "/" + rest
    return name, "/" + rest


async def read_body(exchange: Exchange, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises BODY_TOO_LARGE, before reading it when its length is announced."""
    declared = exchange.header("content-length")
    if declared.isdigit() and int(declared) > limit:
        if int(declared) <= limit * DRAIN_FACTOR:
            # A client that is still sending would lose our answer to a connection reset.
            await _drain(receive, limit * DRAIN_FACTOR)
        raise _too_large(limit, int(declared))
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            await _drain(receive, limit * DRAIN_FACTOR)
            raise _too_large(limit, size)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]


async def _drain(receive: Receive, most: int) -> None:
    left = most
    while left > 0:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))


def _too_large(limit: int, size: int) -> Refusal:
    return errors.BODY_TOO_LARGE(
        at="Content-Length", expected=f"au plus {limit} octets", found=f"{size} octets"
    )


def _refuse(
    refusal: Refusal, exchange: Exchange, match: Match | None, owner: tuple[str, Dialect] | None
) -> Answer:
    exchange.error = refusal.error
    dialect = match.transaction.dialect if match else owner[1] if owner else JSON
    return dialect.refuse(refusal, exchange)


def _fidelity(answer: Answer, match: Match | None) -> str:
    return answer.fidelity or (match.transaction.fidelity if match else "default")


def _request_bytes(line: str, exchange: Exchange) -> bytes:
    head = b"".join(name + b": " + value + b"\r\n" for name, value in exchange.raw_headers)
    return line.encode("latin-1") + b"\r\n" + head + b"\r\n" + exchange.body


def _response_bytes(protocol: str, answer: Answer) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
    if answer.media_type:
        head += f"content-type: {answer.media_type}\r\n"
    start = f"{protocol} {answer.status}\r\n{head}\r\n"
    return start.encode("latin-1", "replace") + answer.body

