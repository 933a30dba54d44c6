"""Connections that would hold the port: too many, unread, unfinished."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ins.rniv.wire import mllp
from tests.conftest import Server


class Transport(asyncio.Transport):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.aborted = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True


@pytest.fixture
def opened(server: Server) -> Any:
    """A connection as the listener makes it, in the server's loop."""

    async def make(others: int) -> tuple[mllp.Mllp, Transport]:
        transport, open_ = Transport(), {object() for _ in range(others)}
        made = mllp.Mllp(server.sandbox, open_)  # type: ignore[arg-type]
        made.connection_made(transport)
        return made, transport

    return lambda others=0: server.run(make(others))


async def _do(action: Any) -> None:
    action()


def test_the_last_connection_is_turned_away(opened: Any) -> None:
    assert opened(mllp.CONNECTIONS)[1].aborted
    connection, transport = opened(mllp.CONNECTIONS - 1)
    assert not transport.aborted
    connection.connection_lost(None)


def test_who_does_not_read_is_cut(server: Server, opened: Any) -> None:
    connection, transport = opened()
    server.run(_do(connection.pause_writing))
    assert transport.aborted
    connection.connection_lost(None)


@pytest.mark.parametrize("received", [b"\x0bMSH|^~\\&|A", b""])
def test_who_does_not_finish_is_cut(server: Server, opened: Any, received: bytes) -> None:
    connection, transport = opened()
    server.run(_do(lambda: connection.data_received(received)))
    assert not transport.aborted
    server.run(_do(connection._late))
    assert transport.aborted
    connection.connection_lost(None)
