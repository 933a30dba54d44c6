"""Raw connections to the ports of the session's server."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.kernel.listeners import HttpListener, bind
from tests.conftest import Server
from tests.security.wire import Wire

Connect = Callable[..., Wire]
LARGE = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Own:
    """A listener of a test's own: its port, and the connections that are open."""

    port: int
    connections: Collection[object]
    listener: HttpListener


@pytest.fixture
def own(server: Server) -> Iterator[Own]:
    """It answers at once, but /slow and /endless wait for ever, and /large is large."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/endless":
            await asyncio.Event().wait()
        if scope["path"] == "/slow":
            await receive()
            await receive()
        body = b"x" * LARGE if scope["path"] == "/large" else b"ok"
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    bound = bind("127.0.0.1", 0)
    listener = HttpListener(answer, bound, server.sandbox.mishaps)
    server.run(listener.start())
    yield Own(bound.getsockname()[1], listener._server.server_state.connections, listener)
    server.run(listener.stop())


@pytest.fixture
def connect(server: Server) -> Connect:
    """`connect("http")`, `connect("https")`: TLS included, or `connect("https", tls=False)`."""

    def get(name: str = "http", *, tls: bool = True) -> Wire:
        endpoint = server.sandbox.endpoints[name]
        if name == "smtp":
            return Wire(endpoint["host"], endpoint["port"])
        parts = urlsplit(endpoint)
        context = ssl.create_default_context(cafile=server.ca) if name == "https" and tls else None
        assert parts.hostname
        assert parts.port
        return Wire(parts.hostname, parts.port, context)

    return get


@pytest.fixture
def entry_of(server: Server) -> Callable[..., dict[str, Any]]:
    """The newest journal entry about a connection; it may come a moment after its end."""

    def find(wire: Wire, tenant: str = "default") -> dict[str, Any]:
        for _ in range(400):
            answer = httpx.get(
                f"{server.url}/t/{tenant}/sandbox/journal", params={"limit": 200}, trust_env=False
            )
            for entry in answer.json()["entries"]:
                if entry["peer"] == wire.name:
                    found: dict[str, Any] = entry
                    return found
            time.sleep(0.05)
        raise AssertionError("not in the journal")

    return find
