"""An answer leaves in one call, or is left to the server that checks it piece by piece."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from services.kernel.whole_answer import respond


class Sent:
    """A transport that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.calls.append(b"".join(parts))

    def close(self) -> None:
        self.calls.append(b"(close)")


def cycle(*, keep_alive: bool = True) -> tuple[Sent, RequestResponseCycle, list[str]]:
    """What is sent, an exchange that waits for its answer, and whether it was told of its end."""
    sent, ended = Sent(), list[str]()
    transport = cast(asyncio.Transport, sent)
    log = logging.getLogger()
    return sent, RequestResponseCycle(
        cast(Any, {"method": "GET"}), transport, FlowControl(transport), log, log,
        access_log=False, default_headers=[(b"date", b"today")], message_event=asyncio.Event(),
        expect_100_continue=False, keep_alive=keep_alive, on_response=lambda: ended.append("end"),
    ), ended


async def test_head_and_body_leave_together_and_the_exchange_is_over() -> None:
    sent, exchange, ended = cycle()
    assert respond(exchange, 200, [(b"content-length", b"4")], b"body")
    assert sent.calls == [
        b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 4\r\n\r\nbody"
    ]
    assert ended == ["end"]
    assert (await exchange.receive())["type"] == "http.disconnect"
    assert not respond(exchange, 200, [], b""), "an answer is given once"


async def test_the_connection_ends_with_the_answer_when_the_client_wants_no_other() -> None:
    sent, exchange, _ = cycle(keep_alive=False)
    assert respond(exchange, 204, [], b"")
    head = b"HTTP/1.1 204 No Content\r\ndate: today\r\nconnection: close\r\n\r\n"
    assert sent.calls == [head, b"(close)"]


@pytest.mark.parametrize("header", [
    (b"location", b"https://a/\r\nset-cookie: b=c"), (b"x", b"a\nb"), (b"x", b"a\0b"),
    (b"connection", b"close"),
])
async def test_some_headers_are_for_the_usual_way(header: tuple[bytes, bytes]) -> None:
    sent, exchange, ended = cycle()
    assert not respond(exchange, 200, [header], b"")
    assert (sent.calls, ended, exchange.response_started) == ([], [], False)


@pytest.mark.parametrize("state", ["gone", "slow"])
async def test_a_client_that_is_gone_or_slow_is_for_the_usual_way(state: str) -> None:
    sent, exchange, _ = cycle()
    exchange.disconnected = state == "gone"
    exchange.flow.write_paused = state == "slow"
    assert not respond(exchange, 200, [], b"")
    assert sent.calls == []
