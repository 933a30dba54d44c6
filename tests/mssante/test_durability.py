"""250 means durable: `kill -9` while mails are being sent."""

from __future__ import annotations

import os
import signal
import smtplib
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from services.scenarios.login import access_token
from tests.mssante.conftest import DOCTOR, DOCTOR_BOX, PHARMACY_BOX, Client

ROUNDS, WRITERS, ENOUGH = 3, 3, 10


@contextmanager
def up(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A real `socle up` on a data directory; killed at the latest at the end."""
    ready = data.with_suffix(".ready")
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "up", "--data", str(data), "--http-port", "0",
         "--https-port", "0", "--smtp-port", "0",
         "--only", "psc,mssante", "--ready-file", str(ready)],
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


def send_until_killed(ready: dict[str, Any], token: str, acknowledged: dict[str, bytes]) -> None:
    number = 0
    try:
        client = Client("127.0.0.1", ready["smtp"]["port"], timeout=10)
        client.ehlo()
        client.secured(ready["ca"]).opened(DOCTOR_BOX, token)
        while True:
            number += 1
            content = f"Subject: {threading.get_ident()} {number}\r\n\r\nBonjour\r\n".encode()
            client.mail(DOCTOR_BOX)
            client.rcpt(PHARMACY_BOX)
            code, text = client.data(content)
            assert code == 250, text
            acknowledged[text.split()[-1].decode()] = content
    except (smtplib.SMTPException, ssl.SSLError, OSError):
        return
    finally:
        client.close()


def test_kills_lose_no_acknowledged_mail(tmp_path: Path) -> None:
    data = tmp_path / "donnees"
    every: dict[str, bytes] = {}
    for _ in range(ROUNDS):
        acknowledged: dict[str, bytes] = {}
        with up(data) as (process, ready):
            token = access_token(ready["http"], "default", DOCTOR)
            writers = [
                threading.Thread(target=send_until_killed, args=(ready, token, acknowledged))
                for _ in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            limit = time.monotonic() + 10
            while len(acknowledged) < ENOUGH and time.monotonic() < limit:
                time.sleep(0.01)
            os.kill(process.pid, signal.SIGKILL)
            for writer in writers:
                writer.join()
        assert len(acknowledged) >= ENOUGH
        every |= acknowledged
    with up(data) as (_, ready), httpx.Client(base_url=ready["http"], trust_env=False) as http:
        box = f"/sandbox/mailboxes/{PHARMACY_BOX}/messages"
        for id, content in every.items():
            assert http.get(f"{box}/{id}/raw").content == content
        listed = http.get(box, params={"limit": 500}).json()["messages"]
    assert set(every) <= {each["id"] for each in listed}
