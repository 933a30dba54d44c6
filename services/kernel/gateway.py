"""The outermost ASGI callable: tenant, journal, transaction; FastAPI for everything else."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache

from services.kernel import errors, limits
from services.kernel.asgi import ASGIApp, Receive, Scope, Send
from services.kernel.body import Disconnected, read_body
from services.kernel.clock import real_now
from services.kernel.database import StorageFailure
from services.kernel.dialects import JSON, Dialect
from services.kernel.errors import Fidelity, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.guards import credentials, is_shared, opens
from services.kernel.hosts import Hosts
from services.kernel.journal import Entry, outcome_of
from services.kernel.pki.judgement import (
    bad_server_certificate_was_refused,
    home,
    judge,
    presented_certificate_is_valid,
)
from services.kernel.router import Match, Router
from services.kernel.sandbox import Sandbox
from services.kernel.staging import NO_ANSWER, Dropped, is_staged, strike
from services.kernel.tenants import DEFAULT, KNOWN, NAME, Tenant
from services.kernel.tls import peer_of
from services.kernel.transactions import MEBIBYTE
from services.kernel.whole_answer import Respond

log = logging.getLogger("socle.gateway")


class Gateway:
    """Answers declared transactions itself; the rest goes to `fallback` with the tenant set."""

    def __init__(
        self, sandbox: Sandbox, router: Router, fallback: ASGIApp, hosts: Hosts
    ) -> None:
        self._sandbox = sandbox
        self._router = router
        self._fallback = fallback
        self._hosts = hosts
        self._alone = not is_shared(sandbox.settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = scope["raw_path"].decode("latin-1").partition("?")[0]
        placed = self._hosts.place(scope, asked)
        name, raw_path = split_tenant(placed) if placed is not None else (None, asked)
        match = self._router.match(scope["method"], raw_path)
        owner = None if match else self._router.owner(raw_path)
        if name is None or (match is None and owner is None):
            scope["socle.tenant"] = name
            scope["path"] = split_tenant(scope["path"])[1]
            await self._fallback(scope, receive, send)
            return
        peer = peer_of(scope)
        if peer is not None and not asked.startswith("/t/"):
            name = home(self._sandbox.pki, peer) or name
        failure = None
        try:
            tenant = await self._sandbox.tenants.get(name)
        except StorageFailure as error:
            tenant, failure = self._sandbox.tenants.remembered(name), error
        await self._exchange(scope, receive, send, tenant, raw_path, match, owner, failure)

    async def _exchange(
        self, scope: Scope, receive: Receive, send: Send, tenant: Tenant, path: str,
        match: Match | None, owner: tuple[str, Dialect] | None,
        failure: StorageFailure | None = None,
    ) -> None:
        """failure: the tenant is not known; the answer says so."""
        await self._sandbox.journal.room()
        at = real_now()
        client = scope.get("client") or ("", 0)
        exchange = Exchange(
            tenant.ids.exchange(), self._sandbox, tenant, match.transaction if match else None,
            "GET" if scope["method"] == "HEAD" else scope["method"], path,
            scope["query_string"], scope["headers"], b"", f"{client[0]}:{client[1]}",
            match.params if match else {}, tls=peer_of(scope), front=scope.get("socle.front"),
            service=match.service if match else "",
        )
        bug = False
        try:
            if failure is not None:
                raise failure
            if "socle.excess" in scope:
                _require_short(scope["socle.excess"])
            await self._look_at_certificate(exchange)
            answer = await self._answer(exchange, receive, match, here="socle.here" in scope)
        except Disconnected:
            self._record(exchange, Answer(499), at, match, owner, scope, refused=True)
            return
        except Dropped:
            self._record(exchange, Answer(NO_ANSWER), at, match, owner, scope, refused=True)
            await _hang_up(scope, receive)
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
        length = len(answer.body)
        if exchange.struck is not None:
            answer = replace(
                answer, body=answer.body[:exchange.struck.cut],
                headers=(*answer.headers, ("X-Sandbox-Fault", ",".join(exchange.struck.ids))),
            )
        self._record(exchange, answer, at, match, owner, scope, refused=refused, bug=bug)
        await self._send(exchange, answer, scope, send, length)
        if len(answer.body) < length:
            await _hang_up(scope, receive)

    async def _look_at_certificate(self, exchange: Exchange) -> None:
        """A bad one is a finding; a tenant may want its connection cut (`tls: refuse`)."""
        if exchange.tls is None:
            return
        exchange.findings += bad_server_certificate_was_refused.findings(exchange.tls)
        if not exchange.tls.certificate:
            return
        verdict = await judge(self._sandbox, exchange.tenant, exchange.tls)
        exchange.findings += presented_certificate_is_valid.findings(verdict)
        if exchange.tenant.refuses_bad_certificates and not verdict.valid:
            exchange.outcome_note = f"Connexion coupée (réglage tls : refuse). {verdict.detail}"
            raise Dropped

    async def _answer(
        self, exchange: Exchange, receive: Receive, match: Match | None, *, here: bool
    ) -> Answer:
        """here: the whole request has come."""
        handler = match.transaction.handler if match else None
        if match is None or handler is None:
            exchange.body = await read_body(exchange, receive, 2 * MEBIBYTE, here=here)
            raise self._unknown(exchange)
        transaction = match.transaction
        exchange.body = await read_body(exchange, receive, transaction.max_body, here=here)
        if transaction.sorts is not None:
            transaction = match.actions.get(transaction.sorts(exchange), transaction)
            exchange.transaction, handler = transaction, transaction.handler or handler
        if is_staged(exchange.tenant):
            await strike(exchange, match.service, transaction.code)
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
            exchange.transaction.code if exchange.transaction else "", protocol, exchange.peer,
            f"{scope['method']} {target}", str(answer.status),
            "error" if bug else outcome_of(refused, exchange.findings),
            _fidelity(answer, exchange),
            _request_bytes(
                f"{scope['method']} {target} {protocol}", exchange, self._kept(exchange)
            ),
            _response_bytes(protocol, answer), exchange.findings, exchange.error,
            exchange.caller.id_nat if exchange.caller else "", exchange.note,
            real_now() - at,
        ))

    def _kept(self, exchange: Exchange) -> list[tuple[bytes, bytes]]:
        """The header as the journal keeps it: browsers that know what opens the console of a shared
        installation send it to every address, and a journal is read by others."""
        headers = exchange.raw_headers
        if self._alone:
            return headers
        return [
            (name, b"***") if name == b"authorization" and opens(
                credentials(value.decode("latin-1")), self._sandbox.settings, exchange.tenant
            ) else (name, value) for name, value in headers
        ]

    async def _send(
        self, exchange: Exchange, answer: Answer, scope: Scope, send: Send, length: int
    ) -> None:
        """Announce `length` bytes; a body cut short is left unfinished."""
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                   for name, value in answer.headers]
        if answer.media_type:
            headers.append((b"content-type", answer.media_type.encode("latin-1")))
        headers += (
            (b"content-length", str(length).encode()),
            (b"x-sandbox-fidelity", _fidelity(answer, exchange).encode()),
            (b"x-sandbox-exchange", exchange.id.encode()),
        )
        body = b"" if scope["method"] == "HEAD" else answer.body
        cut = len(answer.body) < length
        # None in another server than ours. Taken out: the two would hold each other.
        respond: Respond | None = scope.pop("socle.respond", None)
        if respond is not None and not cut and respond(answer.status, headers, body):
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": cut})


def split_tenant(path: str) -> tuple[str | None, str]:
    """("default", path) or (name, rest) for /t/{name}/rest; name None when it is not a name."""
    if not path.startswith("/t/"):
        return DEFAULT, path
    name, _, rest = path[3:].partition("/")
    return name if _is_name(name) else None, "/" + rest


@lru_cache(maxsize=KNOWN)
def _is_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None


def _require_short(excess: str) -> None:
    """Raise for a head that is too long: its body is not waited for."""
    close = {"Connection": "close"}
    if excess == "target":
        raise errors.TARGET_TOO_LONG(
            expected=f"au plus {limits.TARGET_BYTES} octets", headers=close
        )
    if excess == "headers":
        raise errors.HEADERS_TOO_LARGE(
            expected=f"au plus {limits.HEADERS} en-têtes et {limits.HEADER_BYTES} octets",
            headers=close,
        )


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection under an answer that is missing or unfinished."""
    scope["socle.close"]()
    while (await receive())["type"] != "http.disconnect":
        pass


def _refuse(
    refusal: Refusal, exchange: Exchange, match: Match | None, owner: tuple[str, Dialect] | None
) -> Answer:
    exchange.error = refusal.error
    dialect = match.transaction.dialect if match else owner[1] if owner else JSON
    return dialect.refuse(refusal, exchange)


def _fidelity(answer: Answer, exchange: Exchange) -> Fidelity:
    """The mark of an answer; of what is no transaction, our own choice."""
    if exchange.transaction is None:
        return "default"
    return answer.fidelity or exchange.transaction.mark(exchange.error)


def _request_bytes(
    line: str, exchange: Exchange, headers: list[tuple[bytes, bytes]]
) -> bytes:
    head = b"".join([b"%b: %b\r\n" % header for header in headers])
    return b"%b\r\n%b\r\n%b" % (line.encode("latin-1"), head, exchange.body)


def _response_bytes(protocol: str, answer: Answer) -> bytes:
    if answer.status == NO_ANSWER:
        return b""
    head = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    if answer.media_type:
        head += f"content-type: {answer.media_type}\r\n"
    start = f"{protocol} {answer.status}\r\n{head}\r\n"
    return start.encode("latin-1", "replace") + answer.body

