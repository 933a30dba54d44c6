"""Several HTTP processes and one for mail, on one PostgreSQL database (`socle up --workers N`).

The parent binds the ports, makes keys and tables, forks, and then only waits: for signals, and for
the death of a child, which it replaces. It holds the ports, so no connection is refused meanwhile,
and the end of a pipe: when that closes, by order or by the parent's own death, children stop.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Any

import uvloop

from services.app import Part, announce, begin
from services.installation import JOURNAL, Installation, Misconfigured, prepare
from services.kernel.clock import monotonic
from services.kernel.database import UnusableDatabase, open_database
from services.kernel.listeners import GRACE_SECONDS
from services.kernel.segments import Segments
from services.kernel.siblings import Table
from services.kernel.transactions import MEBIBYTE
from services.settings import Settings

MAIL = 0
"""Seat of the process that has the mail ports and the purge; the others are HTTP workers."""
CLOSING_SECONDS = 10.0
"""After what is in progress, a child closes its stores, on a busy machine too."""
LIFE_SECONDS = 1.0
"""A child that dies younger is replaced only at this age."""

log = logging.getLogger("socle")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises Misconfigured, PortTaken, UnusableDatabase."""
    began = monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # while nothing is started
    installation = prepare(settings)

    def ready() -> None:
        spent = round(monotonic() - began, 3)
        announce(settings, {**installation.endpoints, "pid": os.getpid(), "ready_seconds": spent})

    try:
        Segments(installation.data / JOURNAL, settings.journal_mebibytes * MEBIBYTE).close()
        database = asyncio.run(open_database(installation.database, installation.transient))
        try:
            gc.freeze()  # children share what is never looked at again
            _Family(replace(installation, database=database.url, transient="")).live(ready)
        finally:
            asyncio.run(database.close())
    finally:
        installation.close()


@dataclass(slots=True)
class _Child:
    process: ForkProcess
    born: float


class _Family:
    """The children, by seat. `_due`: when the seats that are free are to be taken."""

    def __init__(self, installation: Installation) -> None:
        count = 1 + installation.settings.workers
        self._installation = installation
        self._table = Table(count)
        self._life, self._held = os.pipe()
        self._ready, self._answering = os.pipe()
        self._orders, self._ordering = os.pipe()
        self._children: dict[int, _Child] = {}
        self._due = dict.fromkeys(range(count), 0.0)

    def live(self, announce: Callable[[], None]) -> None:
        """Until a signal. `announce` is called once all answer; Misconfigured if one dies before.
        """
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: os.write(self._ordering, b"!"))
        silent = len(self._due)
        try:
            while True:
                self._bear()
                happened = self._next()
                if self._orders in happened:
                    return
                if self._ready in happened:
                    answering = len(os.read(self._ready, 1))
                    silent -= answering
                    if answering and silent == 0:
                        announce()
                if self._buried(happened) and silent > 0:
                    raise Misconfigured("Un des processus n'a pas pu démarrer : voyez ci-dessus.")
        finally:
            self._end()

    def _bear(self) -> None:
        """Take the seats that are due."""
        now = monotonic()
        for seat in [seat for seat, due in self._due.items() if due <= now]:
            del self._due[seat]
            process = multiprocessing.get_context("fork").Process(
                target=self._child, args=(seat,), name=f"socle-{seat}"
            )
            process.start()
            self._children[seat] = _Child(process, now)

    def _next(self) -> list[Any]:
        """What happened: pipes with something to read, sentinels of children that died."""
        patience = min(self._due.values()) - monotonic() if self._due else None
        sentinels = [child.process.sentinel for child in self._children.values()]
        return wait([self._orders, self._ready, *sentinels], patience)

    def _buried(self, happened: Container[Any]) -> bool:
        """Free the seats of children that died; whether there were any."""
        dead = {seat: child for seat, child in self._children.items()
                if child.process.sentinel in happened}
        for seat, child in dead.items():
            child.process.join()
            log.warning("process %d ended (%s)", child.process.pid, child.process.exitcode)
            del self._children[seat]
            self._due[seat] = child.born + LIFE_SECONDS
        return bool(dead)

    def _end(self) -> None:
        """Have the children finish what is in progress, and stop."""
        os.close(self._held)
        deadline = monotonic() + GRACE_SECONDS + CLOSING_SECONDS
        for child in self._children.values():
            child.process.join(max(0.0, deadline - monotonic()))
            if child.process.is_alive():
                child.process.kill()
                child.process.join()
        self._table.close()

    def _child(self, seat: int) -> None:
        os.close(self._held)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's would stop the others
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's ^C is for the parent
        part = Part(http=seat != MAIL, mail=seat == MAIL, seat=self._table.seat(seat))
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve(part))
        except UnusableDatabase as error:
            log.error("%s", error)
            raise SystemExit(1) from error

    async def _serve(self, part: Part) -> None:
        """Until the parent stops or dies, or SIGTERM."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_reader(self._life, stop.set)
        running = await begin(self._installation, part)
        os.write(self._answering, b".")
        try:
            await stop.wait()
        finally:
            loop.remove_reader(self._life)
            await running.stop()
