"""Connections that would hold the port: too many, unread, unfinished."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ins.rniv.wire import mllp
from tests.conftest import Server
from tests.ins.rniv.conftest import eventually

PEER = "127.0.0.1:1"


class Transport(asyncio.Transport):
    """Notes what is done to it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.aborted = self.ended = False
        self.reading = True
        self.written: list[bytes] = []

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.aborted

    def is_reading(self) -> bool:
        return self.reading

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.aborted = True

    def write_eof(self) -> None:
        self.ended = True


Opened = tuple[mllp.Mllp, Transport]


def _open(server: Server, among: set[mllp.Mllp]) -> Opened:
    transport = Transport()
    made = mllp.Mllp(server.sandbox, among)
    made.connection_made(transport)
    return made, transport


@pytest.fixture
def opened(server: Server) -> Callable[[], Opened]:
    """A connection as the listener makes it, in the server's loop."""

    async def make() -> Opened:
        return _open(server, set())

    return lambda: server.run(make())


async def _do(action: Any) -> None:
    action()


def test_the_connection_that_is_idle_longest_makes_room(server: Server) -> None:
    async def crowd() -> None:
        among: set[mllp.Mllp] = set()
        all_ = [_open(server, among) for _ in range(mllp.CONNECTIONS)]
        (first, closed), (second, busy), (_, next_) = all_[:3]
        first.since -= 2
        second.since -= 3
        second.data_received(b"\x0bMSH|")
        assert not _open(server, among)[1].aborted
        assert (closed.aborted, busy.aborted, next_.aborted) == (True, False, False)
        assert len(among) == mllp.CONNECTIONS
        for each in among:
            each.data_received(b"\x0bMSH|")
        assert _open(server, among)[1].aborted
        for each in [*among]:
            each._buffer.clear()
            each.connection_lost(None)

    server.run(crowd())


def test_a_packet_of_many_messages_holds_nobody_up(server: Server) -> None:
    """Each of these is refused without a pause; others have their turn between two of them."""
    count = 200

    async def flood() -> None:
        connection, transport = _open(server, set())
        connection.data_received(b"\x0b\x1c\r" * count)
        assert not transport.reading
        turns = 0
        async with asyncio.timeout(30):
            while len(transport.written) < count:
                assert len(connection._waiting) <= mllp.WAITING
                await asyncio.sleep(0)
                turns += 1
        assert turns >= count
        assert transport.reading
        connection.connection_lost(None)

    server.run(flood())


def test_who_does_not_read_is_cut(server: Server, opened: Callable[[], Opened]) -> None:
    connection, transport = opened()
    server.run(_do(connection.pause_writing))
    assert transport.aborted
    connection.connection_lost(None)


@pytest.mark.parametrize("received", [b"\x0bMSH|^~\\&|A", b""])
def test_who_does_not_finish_is_cut(
    server: Server, opened: Callable[[], Opened], received: bytes
) -> None:
    connection, transport = opened()
    server.run(_do(lambda: connection.data_received(received)))
    assert not transport.aborted
    server.run(_do(connection._late))
    assert transport.aborted
    connection.connection_lost(None)


def test_a_long_message_is_in_the_journal_before_its_answer_leaves(
    server: Server, opened: Callable[[], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the tenant has to be asked for: with several processes, always."""
    written: list[int] = []
    connection, transport = opened()
    monkeypatch.setattr(server.sandbox.tenants, "known", lambda name: None)
    monkeypatch.setattr(
        server.sandbox.journal, "record",
        # Others are recorded too: what earlier tests have left to send is tried again.
        lambda entry: entry.peer == PEER and written.append(len(transport.written)),
    )
    server.run(_do(lambda: connection.data_received(b"\x0bMSH|^~\\&|A" + b"Z" * 70_000)))
    server.run(_do(lambda: connection.data_received(b"\x0bMSH|")))
    server.run(server.sandbox.mishaps.settled())
    assert written == [0]
    assert len(transport.written) == 1
    assert (transport.ended, transport.aborted) == (True, False)
    server.run(_do(connection._late))
    assert transport.aborted
    connection.connection_lost(None)


def test_what_is_no_message_is_journalled_in_the_present_life_of_a_tenant(
    server: Server, api: httpx.Client, tenant: str, journal: Callable[..., list[Any]]
) -> None:
    api.post("/sandbox/reset", json={}).raise_for_status()
    api.post("/sandbox/reset", json={}).raise_for_status()
    tenants = server.sandbox.tenants
    place = server.sandbox.endpoints["mllp"]

    async def forget() -> None:
        tenants._forget(await tenants.get(tenant))

    server.run(forget())
    with socket.create_connection((place["host"], place["port"])) as connection:
        connection.sendall(b"\x0bMSH|^~\\&|A|B|C|t/" + tenant.encode() + b"|")
    [entry] = eventually(lambda: journal(transaction="rniv.mllp"))
    assert entry["note"].startswith("Connexion coupée")
