"""The suite's server as several processes, with SOCLE_TEST_WORKERS=2 on PostgreSQL.

Tests that look inside the sandbox get one that listens to nothing, over the same stores. Those that
change or look at the serving process itself are skipped.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.app import Part
from services.installation import Installation, prepare
from services.kernel.postgres_opening import in_schema
from services.kernel.siblings import SEATS, Seat
from services.settings import Settings
from tests import databases

WORKERS = int(os.environ.get("SOCLE_TEST_WORKERS", "1"))
START_SECONDS = 120.0
one_process = pytest.mark.skipif(WORKERS > 1, reason="true of one process only")


def mark(items: list[pytest.Item]) -> None:
    """Leave out, with several workers, what patches code that another process runs."""
    for item in items:
        if WORKERS > 1 and {"monkeypatch", "server"} <= {*getattr(item, "fixturenames", ())}:
            item.add_marker(one_process)


@contextmanager
def served() -> Iterator[dict[str, Any]]:
    """A `socle up --workers`, until the end of the context; what its ready file says."""
    with tempfile.TemporaryDirectory() as directory:
        ready = Path(directory, "ready.json")
        process = subprocess.Popen([
            sys.executable, "-m", "services.cli", "up", "--workers", str(WORKERS),
            "--data", str(Path(directory, "data")), "--database-url", _address(),
            "--http-port", "0", "--https-port", "0", "--smtp-port", "0",
            "--ready-file", str(ready),
        ], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            yield orjson.loads(ready.read_bytes())
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def beside(ready: dict[str, Any]) -> Iterator[tuple[Installation, Part]]:
    """The same installation, and the part of who only looks on."""
    installation = prepare(Settings(
        data=Path(ready["ca"]).parent.parent, database_url=_address(), http_port=0, https_port=0,
        smtp_port=0, public_url=ready["http"], public_https_url=ready["https"],
    ))
    endpoints = {name: ready[name] for name in installation.endpoints}
    asking, asked = socket.socketpair()
    with asking, asked:
        part = Part(http=False, mail=False, seat=Seat(SEATS - 1, asking, asked, []))
        yield replace(installation, endpoints=endpoints), part
    for each in installation.sockets.values():
        each.close()


def _address() -> str:
    return in_schema(os.environ[databases.URL], "several")
