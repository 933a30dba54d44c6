"""The end of a sandbox: whenever it comes, whatever fails meanwhile, and what comes after it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from services import app, catalog, installation
from services.installation import Misconfigured, prepare
from services.kernel.database import StorageFailure, Write, open_database
from services.kernel.journal import Entry, Journal
from services.kernel.siblings import Table
from services.kernel.tenants import left_behind
from services.kernel.transactions import Service
from services.settings import Settings
from tests import databases

PORTS = {"http_port": 0, "https_port": 0, "smtp_port": 0, "mllp_port": 0}


async def test_what_fails_in_a_stop_keeps_nothing_from_being_closed(
    monkeypatch: pytest.MonkeyPatch, tenant: str, tmp_path: Path
) -> None:
    async def broken(_: object) -> None:
        raise OSError("no more")

    service = Service("x", "Essai", {}, (), (), stop=broken)
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": service})
    settings = Settings(data=tmp_path, database_url=databases.apart(tenant), **PORTS)
    running = await app.start(settings)
    with pytest.raises(OSError, match="no more"):
        await running.stop()
    assert not running.sandbox.journal._thread.is_alive()
    again = await app.start(settings)  # the data are free
    with pytest.raises(OSError, match="no more"):
        await again.stop()


async def test_a_closed_file_is_a_storage_failure(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "socle.sqlite")
    await database.close()
    with pytest.raises(StorageFailure):
        await database.one(left_behind.select())
    with pytest.raises(StorageFailure):
        await database.write([Write(left_behind.delete())])


async def test_what_is_recorded_after_the_journal_is_closed_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path, 10**9)
    journal.close()
    journal.record(Entry("1", "a~0", 0, "", "", "HTTP/1.1", "", "GET /", "200", "pass", "default",
                         b"", b""))
    await journal.flush()
    assert not caplog.records


def test_a_thread_that_is_asked_without_end_is_woken_all_the_same() -> None:
    table = Table(1)
    seat = table.seat(0)
    waker = threading.Thread(target=lambda: [seat.wake() for _ in range(100_000)], daemon=True)
    waker.start()
    waker.join(30)
    assert not waker.is_alive()
    table.close()


def test_two_sandboxes_never_share_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "LOCK_SECONDS", 0.1)
    settings = Settings(data=tmp_path, database_url="", **PORTS)
    first = prepare(settings)
    with pytest.raises(Misconfigured, match="Un autre bac à sable travaille"):
        prepare(settings)
    first.close()
    prepare(settings).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_is_a_stop(tmp_path: Path, number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "up", "--data", str(tmp_path), "--only", "psc",
         *(f"--{name}-port=0" for name in ("http", "https", "smtp", "mllp"))],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != databases.URL},
    )
    until = time.monotonic() + 60
    while not (tmp_path / "lock").exists() and time.monotonic() < until:
        time.sleep(0.001)
    os.kill(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (0, b"")


async def test_a_cancelled_write_is_no_error_of_the_writer(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "socle.sqlite")
    for _ in range(20):
        writing = asyncio.ensure_future(database.write([Write(left_behind.delete())]))
        await asyncio.sleep(0)
        writing.cancel()
    await database.write([Write(left_behind.delete())])
    await database.close()
