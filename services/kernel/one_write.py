"""The transport that an answer is written to: its head and the beginning of its body at once."""

from __future__ import annotations

import asyncio
from typing import Any


class OneWrite:
    """A transport for one answer. Its first write waits for the second, or for the loop's next turn
    when there is none yet: head and body are then one system call, and one packet, not two.
    """

    __slots__ = ("_first", "_loop", "_started", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._first: bytes | None = None
        self._started = False

    def write(self, data: bytes) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            self._transport.writelines((first, data))
        elif self._started:
            self._transport.write(data)
        else:
            self._started = True
            self._first = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            self._transport.write(first)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
