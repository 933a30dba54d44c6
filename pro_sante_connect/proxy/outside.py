"""Calls that the proxy makes to an API elsewhere: only where the tenant lets it call.

The name is resolved once, every address is judged (see `services.kernel.outbound`), and the call
goes to one that was. No redirection is followed. Each attempt has its line in the journal.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pro_sante_connect.domain.settings import settings_of
from pro_sante_connect.proxy import errors
from pro_sante_connect.proxy.inside import SECONDS, Headers, Reply
from pro_sante_connect.proxy.session import Identity
from services.kernel.clock import real_now
from services.kernel.exchange import Exchange
from services.kernel.journal import Entry
from services.kernel.outbound import Destination, addresses_of, destination, own_ports, refusal
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

if TYPE_CHECKING:
    from httpx import Response

LATE = "pas de réponse à temps"
LONGEST = 16 * 1024 * 1024
"""Bytes of an answer that is relayed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call to make. caller: id of the professional, for the journal."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    caller: str = ""


async def call(
    exchange: Exchange, method: str, url: str, headers: Headers, body: bytes, identity: Identity
) -> Reply:
    """One request. Raises BACKEND_UNREACHABLE or BACKEND_TIMEOUT."""
    caller = exchange.caller.id_nat if exchange.caller else ""
    request = Request(method, url, headers, body, caller)
    reply, reason = await attempt(exchange.sandbox, exchange.tenant, request, identity)
    if reason == LATE:
        raise errors.BACKEND_TIMEOUT(at=url, found=reason)
    if reason:
        raise errors.BACKEND_UNREACHABLE(at=url, found=reason)
    return reply


async def attempt(
    sandbox: Sandbox, tenant: Tenant, request: Request, identity: Identity | None,
    seconds: float = SECONDS,
) -> tuple[Reply, str]:
    """What came back, and in French what kept it from coming."""
    at, wanted = real_now(), destination(request.url)
    reply, reason = Reply(), LATE
    try:
        async with asyncio.timeout(seconds):
            reply, reason = await _attempt(sandbox, tenant, request, wanted, identity)
    except TimeoutError:
        reply = Reply()
    peer = f"{wanted.host}:{wanted.port}" if wanted is not None else ""
    _record(sandbox, tenant, request, peer, at, reply, reason)
    return reply, reason


async def _attempt(
    sandbox: Sandbox, tenant: Tenant, request: Request, wanted: Destination | None,
    identity: Identity | None,
) -> tuple[Reply, str]:
    import httpx

    url = request.url
    if wanted is None:
        return Reply(), "adresse inutilisable"
    found = await addresses_of(wanted, SECONDS)
    listed = settings_of(tenant).outbound
    reason = refusal(wanted, found, listed, own_ports(sandbox))
    if reason:
        return Reply(), reason
    parts = urlsplit(url)
    address = f"[{found[0]}]" if ":" in found[0] else found[0]
    target = parts._replace(netloc=f"{address}:{wanted.port}").geturl()
    named = [(b"host", parts.netloc.encode()), *request.headers]
    verify: ssl.SSLContext | bool = False  # over HTTP there is nothing to verify
    if wanted.scheme == "https":
        verify = await asyncio.to_thread(_context, sandbox, identity)
    try:
        async with (
            httpx.AsyncClient(verify=verify, trust_env=False, timeout=SECONDS) as client,
            client.stream(
                request.method, target, headers=named, content=request.body,
                extensions={"sni_hostname": wanted.host},
            ) as answer,
        ):
            return await _read(answer)
    except (httpx.HTTPError, ValueError) as error:
        return Reply(), f"injoignable ({type(error).__name__})"


async def _read(answer: Response) -> tuple[Reply, str]:
    reply = Reply(
        answer.status_code, [(name.lower(), value) for name, value in answer.headers.raw]
    )
    async for part in answer.aiter_raw():
        reply.body += part
        if len(reply.body) > LONGEST:
            return Reply(), f"réponse de plus de {LONGEST} octets"
    return reply, ""


def _context(sandbox: Sandbox, identity: Identity | None) -> ssl.SSLContext:
    """The software's certificate; servers are believed as usual, and those of the sandbox's CA."""
    context = ssl.create_default_context()
    context.load_verify_locations(str(sandbox.pki.ca))
    if identity is None:
        return context
    # `ssl` reads keys from files only.
    handle, path = tempfile.mkstemp(dir=sandbox.data)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(identity.pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
    return context


def _record(
    sandbox: Sandbox, tenant: Tenant, request: Request, peer: str, at: int, reply: Reply,
    reason: str,
) -> None:
    sandbox.journal.record(Entry(
        tenant.ids.exchange(), tenant.key, at, "psc", "psc.proxy_send", "sortant",
        peer, f"{request.method} {request.url}",
        "-" if reason else str(reply.status),
        "fail" if reason or reply.status >= 400 else "pass", "derived", b"", reply.body[:65536],
        caller=request.caller, note=reason, duration=real_now() - at,
    ))
