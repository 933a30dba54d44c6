"""Assembly: from an installation to a running sandbox, and back to nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from services import catalog, control
from services.installation import JOURNAL, Installation, prepare
from services.kernel.blobs import open_blobs
from services.kernel.clock import monotonic
from services.kernel.database import open_database
from services.kernel.gateway import Gateway
from services.kernel.guards import Guard
from services.kernel.hosts import Hosts
from services.kernel.journal import Journal
from services.kernel.listeners import HttpListener, allow_connections
from services.kernel.purge import Purger
from services.kernel.router import Router
from services.kernel.sandbox import Sandbox
from services.kernel.siblings import Seat
from services.kernel.tenants import Tenants
from services.kernel.transactions import MEBIBYTE, Listener
from services.settings import Settings

log = logging.getLogger("socle")
COLLECTION = (50_000, 20, 100)
"""Thresholds of the garbage collector: a tenth of a small request's CPU is saved."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one process does of an installation's work: all of it, unless it has a seat.

    mail: the ports that are not HTTP, and what is done once for all: the purge.
    """

    http: bool = True
    mail: bool = True
    seat: Seat | None = None


@dataclass(slots=True)
class Running:
    """A started sandbox. `ready` is what the ready file says."""

    sandbox: Sandbox
    ready: dict[str, Any] = field(default_factory=dict)
    _http: list[HttpListener] = field(default_factory=list)
    _mail: list[tuple[Listener, asyncio.Server]] = field(default_factory=list)
    _forget: Callable[[], None] = lambda: None

    async def stop(self) -> None:
        """Stop listening, finish what is in progress, make everything durable; once.

        What fails meanwhile keeps nothing else from being closed, and is raised at the end.
        """
        sandbox = self.sandbox
        if sandbox.stopping.is_set():
            return
        sandbox.stopping.set()
        async with contextlib.AsyncExitStack() as closing:  # the last one named is the first
            closing.callback(self._forget)
            closing.push_async_callback(sandbox.database.close)
            closing.push_async_callback(asyncio.to_thread, sandbox.journal.close)
            closing.push_async_callback(sandbox.purger.stop)
            for service in sandbox.services.values():
                if service.stop is not None:
                    closing.push_async_callback(service.stop, sandbox)
            closing.push_async_callback(sandbox.mishaps.settled)
            closing.push_async_callback(self._close_ports)

    async def _close_ports(self) -> None:
        for _, server in self._mail:
            server.close()
        closing = [listener.close(self.sandbox) for listener, _ in self._mail]
        closing += [listener.stop() for listener in self._http]
        for each in await asyncio.gather(*closing, return_exceptions=True):
            if each is not None:
                raise each


async def start(settings: Settings) -> Running:
    """One process that does everything. Raises Misconfigured, PortTaken, UnusableDatabase."""
    began = monotonic()
    installation = prepare(settings)
    try:
        running = await begin(installation)
    except BaseException:
        installation.close()
        raise
    running._forget = installation.forget
    spent = round(monotonic() - began, 3)
    running.ready.update({**installation.endpoints, "pid": os.getpid(), "ready_seconds": spent})
    return running


async def begin(installation: Installation, part: Part = Part()) -> Running:
    """Open the stores, start the services, listen: ready on return. Raises UnusableDatabase."""
    async with contextlib.AsyncExitStack() as unless_started:
        running = Running(await _open(installation, part))
        sandbox = running.sandbox
        unless_started.push_async_callback(sandbox.database.close)
        unless_started.callback(sandbox.journal.close)
        catalog.fill_ports(sandbox)
        for service in installation.services.values():
            if service.start is not None:
                await service.start(sandbox)
        if part.mail:
            await _listen_for_mail(installation, running)
        if part.http:
            await _listen(installation, running)
        await sandbox.purger.start()
        unless_started.pop_all()
    return running


async def _open(installation: Installation, part: Part) -> Sandbox:
    """The stores, nothing listening yet."""
    settings, data, shared = installation.settings, installation.data, part.seat is not None
    database = await open_database(installation.database, installation.transient)
    journal = Journal(data / JOURNAL, settings.journal_mebibytes * MEBIBYTE, part.seat)
    blobs = open_blobs(settings.blobs_url, data / "blobs")
    return Sandbox(
        settings, data, database, blobs, journal, Tenants(database, shared=shared),
        Purger(database, journal, blobs, works=part.mail, shared=shared), installation.pki,
        installation.public_url, installation.services, endpoints=dict(installation.endpoints),
        alone=not shared,
    )


async def _listen_for_mail(installation: Installation, running: Running) -> None:
    loop, sandbox = asyncio.get_running_loop(), running.sandbox
    for service in installation.services.values():
        for listener in service.listeners:
            server = await loop.create_server(
                listener.factory(sandbox), sock=installation.sockets[listener.name]
            )
            running._mail.append((listener, server))


async def _listen(installation: Installation, running: Running) -> None:
    sandbox, sockets = running.sandbox, installation.sockets
    gateway = Gateway(
        sandbox, Router(sandbox.services.values()),
        Guard(control.build(sandbox), sandbox.settings, sandbox.tenants), Hosts(catalog.hosts()),
    )
    sandbox.resources["gateway"] = gateway
    running._http += [
        HttpListener(gateway, sockets["http"], sandbox.mishaps),
        HttpListener(gateway, sockets["https"], sandbox.mishaps, sandbox.pki.server_context),
    ]
    for each in running._http:
        await each.start()


async def serve(settings: Settings) -> None:
    """Run in this process until SIGTERM or SIGINT, which may come before all is started."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    running = await start(settings)
    # What is loaded by now stays, and the young die in thousands with each batch of the journal.
    gc.freeze()
    gc.set_threshold(*COLLECTION)
    if not stop.is_set():
        announce(settings, running.ready)
    try:
        await stop.wait()
    finally:
        await running.stop()


def run(settings: Settings) -> None:
    """`socle up`."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    allow_connections()
    if settings.workers > 1:
        from services import workers

        workers.run(settings)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


def announce(settings: Settings, ready: dict[str, Any]) -> None:
    """Say that everything answers: in the ready file, and on standard output."""
    if settings.ready_file is not None:
        write_ready_file(settings.ready_file, ready)
    sys.stdout.write(f"socle ready {ready['http']}\n")
    sys.stdout.flush()


def write_ready_file(path: Path, ready: dict[str, Any]) -> None:
    """Appear complete or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(orjson.dumps(ready, option=orjson.OPT_INDENT_2))
    partial.replace(path)
