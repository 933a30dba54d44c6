"""HTTPS: a connection until its handshake is over, and then HTTP over it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from services.kernel import limits
from services.kernel.http_protocol import HttpProtocol, make_room
from services.kernel.tls import Handshake, LaxContext, TlsPeer

if TYPE_CHECKING:
    from services.kernel.mishaps import Mishaps


class TlsDoor(asyncio.Protocol):
    """A connection until its handshake is over; an HttpProtocol then takes its place.

    The handshake is run from here, not by the loop's server: only so are its failures known, and
    whose they are.
    """

    def __init__(
        self, context: LaxContext, mishaps: Mishaps, config: Config, server_state: ServerState,
        app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._context = context
        self._mishaps = mishaps
        self._state = server_state
        self._http = HttpProtocol(mishaps, config, server_state, app_state, _loop)
        self._loop = _loop or asyncio.get_running_loop()
        self._handshake = Handshake(failed=self._failed)
        self._early: list[bytes] = []
        self._lost = False
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Asked now: a connection that is lost has no address any more.
        host, port = transport.get_extra_info("peername", ("", 0))[:2]
        self._peer = f"{host}:{port}"
        self._state.connections.add(self)  # type: ignore[arg-type]
        if not make_room(self._state.connections):
            self._transport.abort()
            return
        self._task = self._loop.create_task(self._enter())

    def data_received(self, data: bytes) -> None:
        """Raw bytes before the TLS layer is in place, or decrypted ones before HTTP is."""
        if self._handshake.peer is None:
            self._handshake.early += data
        else:
            self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True

    def shutdown(self) -> None:
        """The sandbox stops, or is crowded: no handshake is worth waiting for."""
        self._transport.abort()

    def _failed(self) -> None:
        self._loop.call_soon(self._transport.close)

    async def _enter(self) -> None:
        handshake, secure = self._handshake, None
        with contextlib.suppress(OSError):  # ssl.SSLError is one
            secure = await self._loop.start_tls(
                self._transport, self, self._context.watched_by(handshake), server_side=True,
                ssl_handshake_timeout=limits.HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=limits.SHUTDOWN_SECONDS,
            )
        self._state.connections.discard(self)
        handshake.failed = None
        if secure is None or handshake.peer is None or self._lost:
            self._transport.abort()
            self._mishaps.handshake(self._peer, handshake)
            return
        self._http.extensions = {"tls": _extension(handshake.peer)}
        secure.set_protocol(self._http)
        self._http.connection_made(secure)
        for data in self._early:
            self._http.data_received(data)


def _extension(peer: TlsPeer) -> dict[str, Any]:
    """The names of the ASGI TLS extension 0.2, and `peer`, which is ours."""
    certificates = [each for each in (peer.certificate, *peer.chain) if each]
    return {
        "server_cert": None, "client_cert_name": None, "peer": peer,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(each) for each in certificates],
        "client_cert_error": f"OpenSSL {peer.errors[0][0]}" if peer.errors else None,
        "tls_version": {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}.get(peer.version),
        "cipher_suite": None,
    }
