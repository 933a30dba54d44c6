"""A bounded load on our own loopback servers, and the CPU time a process spent on it."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 8
Row = tuple[str, str, str, str]


def cpu_seconds(pid: int) -> float:
    """On-CPU time of a process, all threads, in seconds."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def rss_mebibytes(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no VmRSS for {pid}")


def hammer(url: str, headers: dict[str, str], requests: int) -> None:
    """That many GETs over kept connections; anything but 200 fails the run."""
    parts = urlsplit(url)
    failures: list[str] = []

    def work(count: int) -> None:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        for _ in range(count):
            connection.request("GET", parts.path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(f"{url}: {answer.status}")
                break
        connection.close()

    threads = [threading.Thread(target=work, args=(requests // CONNECTIONS,))
               for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(failures[0])


def cpu_per_request(
    targets: dict[str, tuple[int, str, dict[str, str]]], requests: int, rounds: int
) -> dict[str, float]:
    """Median CPU in microseconds per request, targets visited in turn, first round dropped.

    targets: name → (pid, url, headers).
    """
    spent: dict[str, list[float]] = {name: [] for name in targets}
    for each_round in range(rounds + 1):
        for name, (pid, url, headers) in targets.items():
            before = cpu_seconds(pid)
            hammer(url, headers, requests)
            if each_round:
                spent[name].append((cpu_seconds(pid) - before) / requests * 1e6)
    return {name: statistics.median(values) for name, values in spent.items()}


@contextlib.contextmanager
def sandbox(*options: str, data: Path | None = None) -> Iterator[dict[str, object]]:
    """A sandbox on this data, or a fresh one in memory; the content of its ready file."""
    place = ["--memory"] if data is None else ["--data", str(data)]
    with tempfile.TemporaryDirectory() as directory:
        ready = Path(directory) / "ready.json"
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up", *place, "--http-port", "0",
             "--https-port", "0", "--smtp-port", "0", "--ready-file", str(ready), *options],
            stdout=subprocess.DEVNULL,
        )
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise SystemExit("the sandbox stopped before it was ready")
                time.sleep(0.005)
            yield json.loads(ready.read_text())
        finally:
            process.terminate()
            process.wait(20)
