"""Calls that the proxy makes to the sandbox itself: through the gateway, like anyone's.

They are exchanges of their own, in the journal, with faults and rules; only the socket is spared,
since a public address may not lead back here.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote, urlencode

import orjson

from pro_sante_connect.proxy.session import Identity
from pro_sante_connect.wire.notifying import RESOURCE, Tasks
from services.kernel.asgi import ASGIApp, Receive, Scope, Send
from services.kernel.exchange import Exchange
from services.kernel.tls import TlsPeer

NAME = "proxy-e-sante"
Headers = list[tuple[bytes, bytes]]
FORM = b"application/x-www-form-urlencoded"


@dataclass(slots=True)
class Reply:
    """What came back; status 502 when the connection was cut."""

    status: int = 502
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The JSON object in the body, {} when there is none."""
        try:
            content = orjson.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


async def post_form(
    exchange: Exchange, path: str, form: dict[str, str], identity: Identity | None,
    headers: Headers | None = None,
) -> Reply:
    """A form, to one of the tenant's paths."""
    body = urlencode(form).encode()
    return await call(
        exchange, "POST", path, [(b"content-type", FORM), *(headers or [])], body, identity
    )


async def call(
    exchange: Exchange, method: str, target: str, headers: Headers, body: bytes,
    identity: Identity | None,
) -> Reply:
    """One request, over TLS with this certificate. target: path with its query, encoded.

    Raises TimeoutError.
    """
    path, _, query = (exchange.tenant.url_prefix + target).partition("?")
    peer = TlsPeer(certificate=identity.certificate if identity is not None else b"")
    scope: MutableMapping[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "https", "path": unquote(path), "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "client": (NAME, 0), "server": None,
        "headers": [
            (b"host", b"localhost"), (b"content-length", str(len(body)).encode()), *headers,
        ],
        "extensions": {"tls": {"peer": peer}}, "socle.close": lambda: None,
    }
    reply, bodies = Reply(), [body]

    async def receive() -> MutableMapping[str, Any]:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            reply.status, reply.headers = message["status"], list(message["headers"])
        else:
            reply.body += message.get("body", b"")

    gateway = cast("ASGIApp", exchange.sandbox.resources["gateway"])
    tasks: Tasks = exchange.sandbox.resources[RESOURCE]
    task = asyncio.create_task(_play(gateway, scope, receive, send))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    # What takes too long goes on by itself, and ends in the journal like any exchange.
    done, _ = await asyncio.wait({task}, timeout=SECONDS)
    if not done:
        raise TimeoutError
    task.result()
    return reply


async def _play(gateway: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await gateway(scope, receive, send)


SECONDS = 30.0
"""That a call may take."""
