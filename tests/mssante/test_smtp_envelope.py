"""MAIL and RCPT: who may write to whom, and what the envelope may say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mssante.wire import smtp_data
from services.population.matricule import key_of
from tests.mssante.conftest import (
    DOCTOR,
    DOCTOR_BOX,
    OFFICE_BOX,
    PATIENT_BOX,
    PHARMACIST_BOX,
    PHARMACY_BOX,
    Client,
    mail,
)

Session = Callable[..., Client]
FROM = f"MAIL FROM:<{DOCTOR_BOX}>"


def status(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {answer[1].split(b' ')[0].decode()}"


@pytest.mark.parametrize("sender", [PHARMACIST_BOX, OFFICE_BOX, "claire@ailleurs.fr"])
def test_t18_another_sender_than_the_mailbox_is_553(
    session: Session, journal: Any, sender: str
) -> None:
    client = session()
    assert status(client.docmd(f"MAIL FROM:<{sender}>")) == "553 5.7.1"
    client.rset()
    entry = journal(transaction="smtp.DATA")[0]
    assert entry["outcome"] == "fail"
    assert entry["error"]["code"] == "expediteur"
    assert entry["response"]["status"] == "553 5.7.1"
    assert entry["caller"] == DOCTOR


def test_the_mailbox_whatever_its_case(session: Session) -> None:
    assert status(session().docmd(f"MAIL FROM:<{DOCTOR_BOX.title()}>")) == "250 2.1.0"


@pytest.mark.parametrize(("address", "expected"), [
    (PHARMACY_BOX, "250 2.1.5"), (PHARMACY_BOX.upper(), "250 2.1.5"), (PATIENT_BOX, "250 2.1.5"),
    (DOCTOR_BOX, "250 2.1.5"),
    ("personne@medecin.socle.mssante.fr", "550 5.1.1"),
    ("quelqu.un@gmail.com", "550 5.7.1"), ("x@medecin.mssante.fr", "550 5.7.1"),
    ("279035121518988@patient.mssante.fr", "550 5.1.3"),
    ("2790351215189@patient.mssante.fr", "550 5.1.3"),
    ("dominique@patient.mssante.fr", "550 5.1.3"),
    ("180032B02040123@patient.mssante.fr", "250 2.1.5"),
    (f"2551100001000{key_of('2551100001000')}@patient.mssante.fr", "550 5.1.1"),
    ("pas une adresse", "553 5.1.3"), ("@", "553 5.1.3"), ("a@b\tc", "501 5.5.4"),
])
def test_recipients(session: Session, address: str, expected: str) -> None:
    client = session()
    client.docmd(FROM)
    assert status(client.docmd(f"RCPT TO:<{address}>")) == expected


def test_a_refused_recipient_does_not_stop_the_others(
    session: Session, inbox: Any, journal: Any
) -> None:
    refused = session().send_message(mail(), to_addrs=[PHARMACY_BOX, "x@gmail.com"])
    assert list(refused) == ["x@gmail.com"]
    assert len(inbox()) == 1
    entry = journal(transaction="smtp.DATA")[0]
    assert entry["outcome"] == "pass"
    assert "550 5.7.1" in entry["note"]


def test_one_recipient_too_many_is_452(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_data, "MAX_RECIPIENTS", 2)
    client = session()
    client.docmd(FROM)
    answers = [client.docmd(f"RCPT TO:<{each}>")
               for each in (PHARMACY_BOX, PHARMACY_BOX.upper(), PATIENT_BOX, DOCTOR_BOX)]
    assert [status(each) for each in answers] == ["250 2.1.5"] * 3 + ["452 4.5.3"]


@pytest.mark.parametrize(("command", "expected"), [
    (f"{FROM} RET=HDRS ENVID=QQ314159", "250 2.1.0"),
    (f"{FROM} RET=FULL BODY=8BITMIME SIZE=100 AUTH=<>", "250 2.1.0"),
    (f"{FROM} SIZE=10485761", "552 5.3.4"), (f"{FROM} SIZE=30000000", "552 5.3.4"),
    (f"{FROM} RET=SOME", "501 5.5.4"), (f"{FROM} RET=HDRS RET=HDRS", "501 5.5.4"),
    (f"{FROM} ENVID=a=b", "501 5.5.4"), (f"{FROM} PRIORITY=1", "555 5.5.4"),
    (f"{FROM} SIZE=abc", "501 5.5.4"), (f"{FROM} SMTPUTF8", "555 5.5.4"),
    ("MAIL", "501 5.5.4"), ("MAIL TO:<x>", "501 5.5.4"), ("MAIL FROM:", "501 5.5.4"),
    (f"MAIL FROM:<{DOCTOR_BOX}\tx>", "501 5.5.4"),
    ("MAIL FROM:<>", "250 2.1.0"), (f"{FROM} SIZE={'9' * 1500}", "501 5.5.4"),
    (f"MAIL FROM:{DOCTOR_BOX}", "501 5.5.4"), (f"MAIL FROM:<@relais.fr:{DOCTOR_BOX}>", "250 2.1.0"),
    (f"MAIL FROM:<({DOCTOR_BOX}>", "553 5.1.3"), ("MAIL FROM:<", "501 5.5.4"),
])
def test_parameters_of_mail(session: Session, command: str, expected: str) -> None:
    assert status(session().docmd(command)) == expected


@pytest.mark.parametrize(("parameters", "expected"), [
    ("NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@y.fr", "250 2.1.5"), ("NOTIFY=NEVER", "250 2.1.5"),
    ("notify=success", "250 2.1.5"), ("NOTIFY=NEVER,SUCCESS", "501 5.5.4"),
    ("ORCPT=x@y.fr", "501 5.5.4"), ("NOTIFY", "501 5.5.4"), ("RET=FULL", "555 5.5.4"),
])
def test_parameters_of_rcpt(session: Session, parameters: str, expected: str) -> None:
    client = session()
    client.docmd(FROM)
    assert status(client.docmd(f"RCPT TO:<{PHARMACY_BOX}> {parameters}")) == expected


@pytest.mark.parametrize(("commands", "expected"), [
    (["RCPT TO:<a@b.fr>"], "503 5.5.1"), (["DATA"], "503 5.5.1"), ([FROM, FROM], "503 5.5.1"),
    ([FROM, "DATA"], "503 5.5.1"), (["TURN"], "500 5.5.2"), (["EXPN x"], "502 5.5.1"),
    (["VRFY"], "501 5.5.4"), (["VRFY a@b.fr"], "252 2.5.0"), (["VRFY <"], "252 2.5.0"),
    (["NOOP"], "250 2.0.0"), (["HELP"], "250 2.0.0"), (["RSET x"], "501 5.5.4"),
    (["NOOP " + "x" * 3000], "500 5.5.2"), ([FROM, "DATA x"], "501 5.5.4"),
    (["NOOP " + "x" * 200_000], "500 5.5.2"), (["STARTTLS x"], "503 5.5.1"),
])
def test_order_and_unknown_commands(
    session: Session, commands: list[str], expected: str
) -> None:
    client = session()
    for command in commands:
        answer = client.docmd(command)
    assert status(answer) == expected


def test_non_ascii_commands_are_refused(session: Session) -> None:
    client = session()
    client.send("MAIL FROM:<é@b.fr>\r\n".encode())
    assert status(client.getreply()) == "500 5.5.2"


@pytest.mark.parametrize("command", ["RSET x", "EHLO", "HELO", "QUIT x", "NOOP", "VRFY a"])
def test_what_resets_nothing_leaves_the_envelope(session: Session, command: str) -> None:
    client = session()
    client.docmd(FROM)
    client.docmd(command)
    assert status(client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")) == "250 2.1.5"


@pytest.mark.parametrize("command", ["RSET", "EHLO a", "HELO a"])
def test_what_resets_drops_the_envelope(session: Session, command: str) -> None:
    client = session()
    client.docmd(FROM)
    client.docmd(command)
    assert status(client.docmd(f"RCPT TO:<{PHARMACY_BOX}>")) == "503 5.5.1"


def test_refusals_without_an_end_are_counted_not_kept(session: Session, journal: Any) -> None:
    client = session()
    client.docmd(FROM)
    for _ in range(40):
        client.docmd("RCPT TO:<x@gmail.com>")
    client.rset()
    assert journal(transaction="smtp.DATA")[0]["note"].count("550 5.7.1") == 5


def test_five_unknown_commands_end_the_session(session: Session) -> None:
    client = session()
    answers = [client.docmd("XYZZY") for _ in range(5)]
    assert status(answers[-1]) == "500 5.5.2"
