"""A product of its own that a test kills: `socle up` on a data directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

STARTING_SECONDS = 120
WORKING_SECONDS = 60


class Up:
    """The running process. ready: what its ready file says."""

    def __init__(self, data: Path, only: str) -> None:
        file = data.with_suffix(".ready")
        file.unlink(missing_ok=True)
        ports = [f"--{name}-port=0" for name in ("http", "https", "smtp", "mllp")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up", "--data", str(data), *ports,
             "--only", only, "--ready-file", str(file)],
            stdout=subprocess.DEVNULL,
        )
        limit = time.monotonic() + STARTING_SECONDS
        while not file.exists():
            assert self._process.poll() is None, "socle up ended"
            assert time.monotonic() < limit, "socle up is not ready"
            time.sleep(0.02)
        self.ready: dict[str, Any] = orjson.loads(file.read_bytes())
        self.url: str = self.ready["http"]

    def kill(self) -> None:
        """`kill -9`; nothing when it is no more."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def running(data: Path, only: str) -> Iterator[Up]:
    """Up with these services; killed at the latest at the end."""
    up = Up(data, only)
    try:
        yield up
    finally:
        up.kill()


def kill_amid(up: Up, work: Callable[[], None], workers: int, done: Sized, enough: int) -> None:
    """Kill it while so many threads do this work, once enough of it is done.

    The work ends by itself when nobody answers any more.
    """
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + WORKING_SECONDS
    while len(done) < enough and time.monotonic() < limit:
        time.sleep(0.005)
    up.kill()
    for thread in threads:
        thread.join()
    assert len(done) >= enough
