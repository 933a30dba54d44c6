"""The processes of one installation, and the one thing that they ask of one another.

Each has a seat. `ask` returns once every other process has done what is asked of it (put its
journal entries into the files); `asked` is where it waits for that. The question carries the end
of a pipe, which the other closes when it is done: so does a process that dies.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

SEATS = 64
ASK_SECONDS = 5.0
"""A process that is being replaced keeps nobody waiting longer; a busy one answers before."""


class Table:
    """Made by the parent, before it forks."""

    def __init__(self, seats: int) -> None:
        self._lines = [socket.socketpair() for _ in range(seats)]

    def seat(self, number: int) -> Seat:
        """Of one process at a time: a process that replaces another takes its seat."""
        others = [asking for each, (asking, _) in enumerate(self._lines) if each != number]
        return Seat(number, *self._lines[number], others)

    def close(self) -> None:
        for pair in self._lines:
            for each in pair:
                each.close()


class Seat:
    """Where one process is reached; safe in any of its threads. number: from 0, below SEATS."""

    def __init__(
        self, number: int, asking: socket.socket, asked: socket.socket, others: list[socket.socket]
    ) -> None:
        self.number = number
        self._asking, self._asked, self._others = asking, asked, others

    def ask(self, seconds: float = ASK_SECONDS) -> None:
        """Return when all others are done, or late; blocks."""
        done, ours = os.pipe()
        try:
            for each in self._others:
                with contextlib.suppress(BlockingIOError):  # it has not listened for a long time
                    socket.send_fds(each, [b"?"], [ours], socket.MSG_DONTWAIT)
        finally:
            os.close(ours)
        waiting = select.poll()
        waiting.register(done, select.POLLIN | select.POLLHUP)
        waiting.poll(seconds * 1000)
        os.close(done)

    @contextmanager
    def asked(self, seconds: float) -> Iterator[None]:
        """Wait for a question so long; the body is what is done for it, if one came."""
        self._asked.settimeout(seconds)
        try:
            _, theirs, _, _ = socket.recv_fds(self._asked, 1, 1)
        except TimeoutError:
            theirs = []
        try:
            yield
        finally:
            for each in theirs:
                os.close(each)

    def wake(self) -> None:
        """End the wait of one's own thread; questions that are not yet read end it as well."""
        with contextlib.suppress(BlockingIOError):
            self._asking.send(b"!", socket.MSG_DONTWAIT)
