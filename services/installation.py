"""What an installation is before any process of it runs: its sockets, directory, keys, addresses.

All its processes share one of these, made once: nothing here belongs to an event loop.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from cryptography.x509 import Certificate

from services import catalog
from services.kernel import pki
from services.kernel.clock import monotonic, pause
from services.kernel.guards import is_shared
from services.kernel.hosts import is_official
from services.kernel.listeners import bind
from services.kernel.pki import Pki, foreign
from services.kernel.transactions import Service
from services.settings import Settings

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (compared with, not bound)
"""Addresses that a client cannot call → what reaches them from here."""
LOCK = "lock"
"""File in the directory of the data, held by the one process that works on its SQLite database."""
LOCK_SECONDS = 8.0
"""A sandbox that stops needs no longer to let its data go."""
JOURNAL = "journal"
"""Directory of the journal, in that of the data."""


class Misconfigured(Exception):
    """Settings that would be unsafe or cannot work; the message is for the user, in French."""


@dataclass(frozen=True, slots=True)
class Installation:
    """sockets: bound, by listener name; data: private directory; database: file, or address of a
    server; transient: name of the schema to drop at the end, "" for none; endpoints: listener name
    → address as the ready file shows it; lock: on the data, None where they are not of one process.
    """

    settings: Settings
    services: dict[str, Service]
    sockets: dict[str, socket.socket]
    data: Path
    database: Path | str
    transient: str
    pki: Pki
    endpoints: dict[str, Any]
    lock: BinaryIO | None = None

    @property
    def public_url(self) -> str:
        """Of the HTTP listener, no trailing slash."""
        url: str = self.endpoints["http"]
        return url

    def forget(self) -> None:
        """Let the data go, and remove them if they were to last only as long as the run."""
        if self.lock is not None:
            self.lock.close()
        if self.settings.memory:
            shutil.rmtree(self.data, ignore_errors=True)

    def close(self) -> None:
        """Give the ports back, and forget."""
        for each in self.sockets.values():
            each.close()
        self.forget()


def prepare(settings: Settings) -> Installation:
    """Check, bind, make directory and keys. Raises Misconfigured, PortTaken or UnknownService."""
    _check(settings)
    names, (anchors, lists) = (*_names(settings), *catalog.hosts()), _anchors(settings)
    services = catalog.load(settings.only)
    with contextlib.ExitStack() as unless_prepared:
        sockets = {
            name: unless_prepared.enter_context(
                bind(settings.host, settings.port(name))
            )
            for name in ("http", "https", *_mail(services))
        }
        endpoints = _endpoints(settings, {name: s.getsockname()[1] for name, s in sockets.items()})
        data = settings.data.absolute()
        if settings.memory:
            data = Path(tempfile.mkdtemp(prefix="socle-"))
            unless_prepared.callback(shutil.rmtree, data, ignore_errors=True)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = None
        if not (settings.memory or settings.database_url):
            lock = unless_prepared.enter_context(_locked(data))
        keys = pki.load_or_make(data / "pki", names, endpoints["http"], anchors, lists)
        unless_prepared.pop_all()
    return Installation(
        settings, services, sockets, data, settings.database_url or data / "socle.sqlite",
        data.name if settings.memory else "", keys, {**endpoints, "ca": str(keys.ca)}, lock,
    )


def _locked(data: Path) -> BinaryIO:
    """The lock, held until it is closed. Raises Misconfigured when another process keeps it."""
    file, limit = (data / LOCK).open("ab"), monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if monotonic() >= limit:
                file.close()
                raise Misconfigured(
                    f"Un autre bac à sable travaille sur le répertoire {data} : arrêtez-le, ou "
                    "donnez-en un autre à celui-ci (--data)."
                ) from None
        pause(0.05)


def _check(settings: Settings) -> None:
    if is_shared(settings) and not settings.admin_token:
        raise Misconfigured(
            f"L'adresse {settings.host} n'est pas locale : fixez SOCLE_ADMIN_TOKEN, "
            "le jeton de l'API de contrôle."
        )
    if settings.workers > 1 and not settings.database_url:
        raise Misconfigured(
            f"--workers {settings.workers} demande une base PostgreSQL (--database-url) : "
            "SQLite est à un seul processus."
        )


def _mail(services: dict[str, Service]) -> list[str]:
    return [each.name for service in services.values() for each in service.listeners]


def _endpoints(settings: Settings, ports: dict[str, int]) -> dict[str, Any]:
    """Where clients find each listener."""
    bound = ANY_ADDRESS.get(settings.host, settings.host)
    host = f"[{bound}]" if ":" in bound else bound
    url = settings.public_url.rstrip("/") or f"http://{host}:{ports['http']}"
    name = urlsplit(url).hostname or "localhost"
    secure = f"https://[{name}]:" if ":" in name else f"https://{name}:"
    found: dict[str, Any] = {
        "http": url,
        "https": settings.public_https_url.rstrip("/") or f"{secure}{ports['https']}",
    }
    for listener in [each for each in ports if each not in found]:
        shown = getattr(settings, f"public_{listener}_host") or name
        found[listener] = {"host": shown, "port": ports[listener]}
    return found


def _names(settings: Settings) -> list[str]:
    """Names of this installation, to be certified. Raises Misconfigured for one of production."""
    urls = (settings.public_url, settings.public_https_url)
    names = [urlsplit(url).hostname or "" for url in urls]
    names += [settings.public_smtp_host, "" if settings.host in ANY_ADDRESS else settings.host]
    for name in names:
        if is_official(name) and name not in catalog.hosts():
            raise Misconfigured(f"{name} est un nom des services réels : choisissez-en un autre.")
    return [name for name in names if name]


def _anchors(settings: Settings) -> tuple[tuple[Certificate, ...], tuple[foreign.List, ...]]:
    """Authorities of others that every tenant trusts, and their lists. Raises Misconfigured."""
    if settings.trust_anchors is None:
        return (), ()
    try:
        authorities, lists = foreign.read(settings.trust_anchors.read_bytes())
        return tuple(authorities), tuple(lists)
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"Aucun certificat lisible (PEM) dans {settings.trust_anchors} : {error}"
        ) from error
