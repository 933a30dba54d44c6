"""A mail client of MSSanté: smtplib, the sandbox's CA and a Pro Santé Connect token."""

from __future__ import annotations

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from tests.conftest import Server

DOCTOR, PHARMACIST, REPLACEMENT = "899900000011", "899900000029", "899900000037"
DOCTOR_BOX = "claire.exemplaire@medecin.socle.mssante.fr"
PHARMACIST_BOX = "eloi.officinal@pharmacien.socle.mssante.fr"
PHARMACY_BOX = "ordonnances@pharmacie-du-socle.socle.mssante.fr"
OFFICE_BOX = "secretariat@cabinet-exemplaire.socle.mssante.fr"
PATIENT_BOX = "279035121518989@patient.mssante.fr"


def xoauth2(user: str, token: str) -> str:
    return base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()


def mail(**changes: str) -> EmailMessage:
    """A mail that breaks no requirement but the receipts nobody asked for."""
    message = EmailMessage()
    headers = {
        "From": f"Dr_Claire_EXEMPLAIRE <{DOCTOR_BOX}>", "To": PHARMACY_BOX,
        "Subject": "Ordonnance de Mme PAT-TROIS", "Date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "Message-ID": "<1@logiciel.example>", "X-MSS-NIL": "DEV000001", **changes,
    }
    for name, value in headers.items():
        if value:
            message[name] = value
    message.set_content("Bonjour, voici une ordonnance à préparer.\n")
    return message


HEAD = (
    f"From: Dr_Claire_EXEMPLAIRE <{DOCTOR_BOX}>\r\nTo: {PHARMACY_BOX}\r\n"
    "Subject: essai\r\nMessage-ID: <1@logiciel.example>\r\nX-MSS-NIL: DEV000001\r\n\r\n"
).encode()


class Client(smtplib.SMTP):
    """smtplib, with the two steps of every session."""

    def secured(self, ca: str) -> Client:
        self.starttls(context=ssl.create_default_context(cafile=ca))
        self.ehlo()
        return self

    def opened(self, user: str, token: str) -> Client:
        code, text = self.docmd("AUTH", "XOAUTH2 " + xoauth2(user, token))
        assert code == 235, (code, text)
        return self


def submit(client: Client, content: bytes, *recipients: str) -> str:
    """Send bytes as they are, with dot-stuffing only; the final reply."""
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    for address in recipients or (PHARMACY_BOX,):
        assert client.docmd(f"RCPT TO:<{address}>")[0] == 250
    assert client.docmd("DATA")[0] == 354
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    client.sock.sendall(stuffed + b".\r\n")  # type: ignore[union-attr]
    code, text = client.getreply()
    return f"{code} {text.decode()}"


@pytest.fixture
def port(server: Server) -> int:
    """The submission port."""
    return server.smtp[1]


@pytest.fixture
def connect(server: Server, port: int) -> Iterator[Callable[[], Client]]:
    """A connection without TLS; all are closed at the end."""
    clients: list[Client] = []

    def get() -> Client:
        client = Client("127.0.0.1", port, timeout=60, local_hostname="logiciel.example")
        client.ehlo()
        clients.append(client)
        return client

    yield get
    for client in clients:
        client.close()


@pytest.fixture
def secured(server: Server, connect: Callable[[], Client]) -> Callable[[], Client]:
    """A connection after STARTTLS."""
    return lambda: connect().secured(server.ca)


@pytest.fixture
def session(secured: Callable[[], Client], token: Callable[..., str]) -> Callable[..., Client]:
    """A session with an opened mailbox: the default doctor's own, unless told otherwise."""

    def get(user: str = DOCTOR_BOX, id_nat: str = DOCTOR) -> Client:
        return secured().opened(user, token(id_nat))

    return get


@pytest.fixture
def inbox(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """Messages of a mailbox, newest first."""

    def get(address: str = PHARMACY_BOX, **query: str) -> list[dict[str, Any]]:
        answer = api.get(f"/sandbox/mailboxes/{address}/messages", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    return get


@pytest.fixture
def raw(api: httpx.Client, inbox: Any) -> Callable[..., bytes]:
    """The bytes of the newest message of a mailbox."""

    def get(address: str = PHARMACY_BOX) -> bytes:
        newest = inbox(address)[0]["id"]
        return api.get(f"/sandbox/mailboxes/{address}/messages/{newest}/raw").content

    return get
