"""A TLS client that decides itself which bytes travel together."""

from __future__ import annotations

import asyncio
import ssl
from typing import Self

TIMEOUT = 20.0


class Wire:
    """TCP, with OpenSSL between two memory buffers."""

    def __init__(
        self, address: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None
    ) -> None:
        host, _, port = address.removeprefix("https://").rpartition(":")
        self._host, self._port = host, int(port)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._in, self._out, server_hostname="localhost", session=session
        )

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    @property
    def name(self) -> str:
        """How the journal names this client."""
        host, port = self._writer.get_extra_info("sockname")[:2]
        return f"{host}:{port}"

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def greet(self) -> None:
        """Send the first flight only."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            await self._flush()

    async def handshake(self, with_last_flight: bytes = b"", crumb: int = 0) -> None:
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush(crumb)
                await self._fill()
            except ssl.SSLError:
                await self._flush()
                raise
        if with_last_flight and self.tls.version() == "TLSv1.3":
            self.tls.write(with_last_flight)
        await self._flush(crumb)
        if with_last_flight and self.tls.version() != "TLSv1.3":
            await self.write(with_last_flight)

    async def write(self, data: bytes, crumb: int = 0) -> None:
        self.tls.write(data)
        await self._flush(crumb)

    async def read_until(self, end: bytes) -> bytes:
        """Decrypted bytes up to and with `end`; what there was when the peer closes before."""
        data = b""
        while end not in data:
            try:
                part = self.tls.read(65536)
            except ssl.SSLWantReadError:
                await self._fill()
                continue
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                break
            if not part:
                break
            data += part
        return data

    async def _flush(self, crumb: int = 0) -> None:
        data = self._out.read()
        for at in range(0, len(data), crumb or max(len(data), 1)):
            self._writer.write(data[at:at + (crumb or len(data))])
            await self._writer.drain()
            if crumb:
                await asyncio.sleep(0)

    async def _fill(self) -> None:
        data = await asyncio.wait_for(self._reader.read(65536), TIMEOUT)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()


def open_wire(
    address: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> Wire:
    return Wire(address, context, session)
