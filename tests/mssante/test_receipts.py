"""Delivery receipts (DSN) that the operator sends, and receipts that readers send."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import pytest

from mssante.domain.line_endings import LineEndings, line_endings
from tests.mssante.conftest import (
    DOCTOR_BOX,
    HEAD,
    PHARMACIST,
    PHARMACY_BOX,
    Client,
    mail,
)

Session = Callable[..., Client]


def test_t17_a_delivery_receipt_reaches_the_sender(
    session: Session, inbox: Any, raw: Callable[..., bytes], journal: Any
) -> None:
    session().send_message(
        mail(), mail_options=["RET=HDRS", "ENVID=QQ+2B1"],
        rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;x+0Ay@z.fr"],
    )
    receipt, = inbox(DOCTOR_BOX)
    assert receipt["mail_from"] == ""
    report = message_from_bytes(raw(DOCTOR_BOX))
    assert report.get_content_type() == "multipart/report"
    _, status, headers = report.get_payload()
    whole, one = status.get_payload()
    assert whole["Original-Envelope-Id"] == "QQ+1"
    assert one["Original-Recipient"] == "rfc822;x?y@z.fr"
    assert one["Final-Recipient"] == f"rfc822; {PHARMACY_BOX}"
    assert (one["Action"], one["Status"]) == ("delivered", "2.0.0")
    assert headers.get_content_type() == "text/rfc822-headers"
    assert "X-MSS-NIL: DEV000001" in headers.get_payload()
    rules = [each["rule"] for each in journal(transaction="smtp.DATA")[0]["findings"]]
    assert "ECO.2.3.1" not in rules


@pytest.mark.parametrize("ret", ["FULL", "HDRS"])
def test_a_receipt_of_success_returns_headers_only(
    session: Session, raw: Callable[..., bytes], ret: str
) -> None:
    session().send_message(mail(), mail_options=[f"RET={ret}"], rcpt_options=["NOTIFY=SUCCESS"])
    assert b"Message-ID: <1@logiciel.example>" in raw(DOCTOR_BOX)
    assert b"voici une ordonnance" not in raw(DOCTOR_BOX)


@pytest.mark.parametrize("content", [
    HEAD.replace(b"\r\n", b"\n") + b"Bonjour\n\r\n", b"\r\n\r\nBonjour\r\n",
    b"x" * 500_000 + b"\r\n",
], ids=["lf", "no-header", "no-structure"])
def test_a_receipt_is_short_and_well_formed_whatever_the_mail(
    session: Session, raw: Callable[..., bytes], content: bytes
) -> None:
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}> NOTIFY=SUCCESS")
    client.docmd("DATA")
    client.sock.sendall(content + b".\r\n")  # type: ignore[union-attr]
    assert client.getreply()[0] == 250
    receipt = raw(DOCTOR_BOX)
    assert len(receipt) < 70_000
    assert line_endings(receipt) is LineEndings.CRLF
    assert b"Bonjour" not in receipt


@pytest.mark.parametrize("notify", ["NEVER", "FAILURE,DELAY"])
def test_no_receipt_is_sent_that_was_not_asked(
    session: Session, inbox: Any, notify: str
) -> None:
    session().send_message(mail(), rcpt_options=[f"NOTIFY={notify}"])
    assert inbox(DOCTOR_BOX) == []


def test_a_receipt_leaves_with_the_null_path_and_nothing_else_does(
    session: Session, inbox: Any
) -> None:
    client = session(PHARMACY_BOX, PHARMACIST)
    report = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nlu\r\n--b--\r\n"
    client.sendmail("<>", [DOCTOR_BOX], report)
    assert inbox(DOCTOR_BOX)[0]["mail_from"] == ""
    with pytest.raises(smtplib.SMTPDataError) as raised:
        client.sendmail("<>", [DOCTOR_BOX], mail().as_bytes())
    assert raised.value.smtp_code == 553
