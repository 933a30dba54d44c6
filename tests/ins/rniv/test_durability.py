"""AA means durable: `kill -9` while other systems send messages over MLLP."""

from __future__ import annotations

import itertools
import socket
from functools import partial
from pathlib import Path
from typing import Any

from tests.ins.rniv.messages import END, START, pid
from tests.killed import kill_amid, running

KILLS, SENDERS, ENOUGH = 2, 3, 12
MSH = (
    "MSH|^~\\&|GAM|CHU-X|SOCLE|SOCLE|20260105111154||ADT^{event}^ADT_A05|{control}|P|2.5^FRA^2.11"
    "|||||FRA|UNICODE UTF-8|FR"
)


def connected(ready: dict[str, Any]) -> socket.socket:
    place = ready["mllp"]
    return socket.create_connection((place["host"], place["port"]), timeout=60)


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


def send_until_killed(
    ready: dict[str, Any], numbers: itertools.count[int], acknowledged: list[str]
) -> None:
    try:
        with connected(ready) as connection:
            for number in numbers:
                answer = told(connection, "A28", f"ipp-{number}")
                assert "MSA|AA|" in answer, answer
                acknowledged.append(f"ipp-{number}")
    except OSError:
        return


def test_kills_lose_no_acknowledged_message(tmp_path: Path) -> None:
    data = tmp_path / "donnees"
    numbers = itertools.count()
    every: list[str] = []
    for _ in range(KILLS):
        acknowledged: list[str] = []
        with running(data, "ins") as up:
            work = partial(send_until_killed, up.ready, numbers, acknowledged)
            kill_amid(up, work, SENDERS, acknowledged, ENOUGH)
        every += acknowledged
    with running(data, "ins") as up, connected(up.ready) as connection:
        lost = [ipp for ipp in every if "MSA|AA|" not in told(connection, "A31", ipp)]
    assert lost == []
