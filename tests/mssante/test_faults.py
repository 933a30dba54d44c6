"""Faults and scripted answers of the control API, on SMTP as on HTTP."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mssante import errors
from services.kernel.errors import catalogue
from tests.mssante.conftest import (
    DOCTOR,
    DOCTOR_BOX,
    PHARMACIST,
    PHARMACIST_BOX,
    Client,
    mail,
    xoauth2,
)

Session = Callable[..., Client]
Journal = Callable[..., list[dict[str, Any]]]
ERRORS = sorted({error.code: error.smtp for error in catalogue(errors)}.items())


@pytest.fixture
def fault(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    def ask(transaction: str = "smtp.DATA", **wanted: Any) -> dict[str, Any]:
        body = {"service": "mssante", "transaction": transaction, **wanted}
        answer = api.post("/sandbox/faults", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return ask


def auth(client: Client, user: str, token: str) -> tuple[int, bytes]:
    return client.docmd("AUTH", "XOAUTH2 " + xoauth2(user, token))


@pytest.mark.parametrize(("code", "smtp"), ERRORS)
def test_every_error_of_the_catalogue_can_be_asked_for(
    session: Session, fault: Any, journal: Journal, inbox: Any, code: str, smtp: str
) -> None:
    fault(kind="error", value=code, first=1)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        session().send_message(mail())
    assert f"{refused.value.smtp_code} {refused.value.smtp_error.decode()}".startswith(smtp)
    [entry] = journal(transaction="smtp.DATA")
    assert (entry["outcome"], entry["error"]["code"]) == ("fail", code)
    assert entry["note"].startswith(f"panne simulée : erreur {code} ; {smtp}")
    assert inbox() == []
    session().send_message(mail())
    assert len(inbox()) == 1


def test_a_reply_of_421_closes_the_connection(session: Session, fault: Any) -> None:
    fault(kind="status", value=421)
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACIST_BOX}>")
    client.docmd("DATA")
    assert client.sock is not None
    client.sock.sendall(b"Subject: essai\r\n\r\n.\r\n")
    assert client.getreply()[0] == 421
    assert client.sock.recv(1) == b""


def test_a_status_is_the_reply_code(session: Session, fault: Any) -> None:
    fault(kind="status", value=452)
    with pytest.raises(smtplib.SMTPDataError) as refused:
        session().send_message(mail())
    assert refused.value.smtp_code == 452
    assert refused.value.smtp_error.startswith(b"4.3.0 Panne simulee")


def test_a_delay(session: Session, fault: Any, inbox: Any) -> None:
    fault(kind="delay", value=0.4)
    client, began = session(), time.monotonic()
    client.send_message(mail())
    assert time.monotonic() - began > 0.4
    assert len(inbox()) == 1


def test_a_drop_cuts_the_connection_and_stores_nothing(
    session: Session, fault: Any, inbox: Any, journal: Journal
) -> None:
    fault(kind="drop")
    client = session()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(mail())
    [entry] = journal(transaction="smtp.DATA")
    assert (entry["outcome"], entry["response"]["status"]) == ("fail", "444")
    assert entry["note"] == "panne simulée : connexion coupée sans réponse"
    assert inbox() == []


def test_a_truncated_reply_follows_a_stored_mail(
    session: Session, fault: Any, inbox: Any, journal: Journal, api: httpx.Client
) -> None:
    fault(kind="truncate", value=5)
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACIST_BOX}>")
    client.docmd("DATA")
    assert client.sock is not None
    client.sock.sendall(mail().as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
    received = b""
    while chunk := client.sock.recv(100):
        received += chunk
    assert received == b"250 2"
    assert len(inbox(PHARMACIST_BOX)) == 1
    [entry] = journal(transaction="smtp.DATA")
    assert entry["outcome"] == "pass"
    raw = api.get(f"/sandbox/journal/{entry['id']}/response").content
    assert raw.endswith(b"\r\n250 2")


@pytest.mark.parametrize(("wanted", "code"), [
    ({"kind": "error", "value": "bal"}, 550), ({"kind": "status", "value": 454}, 454),
])
def test_opening_a_mailbox_can_fail_too(
    secured: Callable[[], Client], fault: Any, token: Callable[..., str], journal: Journal,
    wanted: dict[str, Any], code: int,
) -> None:
    fault("smtp.AUTH", first=1, **wanted)
    client = secured()
    assert auth(client, DOCTOR_BOX, token(DOCTOR))[0] == code
    assert auth(client, DOCTOR_BOX, token(DOCTOR))[0] == 235
    second, first = journal(transaction="smtp.AUTH")
    assert (first["outcome"], second["outcome"]) == ("fail", "pass")
    assert first["note"].startswith("panne simulée")


def test_opening_a_mailbox_can_be_cut(
    secured: Callable[[], Client], fault: Any, token: Callable[..., str], journal: Journal
) -> None:
    fault("smtp.AUTH", kind="drop")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        auth(secured(), DOCTOR_BOX, token(DOCTOR))
    [entry] = journal(transaction="smtp.AUTH")
    assert entry["response"]["status"] == "444"


def test_one_professional_alone_is_struck(
    secured: Callable[[], Client], fault: Any, token: Callable[..., str]
) -> None:
    fault("", kind="status", value=450, id_nat=PHARMACIST)
    assert auth(secured(), PHARMACIST_BOX, token(PHARMACIST))[0] == 450
    client = secured()
    assert auth(client, DOCTOR_BOX, token(DOCTOR))[0] == 235
    client.send_message(mail())


def test_scripted_answers(session: Session, api: httpx.Client) -> None:
    answer = api.post("/sandbox/answers", json={
        "service": "mssante", "transaction": "smtp.DATA", "answers": ["storage", "real", "bal"],
    })
    assert answer.status_code == 201, answer.text
    client, codes = session(), []
    for _ in range(4):
        try:
            client.send_message(mail())
            codes.append(250)
        except smtplib.SMTPDataError as refused:
            codes.append(refused.smtp_code)
    assert codes == [452, 250, 550, 250]
