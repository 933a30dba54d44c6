"""250 means durable: `kill -9` while mails are being sent."""

from __future__ import annotations

import smtplib
import ssl
import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from services.scenarios.login import access_token
from tests.killed import kill_amid, running
from tests.mssante.conftest import DOCTOR, DOCTOR_BOX, PHARMACY_BOX, Client

SERVICES = "psc,mssante"
ROUNDS, WRITERS, ENOUGH = 3, 3, 10


def send_until_killed(ready: dict[str, Any], token: str, acknowledged: dict[str, bytes]) -> None:
    number = 0
    try:
        client = Client("127.0.0.1", ready["smtp"]["port"], timeout=60)
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
        with running(data, SERVICES) as up:
            token = access_token(up.url, "default", DOCTOR)
            work = partial(send_until_killed, up.ready, token, acknowledged)
            kill_amid(up, work, WRITERS, acknowledged, ENOUGH)
        every |= acknowledged
    with running(data, SERVICES) as up, httpx.Client(base_url=up.url, trust_env=False) as http:
        box = f"/sandbox/mailboxes/{PHARMACY_BOX}/messages"
        for id, content in every.items():
            assert http.get(f"{box}/{id}/raw").content == content
        listed = http.get(box, params={"limit": 500}).json()["messages"]
    assert set(every) <= {each["id"] for each in listed}
