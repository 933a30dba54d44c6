"""What tests of real clients share: a person at a browser, and programs that are started."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from pro_sante_connect.codes import REALM
from tests.conftest import Server

DOCTOR = "899900000011"
HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')
ACTION = re.compile(r'<form method="post" action="([^"]+)"')


class Person:
    """Follows redirects by hand and presses the buttons of the wallet's pages."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        self.visited: list[str] = []

    def open(self, url: str) -> httpx.Response:
        """The page at the end of the redirects."""
        answer = self.browser.get(url)
        while answer.is_redirect:
            self.visited.append(str(answer.next_request.url) if answer.next_request else "")
            answer = self.browser.get(self.visited[-1])
        return answer

    def press(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Press a button of a page of the wallet, and follow."""
        place = ACTION.search(page.text)
        assert place is not None, page.text
        sealed = dict(HIDDEN.findall(page.text))["request"]
        answer = self.browser.post(
            urljoin(str(page.url), place[1]),
            data={"request": sealed, "action": action, "means": "ecps", **fields},
        )
        if not answer.is_redirect:
            return answer
        self.visited.append(answer.headers["location"])
        return self.open(self.visited[-1])

    def log_in(self, url: str, id_nat: str = DOCTOR) -> httpx.Response:
        """Open a client's log-in, accept with the virtual e-CPS, come back."""
        page = self.open(url)
        assert "Qui se connecte" in page.text, page.text
        return self.press(page, "accept", id_nat=id_nat)


@pytest.fixture
def person() -> Iterator[Person]:
    with httpx.Client(trust_env=False, timeout=30) as browser:
        yield Person(browser)


@pytest.fixture
def metadata(server: Server, tenant: str) -> str:
    """The address of the wallet's discovery document."""
    return f"{server.url}/t/{tenant}{REALM}/.well-known/wallet-openid-configuration"


@pytest.fixture
def findings(journal: Callable[..., list[dict[str, Any]]]) -> Callable[[], dict[str, int]]:
    """How often each rule was broken so far."""

    def count() -> dict[str, int]:
        found: dict[str, int] = {}
        for entry in journal(service="psc", limit="500"):
            for each in entry["findings"]:
                found[each["rule"]] = found.get(each["rule"], 0) + 1
        return found

    return count


@dataclass(frozen=True, slots=True)
class Endpoint:
    """INSi as a software with a certificate calls it. identity: file of its key and certificates;
    emetteur: the OU of the certificate."""

    wsdl: str
    address: str
    ca: str
    identity: str
    emetteur: str


@pytest.fixture
def insi(api: httpx.Client, server: Server, tenant: str, tmp_path: Path) -> Endpoint:
    """By mutual TLS, with a certificate INSI-AUTO of the tenant."""
    made = api.post("/sandbox/certificates", json={"cn": "INSI-AUTO", "key": "rsa"}).json()
    identity = tmp_path / "identity.pem"
    identity.write_text(made["private_key"] + made["certificate"] + made["chain"])
    path = f"/t/{tenant}/ins/lps"
    return Endpoint(
        f"{server.url}{path}?wsdl", f"{server.sandbox.endpoints['https']}{path}", server.ca,
        str(identity), made["ou"],
    )


@contextlib.contextmanager
def running(
    command: list[str | Path], port: int, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """A program in the foreground, in a group of its own, until it is stopped with its children."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            start_new_session=True, env={**os.environ, **(env or {})},
        )
    try:
        _await_port(process, port, log)
        yield
    finally:
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                break


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {port}: {log.read_text(errors='replace')}")
