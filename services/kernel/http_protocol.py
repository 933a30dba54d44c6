"""uvicorn's HTTP protocol, with what the sandbox needs of a connection, plain or TLS."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from services.kernel import limits
from services.kernel.mishaps import ENDLESS, LATE, MALFORMED, Mishap
from services.kernel.whole_answer import respond

if TYPE_CHECKING:
    from services.kernel.mishaps import Mishaps

PARTING_SECONDS = 5.0
"""What an exchange has to answer that its body comes too late."""
CROWDED = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n"
    b"retry-after: %d\r\n\r\n" % limits.IDLE_SECONDS
)


class Stage(enum.Enum):
    """What of a request is being received."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    OVER = enum.auto()
    """What came is not read on: nothing more is."""


class HttpProtocol(HttpToolsProtocol):
    """One connection. Malformed HTTP is journalled; neither silence nor an endless head is waited
    for; an idle connection does not delay the stop.
    """

    def __init__(
        self, mishaps: Mishaps, config: Config, server_state: ServerState,
        app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.timeout_keep_alive = limits.IDLE_SECONDS
        self._mishaps = mishaps
        self._received = b""  # of a request until its head is whole, then the last piece
        self._stage = Stage.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._unread = 0
        self._spaced: bytes | None = None  # a query with raw spaces, as it came
        self._earlier: list[RequestResponseCycle] = []  # when several are asked at once
        self.extensions: dict[str, Any] | None = None

    @property
    def idle_since(self) -> float | None:
        """In the loop's time, None while there is something to do."""
        waiting = self.timeout_keep_alive_task
        return None if waiting is None or self.transport.is_closing() else waiting.when()

    @property
    def _expects_more(self) -> bool:
        """The rest of a request, or a request after what is none yet (empty lines)."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return self._stage is not Stage.NOTHING or cycle is None or (
            cycle.response_complete and self.timeout_keep_alive_task is None
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if make_room(self.connections):
            self._wait()
        else:
            transport.write(CROWDED)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_keepalive_if_required()
        self._in_time()
        self._unwatch()
        self._answer_nobody()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._stage is Stage.OVER:
            return
        self._received = self._received + data if self._stage is Stage.HEAD else data
        # A request line has two spaces.
        if self._stage is Stage.NOTHING and data.count(b" ", 0, data.find(b"\r\n")) > 2:
            data = self._mended(data)
        super().data_received(data)
        if self._stage is Stage.HEAD and len(self._received) > limits.HEAD_BYTES:
            self._give_up(ENDLESS)
        elif self._deadline is None and self._expects_more:
            self._hurry()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = Stage.HEAD
        self.scope["socle.close"] = self.transport.close  # type: ignore[typeddict-unknown-key]
        if self.extensions is not None:
            self.scope["extensions"] = self.extensions

    def on_headers_complete(self) -> None:
        self._stage = Stage.BODY
        self._in_time()
        # Most heads came in one piece that is short enough: nothing then needs to be added up.
        if len(self._received) > limits.TARGET_BYTES or len(self.headers) > limits.HEADERS:
            self.scope["socle.excess"] = self._excess()  # type: ignore[typeddict-unknown-key]
        before = self.cycle
        super().on_headers_complete()
        if self.pipeline:
            self._earlier.append(before)
        elif self._earlier:
            self._earlier.clear()
        if self._spaced is not None:
            self.scope["query_string"], self._spaced = self._spaced, None
        cycle: RequestResponseCycle | None = self.cycle  # None before an upgrade
        if cycle is not None:
            self.scope["socle.respond"] = partial(respond, cycle)  # type: ignore[typeddict-unknown-key]

    def on_message_complete(self) -> None:
        self._stage = Stage.NOTHING
        self.scope["socle.here"] = True  # type: ignore[typeddict-unknown-key]
        self._in_time()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """The parser gave up: answer in French, journal, close."""
        self._give_up(MALFORMED)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while: close, unless the last answer is still being read."""
        if self._watch is not None:
            self._wait()
        elif self.transport.get_write_buffer_size():
            self.cut()
        else:
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: it has to go on reading."""
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        self._watch = self.loop.call_later(limits.IDLE_SECONDS, self._is_read)

    def resume_writing(self) -> None:
        self._unwatch()
        super().resume_writing()

    def shutdown(self) -> None:
        """Waits only for a request that is here as a whole: any other would hold the stop."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is None or cycle.response_complete or cycle.more_body:
            self.cut()
        else:
            super().shutdown()

    def cut(self) -> None:
        """Close at once, whatever is in progress."""
        self._answer_nobody()
        self.transport.abort()

    def _answer_nobody(self) -> None:
        """What is being answered learns that the client is gone: writing would be an error."""
        last: RequestResponseCycle | None = self.cycle  # None before the first request
        for each in (*self._earlier, last):
            if each is not None and not each.response_complete:
                each.disconnected = True
                each.message_event.set()

    def _wait(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _hurry(self) -> None:
        """The rest of what is being received has to come in time."""
        body = self._stage is Stage.BODY
        self._deadline = self.loop.call_later(
            limits.BODY_SECONDS + PARTING_SECONDS if body else limits.HEAD_SECONDS, self._too_late
        )

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if self.flow.read_paused:  # by us
            self._hurry()
        elif self._stage is Stage.HEAD:
            self._give_up(LATE)
        else:
            self.cut()

    def _is_read(self) -> None:
        unread = self.transport.get_write_buffer_size()
        if unread > self._unread - limits.UNREAD_BYTES:
            self.cut()
        else:
            self._unread = unread
            self._watch = self.loop.call_later(limits.IDLE_SECONDS, self._is_read)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _give_up(self, mishap: Mishap) -> None:
        host, port = self.client or ("", 0)
        self._answer_nobody()
        self._stage = Stage.OVER
        self._mishaps.answer(mishap, f"{host}:{port}", self._received, self._say_and_close)

    def _say_and_close(self, last: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(last)
            self.transport.close()

    def _mended(self, data: bytes) -> bytes:
        found = self._mishaps.mended(data)
        if found is None:
            return data
        data, self._spaced = found
        return data

    def _excess(self) -> str:
        """What there is too much of in the head: "target", "headers", or ""."""
        if len(self.url) > limits.TARGET_BYTES:
            return "target"
        size = sum(len(name) + len(value) for name, value in self.headers)
        many = len(self.headers) > limits.HEADERS or size > limits.HEADER_BYTES
        return "headers" if many else ""


def make_room(connections: Collection[object]) -> bool:
    """Whether one more connection is not too many, once the longest idle one is closed."""
    if len(connections) <= limits.CONNECTIONS:
        return True
    open_ = [each for each in connections if not _is_closing(each)]
    if len(open_) <= limits.CONNECTIONS:
        return True
    idle = [
        (each.idle_since, each) for each in open_
        if isinstance(each, HttpProtocol) and each.idle_since is not None
    ]
    if not idle:
        return False
    min(idle, key=lambda one: one[0])[1].transport.close()
    return True


def _is_closing(connection: object) -> bool:
    return isinstance(connection, HttpProtocol) and connection.transport.is_closing()
