"""Ports for programs that cannot be asked to choose one themselves."""

from __future__ import annotations

import contextlib
import secrets
import socket

FIRST, PORTS = 20_000, 12_000
"""Below those that the system gives to clients: another process would get it before it is used."""


def free_port() -> int:
    """A TCP port of loopback on which nothing listens."""
    while True:
        port = FIRST + secrets.randbelow(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
