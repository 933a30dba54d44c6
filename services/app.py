"""Assembly: from settings to a running sandbox, and back to nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.x509 import Certificate, load_pem_x509_certificates

from services import catalog, control
from services.kernel import pki
from services.kernel.blobs import Blobs
from services.kernel.clock import monotonic
from services.kernel.database import open_database
from services.kernel.gateway import Gateway
from services.kernel.guards import Guard, is_loopback
from services.kernel.hosts import Hosts, is_official
from services.kernel.journal import Journal
from services.kernel.listeners import HttpListener, bind
from services.kernel.purge import Purger
from services.kernel.router import Router
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenants
from services.kernel.transactions import MEBIBYTE, Listener, Service
from services.settings import Settings

log = logging.getLogger("socle")

ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  (compared with, not bound)


class Misconfigured(Exception):
    """Settings that would be unsafe or cannot work; the message is for the user, in French."""


@dataclass(slots=True)
class Running:
    """A started sandbox. `ready` is what the ready file says."""

    sandbox: Sandbox
    ready: dict[str, Any] = field(default_factory=dict)
    _http: list[HttpListener] = field(default_factory=list)
    _mail: list[tuple[Listener, asyncio.Server]] = field(default_factory=list)
    _temporary: Path | None = None

    async def stop(self) -> None:
        """Stop listening, finish what is in progress, make everything durable; once."""
        sandbox = self.sandbox
        if sandbox.stopping.is_set():
            return
        sandbox.stopping.set()
        for _, server in self._mail:
            server.close()
        closing = [listener.close(sandbox) for listener, _ in self._mail]
        closing += [listener.stop() for listener in self._http]
        await asyncio.gather(*closing)
        await sandbox.mishaps.settled()
        for service in sandbox.services.values():
            if service.stop is not None:
                await service.stop(sandbox)
        await sandbox.purger.stop()
        await asyncio.to_thread(sandbox.journal.close)
        await asyncio.to_thread(sandbox.database.close)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


async def start(settings: Settings) -> Running:
    """Bind, open the stores, start the services, listen. Raises Misconfigured or PortTaken."""
    began = monotonic()
    if not is_loopback(settings.host) and not settings.admin_token:
        raise Misconfigured(
            f"L'adresse {settings.host} n'est pas locale : fixez SOCLE_ADMIN_TOKEN, "
            "le jeton de l'API de contrôle."
        )
    services = catalog.load(settings.only)
    with contextlib.ExitStack() as unless_started:
        http = unless_started.enter_context(bind(settings.host, settings.http_port))
        https = unless_started.enter_context(bind(settings.host, settings.https_port))
        mail = [
            (each, unless_started.enter_context(
                bind(settings.host, getattr(settings, f"{each.name}_port"))
            ))
            for service in services.values() for each in service.listeners
        ]
        running = _open(settings, services, http.getsockname()[1], https.getsockname()[1])
        sandbox = running.sandbox
        unless_started.callback(sandbox.database.close)
        unless_started.callback(sandbox.journal.close)
        catalog.fill_ports(sandbox)
        for service in services.values():
            if service.start is not None:
                await service.start(sandbox)
        loop = asyncio.get_running_loop()
        for listener, bound in mail:
            server = await loop.create_server(listener.factory(sandbox), sock=bound)
            running._mail.append((listener, server))
            host = getattr(settings, f"public_{listener.name}_host") or settings.host
            sandbox.endpoints[listener.name] = {"host": host, "port": bound.getsockname()[1]}
        router = Router(services.values())
        gateway = Gateway(
            sandbox, router, Guard(control.build(sandbox), settings, sandbox.tenants),
            Hosts(catalog.hosts()),
        )
        running._http += [
            HttpListener(gateway, http, sandbox.mishaps),
            HttpListener(gateway, https, sandbox.mishaps, sandbox.pki.server_context),
        ]
        for each in running._http:
            await each.start()
        await sandbox.purger.start()
        unless_started.pop_all()
    spent = round(monotonic() - began, 3)
    running.ready.update({**sandbox.endpoints, "pid": os.getpid(), "ready_seconds": spent})
    return running


def _open(
    settings: Settings, services: dict[str, Service], http_port: int, https_port: int
) -> Running:
    """The stores and keys of an installation, nothing listening yet."""
    names, anchors = (*_names(settings), *catalog.hosts()), _anchors(settings)
    temporary = Path(tempfile.mkdtemp(prefix="socle-")) if settings.memory else None
    data = temporary or settings.data.absolute()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    public_url = settings.public_url.rstrip("/") or f"http://{host}:{http_port}"
    secure_url = settings.public_https_url.rstrip("/") or _secure(public_url, https_port)
    authority = pki.load_or_make(data / "pki", names, public_url, anchors)
    database = open_database(data / "socle.sqlite")
    journal = Journal(data / "journal", settings.journal_mebibytes * MEBIBYTE)
    blobs = Blobs(data / "blobs")
    sandbox = Sandbox(
        settings, data, database, blobs, journal, Tenants(database),
        Purger(database, journal, blobs), authority, public_url, services,
    )
    sandbox.endpoints.update({"http": public_url, "https": secure_url, "ca": str(authority.ca)})
    return Running(sandbox, _temporary=temporary)


def _secure(public_url: str, port: int) -> str:
    """The same host on the HTTPS port."""
    name = urlsplit(public_url).hostname or "localhost"
    return f"https://[{name}]:{port}" if ":" in name else f"https://{name}:{port}"


def _names(settings: Settings) -> list[str]:
    """Names of this installation, to be certified. Raises Misconfigured for one of production."""
    urls = (settings.public_url, settings.public_https_url)
    names = [urlsplit(url).hostname or "" for url in urls]
    names += [settings.public_smtp_host, "" if settings.host in ANY_ADDRESS else settings.host]
    for name in names:
        if is_official(name) and name not in catalog.hosts():
            raise Misconfigured(f"{name} est un nom des services réels : choisissez-en un autre.")
    return [name for name in names if name]


def _anchors(settings: Settings) -> tuple[Certificate, ...]:
    """Authorities of others that every tenant trusts. Raises Misconfigured."""
    if settings.trust_anchors is None:
        return ()
    try:
        return tuple(load_pem_x509_certificates(settings.trust_anchors.read_bytes()))
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"Aucun certificat lisible (PEM) dans {settings.trust_anchors} : {error}"
        ) from error


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    running = await start(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    if settings.ready_file is not None:
        write_ready_file(settings.ready_file, running.ready)
    sys.stdout.write(f"socle ready {running.sandbox.public_url}\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await running.stop()


def run(settings: Settings) -> None:
    """`socle up`."""
    import uvloop

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


def write_ready_file(path: Path, ready: dict[str, Any]) -> None:
    """Appear complete or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(orjson.dumps(ready, option=orjson.OPT_INDENT_2))
    partial.replace(path)

