"""AA means durable: `kill -9` while other systems send messages over MLLP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from tests.ins.rniv.messages import END, START, pid

KILLS, SENDERS, ENOUGH = 2, 3, 12
MSH = (
    "MSH|^~\\&|GAM|CHU-X|SOCLE|SOCLE|20260105111154||ADT^{event}^ADT_A05|{control}|P|2.5^FRA^2.11"
    "|||||FRA|UNICODE UTF-8|FR"
)


@contextmanager
def up(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A real `socle up` on a data directory; killed at the latest at the end."""
    ready = data.with_suffix(".ready")
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "up", "--data", str(data), "--http-port", "0",
         "--https-port", "0", "--mllp-port", "0", "--only", "ins", "--ready-file", str(ready)],
        stdout=subprocess.DEVNULL,
    )
    try:
        limit = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, "socle up ended"
            assert time.monotonic() < limit, "socle up is not ready"
            time.sleep(0.02)
        yield process, orjson.loads(ready.read_bytes())
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def connected(ready: dict[str, Any]) -> socket.socket:
    place = ready["mllp"]
    return socket.create_connection((place["host"], place["port"]), timeout=10)


def told(connection: socket.socket, event: str, ipp: str) -> str:
    """The acknowledgement of one message about that local number. Raises OSError."""
    lines = (MSH.format(event=event, control=ipp), "EVN||20260105111154", pid(ipp))
    connection.sendall(START + "\r".join(lines).encode() + b"\r" + END)
    received = b""
    while not received.endswith(END):
        data = connection.recv(65536)
        if not data:
            raise ConnectionResetError
        received += data
    return received.decode()


def send_until_killed(ready: dict[str, Any], prefix: str, acknowledged: list[str]) -> None:
    try:
        with connected(ready) as connection:
            for number in range(100_000):
                answer = told(connection, "A28", f"{prefix}-{number}")
                assert "MSA|AA|" in answer, answer
                acknowledged.append(f"{prefix}-{number}")
    except OSError:
        return


def test_kills_lose_no_acknowledged_message(tmp_path: Path) -> None:
    data = tmp_path / "donnees"
    every: list[str] = []
    for kill in range(KILLS):
        acknowledged: list[str] = []
        with up(data) as (process, ready):
            senders = [
                threading.Thread(
                    target=send_until_killed, args=(ready, f"{kill}-{number}", acknowledged)
                )
                for number in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            limit = time.monotonic() + 10
            while len(acknowledged) < ENOUGH and time.monotonic() < limit:
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
            for sender in senders:
                sender.join()
        assert len(acknowledged) >= ENOUGH
        every += acknowledged
    with up(data) as (_, ready), connected(ready) as connection:
        lost = [ipp for ipp in every if "MSA|AA|" not in told(connection, "A31", ipp)]
    assert lost == []
