"""Listeners: sockets bound before anything starts, HTTP by uvicorn, mail by a protocol factory."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import uvicorn

from services.kernel.asgi import ASGIApp, Receive, Scope, Send
from services.kernel.http_protocol import HttpProtocol
from services.kernel.https_protocol import TlsDoor
from services.kernel.mishaps import Mishaps
from services.kernel.tls import LaxContext

GRACE_SECONDS = 5
CUT_SECONDS = 4.5
"""After a stop, whoever has not read its answer by then is cut, and needs no other answer."""
TICK_SECONDS = 1.0
BACKLOG = 512
FILES = 4096


class PortTaken(Exception):
    """A listener's port is in use."""


def bind(host: str, port: int) -> socket.socket:
    """A bound, listening-ready socket; port 0 picks a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio switches Nagle's algorithm off on what it accepts.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if port:  # a free port that is shared until it listens would not be free
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(f"{host}:{port} : {error.strerror}") from error
    bound.setblocking(False)
    return bound


def allow_connections() -> None:
    """Every connection is an open file: ask for what the ports may hold together."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, which the sandbox has, and told when to end: it looks
    ten times a second otherwise."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # the date of answers
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Returns once no request is in progress: the stores may then be closed."""
        cut = asyncio.get_running_loop().call_later(CUT_SECONDS, self._cut)
        await super().shutdown(sockets)
        cut.cancel()
        if self.server_state.tasks:  # cancelled just now
            await asyncio.wait(self.server_state.tasks, timeout=GRACE_SECONDS)

    def _cut(self) -> None:
        for each in list(self.server_state.connections):
            if isinstance(each, HttpProtocol):
                each.cut()
            else:
                each.shutdown()


def _cancellable(app: ASGIApp) -> ASGIApp:
    """A stop cancels what takes too long, and its client is gone: no error of the application."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            return

    return call


class HttpListener:
    """One HTTP port, or with a context one HTTPS port."""

    def __init__(
        self, app: ASGIApp, bound: socket.socket, mishaps: Mishaps,
        context: LaxContext | None = None,
    ) -> None:
        protocol: Callable[..., asyncio.Protocol] = partial(HttpProtocol, mishaps)
        if context is not None:
            protocol = partial(TlsDoor, context, mishaps)
        config = uvicorn.Config(
            _cancellable(app), http=cast(Any, protocol), loop="none", lifespan="off", ws="none",
            access_log=False, log_config=None, server_header=False, proxy_headers=False,
            backlog=BACKLOG, timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Server(config)
        self._socket = bound
        self._task: asyncio.Task[Any] | None = None

    async def start(self) -> None:
        """Return once the port answers."""
        self._task = asyncio.create_task(self._server._serve([self._socket]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.002)

    async def stop(self) -> None:
        """Finish requests in progress, abort idle connections."""
        self._server.end()
        if self._task is not None:
            await self._task
