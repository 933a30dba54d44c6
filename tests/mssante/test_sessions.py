"""Sessions that end otherwise than by QUIT: stop, silence, crowd."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from mssante.wire import smtp_protocol, smtp_submission
from mssante.wire.office import post_office
from mssante.wire.smtp_submission import close_connections, protocol_factory
from tests.conftest import Server
from tests.mssante.conftest import Client, mail


@pytest.fixture
def own(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A front of this test's own, with its own post office."""
    monkeypatch.setitem(server.sandbox.resources, "mssante", None)

    async def listen() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            protocol_factory(server.sandbox), "127.0.0.1", 0
        )

    async def close(listener: asyncio.Server) -> None:
        listener.close()
        await close_connections(server.sandbox)

    listener = server.run(listen())
    yield listener.sockets[0].getsockname()[1]
    server.run(close(listener))


@pytest.fixture
def connect(own: int, server: Server) -> Iterator[Callable[..., Client]]:
    """Connections to that front, all closed at the end."""
    clients: list[Client] = []

    def get(tls: bool = False) -> Client:
        client = Client("127.0.0.1", own, timeout=60, local_hostname="logiciel.example")
        clients.append(client)
        client.ehlo()
        return client.secured(server.ca) if tls else client

    yield get
    for client in clients:
        client.close()


Connect = Callable[..., Client]


def emptied(server: Server, left: int = 0) -> None:
    """Wait until no more sessions than that are open."""
    until = time.monotonic() + 20
    while len(post_office(server.sandbox).sessions) > left and time.monotonic() < until:
        time.sleep(0.02)
    assert len(post_office(server.sandbox).sessions) == left


def test_stopping_says_421_to_all_at_once(server: Server, connect: Connect) -> None:
    clients = [connect(), connect(tls=True), connect(tls=True)]
    began = time.monotonic()
    server.run(close_connections(server.sandbox))
    assert time.monotonic() - began < 5  # GRACE_SECONDS, and a busy machine
    for client in clients:
        code, text = client.getreply()
        assert (code, text[:6]) == (421, b"4.3.2 ")
    assert not post_office(server.sandbox).sessions


def test_a_client_amid_starttls_does_not_hold_the_stop(server: Server, connect: Connect) -> None:
    client = connect()
    assert client.docmd("STARTTLS")[0] == 220
    server.run(close_connections(server.sandbox))
    assert not post_office(server.sandbox).sessions


def test_a_mail_being_stored_is_answered_before_the_stop(
    server: Server, monkeypatch: pytest.MonkeyPatch, session: Callable[..., Client]
) -> None:
    from mssante import store

    deliver, begun = store.deliver, threading.Event()

    async def slowly(*arguments: object) -> None:
        begun.set()
        await asyncio.sleep(0.2)
        await deliver(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "deliver", slowly)
    monkeypatch.setattr(smtp_submission, "GRACE_SECONDS", 10)
    client = session()
    client.docmd("MAIL FROM:<claire.exemplaire@medecin.socle.mssante.fr>")
    client.docmd("RCPT TO:<claire.exemplaire@medecin.socle.mssante.fr>")
    client.docmd("DATA")
    client.sock.sendall(b"Subject: x\r\n\r\n.\r\n")  # type: ignore[union-attr]
    assert begun.wait(20)
    server.run(close_connections(server.sandbox))
    assert client.getreply()[0] == 250


def test_silence_ends_the_session(server: Server, connect: Connect) -> None:
    client = connect(tls=True)
    [session] = post_office(server.sandbox).sessions
    session._timeout_duration = 0.1
    client.noop()
    code, text = client.getreply()
    assert (code, text[:6]) == (421, b"4.4.2 ")


def test_a_client_that_reads_nothing_is_cut(
    server: Server, own: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_protocol, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(smtp_protocol, "PARTING_SECONDS", 0.3)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", own))
        deaf.settimeout(0.5)
        with suppress(TimeoutError, ConnectionError):
            while True:
                deaf.sendall(b"EHLO a\r\n" * 10_000)
        emptied(server)


def test_one_connection_too_many_is_421(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_protocol, "MAX_CONNECTIONS", 2)
    first, _ = connect(), connect()
    with pytest.raises(smtplib.SMTPConnectError) as raised:
        connect()
    assert raised.value.smtp_code == 421
    first.quit()
    emptied(server, 1)
    assert connect().noop()[0] == 250


def test_a_client_that_vanishes_in_the_handshake_leaves_nothing(server: Server, own: int) -> None:
    with socket.create_connection(("127.0.0.1", own), 60) as plain:
        plain.recv(1000)
        plain.sendall(b"EHLO a\r\nSTARTTLS\r\n")
        time.sleep(0.1)
        plain.sendall(b"\x16\x03\x01")
    emptied(server)


def test_plain_text_instead_of_a_handshake(own: int, connect: Connect) -> None:
    with socket.create_connection(("127.0.0.1", own), 60) as plain:
        plain.recv(1000)
        plain.sendall(b"EHLO a\r\n")
        plain.recv(1000)
        plain.sendall(b"STARTTLS\r\n")
        plain.recv(1000)
        plain.sendall(b"MAIL FROM:<a@b>\r\n" * 100)
        time.sleep(0.2)
    assert connect(tls=True).noop()[0] == 250


def test_a_second_session_with_the_same_tls_context(
    server: Server, connect: Connect
) -> None:
    context = ssl.create_default_context(cafile=server.ca)
    for _ in range(2):
        client = connect()
        client.starttls(context=context)
        assert client.ehlo()[0] == 250
        client.quit()


@pytest.mark.parametrize("end", ["reset", "delete"])
def test_a_session_does_not_outlive_its_tenant(
    session: Callable[..., Client], api: httpx.Client, tenant: str, server: Server, inbox: Any,
    end: str,
) -> None:
    client = session()
    if end == "reset":
        api.post("/sandbox/reset", json={}).raise_for_status()
    else:
        httpx.delete(f"{server.url}/sandbox/tenants/{tenant}", trust_env=False).raise_for_status()
    for _ in range(2):
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(mail())
        assert refused.value.smtp_code == 530
    assert inbox() == []
