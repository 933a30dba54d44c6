"""A TCP client that says exactly what it is told, as slowly as it is told."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import suppress
from typing import Self

PATIENCE = 60.0


class Wire:
    """One connection. `tls` is a context, for HTTPS."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._socket: socket.socket = socket.create_connection((host, port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        local = self._socket.getsockname()
        self.name = f"{local[0]}:{local[1]}"
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *pieces: bytes, every: float = 0.0) -> Self:
        """Send the pieces, with pauses; a peer that has closed is no error."""
        with suppress(ConnectionError, ssl.SSLError):
            for piece in pieces:
                self._socket.sendall(piece)
                time.sleep(every)
        return self

    def rest(self) -> bytes:
        """All that is still said, until the peer closes. Raises TimeoutError when it does not."""
        said = b""
        with suppress(ConnectionError, ssl.SSLError):
            while piece := self._socket.recv(65_536):
                said += piece
        return said

    def answer(self, every: float = 0.0) -> bytes:
        """One answer, up to the end of its announced body, read with pauses."""
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._more()
        head, _, begun = said.partition(b"\r\n\r\n")
        body = bytearray(begun)
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
            time.sleep(every)
        return head + b"\r\n\r\n" + bytes(body)

    def line(self) -> bytes:
        """What is said up to the end of a line."""
        said = b""
        while not said.endswith(b"\n"):
            said += self._more()
        return said

    def _more(self) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError("closed by the peer")
        return piece
