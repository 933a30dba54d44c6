"""DATA: stored byte for byte before the 250, or refused with nothing stored."""

from __future__ import annotations

import hashlib
import smtplib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from mssante import store
from mssante.wire import office, reception
from mssante.wire.smtp_protocol import SubmissionProtocol
from services.kernel.database import StorageFailure
from services.kernel.journal import Entry
from tests.conftest import Server
from tests.mssante.conftest import (
    DOCTOR_BOX,
    HEAD,
    PATIENT_BOX,
    PHARMACIST_BOX,
    PHARMACY_BOX,
    Client,
    mail,
    submit,
)

Session = Callable[..., Client]


@pytest.mark.parametrize("content", [
    HEAD + b"Bonjour\r\n",
    HEAD + "Éléments à préparer\r\n".encode(),
    HEAD + b".\r\n..\r\n.point\r\n\r\n.\r\n",
    HEAD,
    b"\r\n",
    b"pas un message\r\n",
    HEAD + b"\xff\xfe\x80 octets\r\n",
    HEAD + b"x" * 5000 + b"\r\n",
], ids=["plain", "utf8", "dots", "empty", "no-header", "no-structure", "8bit", "long-line"])
def test_the_mail_is_kept_byte_for_byte(
    session: Session, raw: Callable[..., bytes], content: bytes
) -> None:
    assert submit(session(), content).startswith("250 2.0.0 Message accepte")
    assert raw() == content


def test_the_reply_names_the_message_and_its_exchange(
    session: Session, inbox: Any, journal: Any, api: httpx.Client
) -> None:
    reply = submit(session(), HEAD + b"Bonjour\r\n")
    entry = journal(transaction="smtp.DATA")[0]
    assert reply.endswith(inbox()[0]["id"])
    assert entry["id"] == inbox()[0]["id"]
    request = api.get(entry["request"]["raw"]).content
    assert request.startswith(b"MAIL FROM:<")
    assert request.endswith(HEAD + b"Bonjour\r\n.\r\n")
    assert api.get(entry["response"]["raw"]).content.endswith(reply.encode() + b"\r\n")


def test_one_copy_for_all_recipients(
    session: Session, raw: Callable[..., bytes], inbox: Any, server: Server
) -> None:
    content = HEAD + b"En un seul exemplaire\r\n"
    submit(session(), content, PHARMACY_BOX, PHARMACIST_BOX, PHARMACY_BOX.upper())
    assert [len(inbox(box)) for box in (PHARMACY_BOX, PHARMACIST_BOX)] == [1, 1]
    assert inbox(PHARMACY_BOX)[0]["id"] == inbox(PHARMACIST_BOX)[0]["id"]
    assert raw(PHARMACIST_BOX) == content
    digest = hashlib.sha256(content).hexdigest()
    assert len(list((server.sandbox.data / "blobs").rglob(digest))) == 1


def test_several_mails_in_one_session_arrive_in_order(session: Session, inbox: Any) -> None:
    client = session()
    for number in range(5):
        client.send_message(mail(Subject=f"n° {number}"))
    assert [each["subject"] for each in inbox()] == [f"n° {n}" for n in (4, 3, 2, 1, 0)]


def test_a_large_mail(session: Session, raw: Callable[..., bytes]) -> None:
    message = mail()
    message.add_attachment(
        bytes(range(256)) * 24_000, maintype="application", subtype="zip", filename="grand.zip"
    )
    content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    assert 8_000_000 < len(content) < 10_000_000
    session().sendmail(DOCTOR_BOX, [PHARMACY_BOX], content)
    assert raw() == content


def test_a_mail_over_the_limit_is_552_and_the_session_goes_on(
    session: Session, inbox: Any, journal: Any
) -> None:
    client = session()
    reply = submit(client, HEAD + (b"x" * 76 + b"\r\n") * 150_000)
    assert reply.startswith("552 5.3.4")
    assert inbox() == []
    entry = journal(transaction="smtp.DATA")[0]
    assert (entry["outcome"], entry["error"]["code"]) == ("fail", "taille")
    assert submit(client, HEAD).startswith("250")


