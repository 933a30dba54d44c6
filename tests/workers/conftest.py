"""`socle up --workers 2` on a PostgreSQL server, and clients that choose their worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.kernel.postgres_opening import in_schema
from tests.postgres_server import ABSENT, PostgresServer, programs

DEADLINE_SECONDS = 60.0
ESTABLISHED = "01"
"""As /proc/net/tcp spells it."""


def until(condition: Callable[[], Any], what: str) -> Any:
    """The first true answer. Fails when it does not come."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(what)


@dataclass
class Installation:
    """The processes of one `socle up`; ready: what its ready file says."""

    process: subprocess.Popen[bytes]
    ready: dict[str, Any]
    _clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        url: str = self.ready["http"]
        return url

    @property
    def data(self) -> Path:
        return Path(self.ready["ca"]).parent.parent

    @property
    def smtp(self) -> tuple[str, int]:
        return self.ready["smtp"]["host"], self.ready["smtp"]["port"]

    @property
    def children(self) -> list[int]:
        """Process ids, the mail process's apart."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in path.read_text().split()]

    def serving(self, client: httpx.Client) -> int:
        """The process that holds the client's one connection."""
        port = client.get("/health").extensions["network_stream"].get_extra_info("client_addr")[1]
        ours = httpx.URL(self.url).port
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        # Other servers' closed connections may have come from the same port.
        inode = next(
            row[9] for row in rows if row[3] == ESTABLISHED
            and int(row[1].rpartition(":")[2], 16) == ours
            and int(row[2].rpartition(":")[2], 16) == port
        )
        return next(pid for pid in self.children if f"socket:[{inode}]" in opened(pid))

    def client(self, tenant: str) -> httpx.Client:
        """One connection, to whichever worker takes it."""
        prefix = "" if tenant == "default" else f"/t/{tenant}"
        made = httpx.Client(
            base_url=self.url + prefix, timeout=60, trust_env=False,
            limits=httpx.Limits(max_connections=1),
        )
        self._clients.append(made)
        return made

    def one_each(self, tenant: str) -> list[httpx.Client]:
        """A client of each worker, by its process id: the same order for every tenant."""
        found: dict[int, httpx.Client] = {}

        def complete() -> bool:
            made = self.client(tenant)
            found.setdefault(self.serving(made), made)
            return len(found) == 2

        until(complete, "one worker takes every connection")
        return [found[pid] for pid in sorted(found)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        for each in self._clients:
            each.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


def opened(pid: int) -> set[str]:
    """What a process's descriptors are."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(os.readlink(each))
        except FileNotFoundError:
            continue
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Skipped, saying why, where no server is installed."""
    if programs() is None:
        pytest.skip(ABSENT)
    server = PostgresServer()
    server.create()
    yield server
    server.destroy()


Starter = Callable[..., Installation]


@pytest.fixture(scope="session")
def start(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Starter]:
    """Starts `socle up`, by default with two workers in a schema of its own."""
    started: list[Installation] = []

    def up(*options: str, workers: int = 2, schema: str = "") -> Installation:
        directory = tmp_path_factory.mktemp("workers")
        url = in_schema(postgres.url(), schema or f"workers_{os.getpid()}_{len(started)}")
        ready = directory / "ready.json"
        with (directory / "out").open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "up", "--workers", str(workers),
                 "--database-url", url, "--http-port", "0", "--https-port", "0",
                 "--smtp-port", "0", "--ready-file", str(ready),
                 *(options or ("--data", str(directory / "data")))],
                stdout=out, stderr=subprocess.STDOUT,
            )
        until(lambda: ready.exists() or process.poll() is not None, "neither ready nor ended")
        assert process.poll() is None, (directory / "out").read_text()
        made = Installation(process, orjson.loads(ready.read_bytes()))
        started.append(made)
        return made

    yield up
    for each in started:
        each.stop()


@pytest.fixture(scope="session")
def installation(start: Starter) -> Installation:
    """Two workers and a mail process, for the tests that leave them alive."""
    return start()


@pytest.fixture
def pair(installation: Installation, tenant: str) -> list[httpx.Client]:
    """A client of each worker, both of the same tenant."""
    return installation.one_each(tenant)
