"""HTTPS asks for a client certificate, refuses none in the handshake, and never hangs."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from OpenSSL import SSL

from services import app
from services.kernel.tls import Handshake
from services.settings import Settings
from tests.kernel.conftest import patient
from tests.kernel.tls.conftest import Front, only_this
from tests.kernel.tls.wire import open_wire

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
KINDS = {
    "none": "none", "valid": "valid", "valid_without_chain": "valid", "expired": "expired",
    "not_yet_valid": "not_yet_valid", "revoked": "revoked", "self_signed": "untrusted",
    "foreign": "untrusted", "wrong_usage": "wrong_usage", "forged": "untrusted",
}


@pytest.fixture
def request_bytes(tenant: str) -> bytes:
    return f"GET /t/{tenant}/w/who HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


Identities = Callable[[str], Awaitable[Any]]
Contexts = Callable[..., ssl.SSLContext]
Clients = Callable[..., httpx.AsyncClient]


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("kind", KINDS)
async def test_any_certificate_reaches_the_application(
    identity: Identities, secure: Clients, kind: str, version: ssl.TLSVersion
) -> None:
    async with secure(await identity(kind), version=version) as client:
        for _ in range(2):
            told = (await client.get("/w/who")).json()
            assert told["status"] == KINDS[kind], told
            assert told["tls"][0] == {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}[version]


@pytest.mark.parametrize(("kind", "hints"), [
    ("none", []), ("valid", []), ("valid_without_chain", []), ("expired", [10]),
    ("not_yet_valid", [9]), ("revoked", []), ("self_signed", [18]), ("wrong_usage", [26]),
])
async def test_openssl_gives_hints(
    identity: Identities, secure: Clients, kind: str, hints: list[int]
) -> None:
    async with secure(await identity(kind)) as client:
        assert (await client.get("/w/who")).json()["hints"] == hints


@pytest.mark.parametrize("version", [TLS12, TLS13], ids=["1.2", "1.3"])
async def test_a_request_sent_with_the_end_of_the_handshake_is_answered(
    front: Front, identity: Identities, request_bytes: bytes, trusting: Contexts,
    version: ssl.TLSVersion,
) -> None:
    """Draining the records at once lost it: one connection in four then waited for ever."""
    context = trusting(await identity("valid"), version)
    for _ in range(50):
        async with open_wire(front.ready["https"], context) as wire:
            await wire.handshake(with_last_flight=request_bytes)
            assert b'"valid"' in await wire.read_until(b"}")
            await wire.write(request_bytes)
            assert b'"valid"' in await wire.read_until(b"}")


def test_what_follows_the_handshake_stays_with_the_tls_layer(
    front: Front, trusting: Contexts
) -> None:
    """The loop counts the bytes that it holds: those that OpenSSL held were forgotten."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting().wrap_bio(to_client, to_server, server_hostname="localhost")
    context = front.sandbox.pki.server_context.watched_by(Handshake())
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server):
        with pytest.raises(ssl.SSLWantReadError):
            side.do_handshake()
    client.do_handshake()
    client.write(b"first")
    client.write(b"second")
    server.do_handshake()
    assert to_server.pending > 0
    assert (server.read(100), server.read(100)) == (b"first", b"second")
    assert to_server.pending == 0


async def test_a_handshake_in_crumbs_is_followed(
    front: Front, identity: Identities, request_bytes: bytes, trusting: Contexts
) -> None:
    async with open_wire(front.ready["https"], trusting(await identity("valid"))) as wire:
        await wire.handshake(crumb=7)
        await wire.write(request_bytes, crumb=3)
        assert b'"valid"' in await wire.read_until(b"}")


def test_bytes_that_come_before_the_tls_layer_are_not_lost(
    front: Front, trusting: Contexts
) -> None:
    """uvloop reads at once, and starts TLS a turn later."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting().wrap_bio(to_client, to_server, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = to_server.read()
    handshake = Handshake(early=hello[:100])
    to_server.write(hello[100:])
    context = front.sandbox.pki.server_context.watched_by(handshake)
    server = context.wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        server.do_handshake()
    client.do_handshake()


async def test_three_hundred_connections(
    front: Front, identity: Identities, request_bytes: bytes, trusting: Contexts
) -> None:
    context = trusting(await identity("valid"))

    async def talk() -> None:
        async with open_wire(front.ready["https"], context) as wire:
            await wire.handshake()
            for _ in range(3):
                await wire.write(request_bytes)
                assert b'"valid"' in await wire.read_until(b"}")

    for _ in range(6):
        await asyncio.wait_for(asyncio.gather(*(talk() for _ in range(50))), 60)


async def test_a_large_upload_arrives_whole(secure: Clients) -> None:
    async with secure() as client:
        answer = await client.post("/w/who", content=b"x" * 25_000_000, timeout=60)
        assert answer.json()["size"] == 25_000_000


async def test_no_session_is_resumed(
    front: Front, identity: Identities, request_bytes: bytes, trusting: Contexts
) -> None:
    """A resumed session would skip the verification, and the certificate with it."""
    context = trusting(await identity("valid"))
    session: ssl.SSLSession | None = None
    for _ in range(3):
        async with open_wire(front.ready["https"], context, session) as wire:
            await wire.handshake()
            await wire.write(request_bytes)
            assert b'"valid"' in await wire.read_until(b"}")
            assert not wire.tls.session_reused
            session = wire.tls.session


@pytest.mark.parametrize("suite", [
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256",
])
async def test_the_suites_of_the_evidence_list(
    front: Front, trusting: Contexts, suite: str
) -> None:
    context = trusting(None, TLS12)
    context.set_ciphers(suite)
    async with open_wire(front.ready["https"], context) as wire:
        await wire.handshake()
        assert wire.tls.cipher()[0] == suite  # type: ignore[index]


async def test_renegotiation_is_refused(
    front: Front, trusting: Contexts
) -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    host, port = front.ready["https"].removeprefix("https://").split(":")

    def renegotiate() -> bool:
        with socket.create_connection((host, int(port)), 60) as raw:
            connection = SSL.Connection(context, raw)
            raw.settimeout(None)
            connection.set_connect_state()
            connection.do_handshake()
            connection.renegotiate()
            try:
                connection.do_handshake()
                connection.send(b"GET / HTTP/1.1\r\n\r\n")
                connection.recv(1000)
            except SSL.Error:
                return False
            return connection.total_renegotiations() > 0

    assert not await asyncio.to_thread(renegotiate)


@pytest.mark.parametrize("stage", ["connected", "greeted", "idle"])
async def test_a_stop_waits_for_nothing_that_is_open(
    monkeypatch: pytest.MonkeyPatch, trusting: Contexts, stage: str
) -> None:
    only_this(monkeypatch)
    running = await app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    context = ssl.create_default_context(cafile=running.ready["ca"])
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as wires:
        for _ in range(5):
            wire = await wires.enter_async_context(open_wire(running.ready["https"], context))
            if stage == "greeted":
                await wire.greet()
            if stage == "idle":
                await wire.handshake()
                await wire.write(b"GET /w/who HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await wire.read_until(b"}")
        patient(running, monkeypatch)
        began = loop.time()
        await running.stop()
        assert loop.time() - began < 30  # who waits for them waits for a minute