def test_an_exchange_is_in_the_journal_before_its_answer_leaves(
    session: Session, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[tuple[str, str]] = []
    record, push = server.sandbox.journal.record, SMTP.push

    def recorded(entry: Entry) -> None:
        order.append((entry.peer, entry.transaction))
        record(entry)

    async def pushed(self: SubmissionProtocol, status: str) -> None:
        order.append((self.conversation.peer, status[:3]))
        await push(self, status)

    monkeypatch.setattr(server.sandbox.journal, "record", recorded)
    monkeypatch.setattr(SMTP, "push", pushed)
    client = session()
    submit(client, HEAD)
    client.docmd("DATA")
    own = peer_of(client)  # sessions of earlier tests may end only now
    relevant = [each for peer, each in order
                if peer == own and each.startswith(("smtp", "3", "235", "503"))]
    assert relevant == ["smtp.AUTH", "235", "354", "smtp.DATA", "smtp.DATA", "503"]


@pytest.mark.parametrize("fault", [
    {"kind": "drop"}, {"kind": "status", "value": 421}, {"kind": "truncate", "value": 5},
], ids=["drop", "421", "truncate"])
def test_an_exchange_is_in_the_journal_before_its_connection_ends(
    session: Session, server: Server, api: httpx.Client, monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
) -> None:
    ended: list[bool] = []
    record, lost = server.sandbox.journal.record, SMTP.connection_lost
    client = session()
    own = peer_of(client)  # sessions of earlier tests may end only now

    def recorded(entry: Entry) -> None:
        if entry.peer == own:
            ended.append(False)
        record(entry)

    def noted(self: SubmissionProtocol, error: Exception | None) -> None:
        if self.conversation.peer == own:
            ended.append(True)
        lost(self, error)

    api.post("/sandbox/faults", json={
        "service": "mssante", "transaction": "smtp.DATA", **fault
    }).raise_for_status()
    monkeypatch.setattr(server.sandbox.journal, "record", recorded)
    monkeypatch.setattr(SMTP, "connection_lost", noted)
    with suppress(smtplib.SMTPException):
        client.send_message(mail())
    wait_for(lambda: True in ended)
    assert ended[:2] == [False, True]


def test_a_mail_without_an_end_closes_the_session(
    session: Session, inbox: Any, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "MAX_MESSAGE", 100_000)
    monkeypatch.setattr(reception, "DRAINED", 1_000_000)
    client = session()
    reply = submit(client, HEAD + b"x" * 1_100_000 + b"\r\n")
    assert reply.startswith("552 5.3.4")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    wait_for(lambda: journal(transaction="smtp.DATA"))
    assert journal(transaction="smtp.DATA")[0]["error"]["code"] == "taille"
    assert inbox() == []


def test_too_many_messages_at_once_are_452_and_may_be_sent_again(
    session: Session, inbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = session()
    with monkeypatch.context() as patch:
        patch.setattr(office, "MAX_HELD", 1000)
        assert submit(client, HEAD + b"x" * 900 + b"\r\n").startswith("452 4.3.1")
    assert inbox() == []
    assert submit(client, HEAD + b"x" * 900 + b"\r\n").startswith("250")


def test_one_line_over_the_limit_is_552(session: Session) -> None:
    client = session()
    assert submit(client, HEAD + b"x" * 11_000_000 + b"\r\n").startswith("552 5.3.4")
    assert submit(client, HEAD).startswith("250")


@pytest.mark.parametrize("body", [
    b"a\n.\nMAIL FROM:<x@y.fr>\r\n", b"a\n.\r\nMAIL FROM:<x@y.fr>\r\n",
    b"a\r.\rMAIL FROM:<x@y.fr>\r\n", b"a\r\n.\rMAIL\r\n", b"a\nb\r\n", b"a\rb\r\n", b"a\0b\r\n",
    b"a\r\r\n",
])
def test_smuggling_and_broken_line_endings_are_refused(
    session: Session, inbox: Any, body: bytes
) -> None:
    client = session()
    assert submit(client, HEAD + body).startswith("554 5.6.0")
    assert inbox() == []
    assert client.noop()[0] == 250


def test_a_dot_between_bare_line_feeds_does_not_end_the_mail(session: Session) -> None:
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")
    client.docmd("DATA")
    smuggled = b"a\n.\nMAIL FROM:<x@y.fr>\nRCPT TO:<z@y.fr>\nDATA\nb\n.\n"
    client.sock.sendall(HEAD + smuggled + b"\r\n.\r\n")  # type: ignore[union-attr]
    assert client.getreply()[0] == 554
    assert client.noop()[0] == 250


def test_an_injected_header_is_refused(session: Session, inbox: Any) -> None:
    injected = HEAD.replace(b"Subject: essai", b"Subject: essai\nBcc: x@y.fr")
    assert submit(session(), injected).startswith("554 5.6.0")
    assert inbox() == []


def test_uniform_line_feeds_are_kept_with_a_finding(
    session: Session, raw: Callable[..., bytes], journal: Any
) -> None:
    content = HEAD.replace(b"\r\n", b"\n") + b"Bonjour\n" * 5000 + b"\r\n"
    assert submit(session(), content).startswith("250")
    assert raw() == content
    rules = [each["rule"] for each in journal(transaction="smtp.DATA")[0]["findings"]]
    assert "RFC5321-2.3.8" in rules


def test_an_unreadable_structure_is_refused(session: Session, inbox: Any) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(3000)
    )
    assert submit(session(), nested).startswith("554 5.6.0")
    assert inbox() == []


@pytest.mark.parametrize("name", ["From", "To", "Cc"])
@pytest.mark.parametrize("value", ["(" * 3000, "a:" * 3000, "<" * 3000, '"' * 3000])
def test_addresses_that_never_end_are_no_bug(session: Session, name: str, value: str) -> None:
    content = f"{name}: {value}\r\n\r\nBonjour\r\n".encode()
    assert submit(session(), content).startswith("250")


def test_an_encoded_comma_makes_no_second_sender(session: Session, journal: Any) -> None:
    name = "=?utf-8?q?Dr=5FClaire=5FEXEMPLAIRE=5FCabinet=2C_=C3=A9tage_2?="
    submit(session(), HEAD.replace(b"Dr_Claire_EXEMPLAIRE", name.encode()))
    rules = {each["rule"] for each in journal(transaction="smtp.DATA")[0]["findings"]}
    assert not rules & {"MSS-EXPEDITEUR", "ECO.2.2.7"}


def test_findings_are_in_the_journal_and_do_not_refuse(session: Session, journal: Any) -> None:
    assert submit(session(), b"From: autre@x.fr\r\n\r\nBonjour\r\n").startswith("250")
    entry = journal(transaction="smtp.DATA")[0]
    rules = {each["rule"] for each in entry["findings"]}
    assert entry["outcome"] == "fail"
    assert {"ECO.2.4.3", "ECO.2.2.1", "MSS-EXPEDITEUR"} <= rules


def test_a_strict_tenant_refuses_what_breaks_a_requirement(
    session: Session, api: httpx.Client, inbox: Any
) -> None:
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    client = session()
    assert submit(client, HEAD.replace(b"X-MSS-NIL: DEV000001\r\n", b"")).startswith("550 5.7.1")
    assert inbox() == []
    assert submit(client, HEAD + b"Bonjour\r\n").startswith("250")


def test_pipelined_commands(session: Session, inbox: Any, journal: Any, api: Any) -> None:
    client = session()
    first = f"MAIL FROM:<{DOCTOR_BOX}>\r\nRCPT TO:<{PHARMACY_BOX}>\r\nDATA\r\n".encode()
    client.sock.sendall(first)  # type: ignore[union-attr]
    assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
    client.sock.sendall(HEAD + b"un\r\n.\r\n" + first)  # type: ignore[union-attr]
    assert [client.getreply()[0] for _ in range(4)] == [250, 250, 250, 354]
    client.sock.sendall(HEAD + b"deux\r\n.\r\n")  # type: ignore[union-attr]
    assert client.getreply()[0] == 250
    assert len(inbox()) == 2
    requests = [api.get(each["request"]["raw"]).content
                for each in journal(transaction="smtp.DATA")]
    assert requests == [first + HEAD + b"deux\r\n.\r\n", first + HEAD + b"un\r\n.\r\n"]


def test_a_pipeline_whose_recipient_is_refused(session: Session, journal: Any) -> None:
    client = session()
    client.sock.sendall(  # type: ignore[union-attr]
        f"MAIL FROM:<{DOCTOR_BOX}>\r\nRCPT TO:<x@gmail.com>\r\nDATA\r\n".encode()
    )
    assert [client.getreply()[0] for _ in range(3)] == [250, 550, 503]
    entry = journal(transaction="smtp.DATA")[0]
    assert entry["error"]["code"] == "domaine"


def test_a_reset_drops_the_envelope(session: Session, journal: Any) -> None:
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")
    assert client.rset() == (250, b"2.0.0 OK")
    assert client.docmd("DATA")[0] == 503
    assert [each["outcome"] for each in journal(transaction="smtp.DATA")] == ["fail", "fail"]


def test_a_connection_lost_in_the_middle_stores_nothing(
    session: Session, inbox: Any, journal: Any
) -> None:
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")
    client.docmd("DATA")
    client.sock.sendall(HEAD + b"Bonjour\r\n")  # type: ignore[union-attr]
    client.close()
    wait_for(lambda: journal(transaction="smtp.DATA"))
    assert inbox() == []
    assert journal(transaction="smtp.DATA")[0]["outcome"] == "fail"


def test_what_could_not_be_stored_is_not_acknowledged(
    session: Session, inbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise StorageFailure("disk full")

    client = session()
    with monkeypatch.context() as patch:
        patch.setattr(store, "deliver", fails)
        assert submit(client, HEAD).startswith("452 4.3.1")
    assert inbox() == []
    assert submit(client, HEAD).startswith("250")


def test_a_bug_of_ours_says_so(
    session: Session, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(store, "deliver", fails)
    reply = submit(session(), HEAD)
    assert reply.startswith("451 4.3.0 Erreur interne du bac a sable")
    assert journal(transaction="smtp.DATA")[0]["outcome"] == "error"


def test_a_patient_receives_like_anyone(session: Session, inbox: Any) -> None:
    session().send_message(mail(To=PATIENT_BOX))
    assert len(inbox(PATIENT_BOX)) == 1


def peer_of(client: Client) -> str:
    """As the journal names it."""
    return "{}:{}".format(*client.sock.getsockname())  # type: ignore[union-attr]


def wait_for(condition: Callable[[], object]) -> None:
    import time

    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("nothing came")
