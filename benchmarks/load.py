"""A bounded load on our own loopback servers, and the CPU time a process spent on it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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

    _together([partial(work, requests // CONNECTIONS)] * CONNECTIONS)
    if failures:
        raise SystemExit(failures[0])


def flood(url: str, headers: dict[str, str], requests: int) -> None:
    """As `hammer`, as fast as they are answered.

    Answers to one request are of one length: after the first, only bytes are counted, and one
    thread serves all connections, so that the load costs a fraction of what it measures.
    """
    parts = urlsplit(url)
    lines = [f"GET {parts.path}{'?' if parts.query else ''}{parts.query} HTTP/1.1",
             f"Host: {parts.netloc}", *(f"{name}: {value}" for name, value in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(CONNECTIONS):
            connection = stack.enter_context(
                socket.create_connection((parts.hostname or "", parts.port or 80), 30)
            )
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(request)
            length = len(_receive(connection, 0))
            ready.register(connection, selectors.EVENT_READ, [0])
            connection.sendall(request)
        asked, answered = 2 * CONNECTIONS, CONNECTIONS
        while answered < asked:
            for key, _ in ready.select(30):
                data = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
                received = key.data
                if not received[0] and not data.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"{url}: {data[:300]!r}")
                received[0] += len(data)
                if received[0] < length:
                    continue
                received[0] = 0
                answered += 1
                if asked < requests:
                    asked += 1
                    key.fileobj.sendall(request)  # type: ignore[union-attr]


def pour(url: str, headers: dict[str, str], bodies: Sequence[bytes]) -> None:
    """Post them all, each connection its share, as fast as they are answered, by bare sockets."""
    parts = urlsplit(url)
    named = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{named}Content-Length: "
    failures: list[str] = []

    def work(share: Sequence[bytes]) -> None:
        with socket.create_connection((parts.hostname or "", parts.port or 80), 30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for body in share:
                connection.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
                answer = _receive(connection, 0)
                if not answer.startswith(b"HTTP/1.1 200"):
                    failures.append(f"{url}: {answer[:600]!r}")
                    return

    _together([partial(work, bodies[number::CONNECTIONS]) for number in range(CONNECTIONS)])
    if failures:
        raise SystemExit(failures[0])


def _receive(connection: socket.socket, length: int) -> bytes:
    """One answer of that length, or of the length that it tells."""
    answer = connection.recv(1 << 20)
    while not length:
        head, found, _ = answer.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if found and size is not None:
            length = len(head) + 4 + int(size[1])
        else:
            answer += connection.recv(1 << 20)
    while len(answer) < length:
        more = connection.recv(1 << 20)
        if not more:
            raise SystemExit(f"connection closed after {answer[:300]!r}")
        answer += more
    return answer


def post(url: str, headers: dict[str, str], bodies: list[bytes], connections: int) -> None:
    """Post them all, each connection its share; anything but 200 fails the run."""
    parts = urlsplit(url)
    failures: list[str] = []

    def work(share: list[bytes]) -> None:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        for body in share:
            connection.request("POST", parts.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                failures.append(f"{url}: {answer.status} {content[:500]!r}")
                break
        connection.close()

    _together([partial(work, bodies[number::connections]) for number in range(connections)])
    if failures:
        raise SystemExit(failures[0])


def _together(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def cpu_per_request(
    targets: dict[str, tuple[int, str, dict[str, str]]], requests: int, rounds: int
) -> dict[str, float]:
    """Median CPU in microseconds per request, targets visited in turn, first round dropped.

    targets: name → (pid, url, headers).
    """
    return {name: median for name, (median, _) in spent_and_served(
        targets, requests, rounds, hammer
    ).items()}


def spent_and_served(
    targets: dict[str, tuple[int, str, dict[str, str]]], requests: int, rounds: int,
    load: Callable[[str, dict[str, str], int], None] = flood,
) -> dict[str, tuple[float, float]]:
    """As `cpu_per_request`, with the median number of answers per second."""
    spent: dict[str, list[float]] = {name: [] for name in targets}
    served: dict[str, list[float]] = {name: [] for name in targets}
    for each_round in range(rounds + 1):
        for name, (pid, url, headers) in targets.items():
            before, began = cpu_seconds(pid), time.monotonic()
            load(url, headers, requests)
            if each_round:
                served[name].append(requests / (time.monotonic() - began))
                spent[name].append((cpu_seconds(pid) - before) / requests * 1e6)
    return {
        name: (statistics.median(spent[name]), statistics.median(served[name]))
        for name in targets
    }


@contextlib.contextmanager
def sandbox(
    *options: str, data: Path | None = None, command: Sequence[str] = ("-m", "services.cli"),
    tree: Path | None = None,
) -> Iterator[dict[str, object]]:
    """A sandbox on this data, or a fresh one in memory; the content of its ready file.

    command: what Python runs; tree: another checkout whose code it is.
    """
    place = ["--memory"] if data is None else ["--data", str(data)]
    environment = {**os.environ, **({"PYTHONPATH": str(tree)} if tree else {})}
    with tempfile.TemporaryDirectory() as directory:
        ready = Path(directory) / "ready.json"
        process = subprocess.Popen(
            [sys.executable, *command, "up", *place, "--http-port", "0",
             "--https-port", "0", "--smtp-port", "0", "--ready-file", str(ready), *options],
            stdout=subprocess.DEVNULL, cwd=tree, env=environment,
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


@contextlib.contextmanager
def peer(command: Sequence[str], port: int, content: bytes = b"", folder: Path | None = None,
         ) -> Iterator[int]:
    """A peer that reads `content` on its input and answers on that port; its pid."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=folder)
    assert process.stdin is not None
    try:
        process.stdin.write(content)
        process.stdin.close()
        for _ in range(1000):
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                yield process.pid
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
        raise SystemExit("the peer did not start")
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """A port that nothing has, on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def held(holds: bool) -> str:
    """How a row says it."""
    return "yes" if holds else "**no**"
