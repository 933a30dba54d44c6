"""A slow client is cut after the documented time, is journalled, and holds nobody up meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from mssante.wire import smtp_protocol
from services.kernel import http_protocol, limits, listeners
from tests.conftest import Server
from tests.security.conftest import LARGE, Connect, Own
from tests.security.wire import Wire

Entry = Callable[..., dict[str, Any]]
SOON = 0.5
POST = (
    b"POST /t/{tenant}/ins/fhir/Patient/$match HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/fhir+json\r\nContent-Length: 1000\r\n\r\n"
)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limits of HTTP are half a second; an answer has more, on a busy machine too."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(limits, name, SOON)
    monkeypatch.setattr(http_protocol, "PARTING_SECONDS", 3.0)


@pytest.fixture
def bystander(server: Server) -> Iterator[list[float]]:
    """A client that goes on asking; how long each answer took."""
    taken: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            while not (taken and over.wait(0.02)):
                began = time.monotonic()
                assert client.get("/health").status_code == 200
                taken.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    yield taken
    over.set()
    thread.join()
    # Generous: a busy machine is slow too, and slow clients would hold it up for seconds.
    assert taken
    assert sorted(taken)[len(taken) // 2] < 4 * SOON


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.usefixtures("hasty", "bystander")
def test_a_head_that_comes_byte_by_byte(
    connect: Connect, entry_of: Entry, tenant: str, secure: bool
) -> None:
    head = POST.replace(b"{tenant}", tenant.encode())
    with connect("https" if secure else "http") as wire:
        began = time.monotonic()
        wire.send(head[:80], *(bytes([each]) for each in head[80:100]), every=0.04)
        said = wire.rest()
        assert time.monotonic() - began < 15
        entry = entry_of(wire, tenant)
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in said
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "408")
    assert entry["request"]["path"] == f"/t/{tenant}/ins/fhir/Patient/$match"


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.usefixtures("hasty", "bystander")
def test_a_body_that_comes_byte_by_byte(
    connect: Connect, entry_of: Entry, tenant: str, secure: bool
) -> None:
    with connect("https" if secure else "http") as wire:
        wire.send(POST.replace(b"{tenant}", tenant.encode()), *[b"{"] * 20, every=0.04)
        said = wire.rest()
        entry = entry_of(wire, tenant)
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b'"resourceType":"OperationOutcome"' in said
    assert b'"code":"timeout"' in said
    assert (entry["transaction"], entry["outcome"]) == ("ITI-119", "fail")
    assert entry["error"]["code"] == "timeout"


@pytest.mark.parametrize("path", [b"/sandbox/reset", b"/dmp/fhir/nowhere"])
@pytest.mark.usefixtures("hasty")
def test_a_body_that_never_ends_is_cut_everywhere(
    connect: Connect, tenant: str, path: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "PARTING_SECONDS", SOON)
    with connect() as wire:
        wire.send(
            b"POST /t/%s%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n" % (tenant.encode(), path)
        )
        wire.rest()  # would raise TimeoutError


@pytest.mark.usefixtures("hasty")
def test_an_answer_does_not_keep_a_body_coming(
    connect: Connect, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused at its head, whose body then trickles in for ever."""
    monkeypatch.setattr(http_protocol, "PARTING_SECONDS", SOON)
    with connect() as wire:
        wire.send(POST.replace(b"{tenant}", tenant.encode()).replace(b"1000", b"99999999"))
        assert wire.answer().startswith(b"HTTP/1.1 413 ")
        wire.send(*[b"x"] * 20, every=0.05)
        wire.rest()


@pytest.mark.parametrize("sent", [
    b"", b"\r\n", b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_connection_on_which_nothing_is_asked(
    server: Server, connect: Connect, monkeypatch: pytest.MonkeyPatch, sent: bytes, secure: bool
) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", SOON)
    monkeypatch.setattr(limits, "HEAD_SECONDS", SOON)
    with connect("https" if secure else "http") as wire:
        wire.send(sent).rest()


def test_a_handshake_that_comes_byte_by_byte(
    connect: Connect, entry_of: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", SOON)
    with connect("https", tls=False) as wire:
        wire.send(*(bytes([each]) for each in b"\x16\x03\x01\x02\x00\x01\x00"), every=0.05)
        assert wire.rest() == b""
        assert entry_of(wire)["note"].startswith("Le client a coupé, ou s'est tu")


def test_an_answer_that_is_not_read_is_not_kept(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.2)
    with Wire("127.0.0.1", own.port) as deaf:
        deaf.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until = time.monotonic() + 20
        answered(own)
        while own.connections and time.monotonic() < until:
            time.sleep(0.05)
        assert not own.connections
        assert len(deaf.rest()) < LARGE


def answered(own: Own) -> None:
    """Wait until a request is being answered, or was: an answer may not be read yet."""
    state = own.listener._server.server_state
    until = time.monotonic() + 20
    while not (state.tasks or state.total_requests) and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize("requests", [1, 3])
def test_a_stop_cuts_who_does_not_read_without_a_word(
    server: Server, own: Own, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    requests: int,
) -> None:
    monkeypatch.setattr(listeners, "CUT_SECONDS", 0.3)
    with Wire("127.0.0.1", own.port) as deaf:
        deaf.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n" * requests)
        answered(own)
        server.run(own.listener.stop())
        assert not own.connections
        assert not own.listener._server.server_state.tasks
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


def test_a_stop_ends_what_takes_too_long_without_an_error(
    server: Server, own: Own, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listeners, "CUT_SECONDS", 0.2)
    own.listener._server.config.timeout_graceful_shutdown = 1
    with Wire("127.0.0.1", own.port) as waiting:
        waiting.send(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered(own)
        server.run(own.listener.stop())
    assert not own.listener._server.server_state.tasks
    told = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert told == ["Cancel 1 running task(s), timeout graceful shutdown exceeded"]


def test_an_answer_that_is_read_slowly_is_read_whole(
    own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 1.0)
    with Wire("127.0.0.1", own.port) as slow:
        slow.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert len(slow.answer(every=0.002)) > LARGE


def test_hundreds_of_slow_clients_hold_nobody_up(
    connect: Connect, bystander: list[float], tenant: str
) -> None:
    with ExitStack() as open_:
        slow = [open_.enter_context(connect()) for _ in range(150)]
        for number, wire in enumerate(slow):
            head = POST.replace(b"{tenant}", tenant.encode())
            wire.send(head[:100] if number % 2 else head + b"{")
        time.sleep(0.3)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server waits for half a second."""
    monkeypatch.setattr(smtp_protocol, "IDLE_SECONDS", SOON)


@pytest.mark.usefixtures("impatient", "bystander")
def test_a_mail_command_that_comes_byte_by_byte(connect: Connect) -> None:
    with connect("smtp") as wire:
        wire.line()
        wire.send(*[b"E"] * 20, every=0.05)
        assert wire.rest().startswith(b"421 4.4.2 ")


@pytest.mark.usefixtures("bystander")
@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01"])
def test_a_starttls_that_goes_no_further(
    connect: Connect, entry_of: Entry, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", SOON)
    with connect("smtp") as wire:
        wire.line()
        wire.send(b"EHLO a\r\n")
        said = wire.line()
        while b"\r\n250 " not in said:
            said += wire.line()
        wire.send(b"STARTTLS\r\n")
        assert wire.line().startswith(b"220 ")
        wire.send(sent).rest()
        if sent:
            assert entry_of(wire)["note"].startswith("Le client a coupé, ou s'est tu")
