"""Reading mailboxes over the control API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mssante.wire.office import post_office
from tests.conftest import Server
from tests.mssante.conftest import DOCTOR_BOX, PHARMACIST_BOX, PHARMACY_BOX, Client, mail

Session = Callable[..., Client]
BOX = f"/sandbox/mailboxes/{PHARMACY_BOX}"
PDF = b"%PDF-1.4 \x00\xff"


@pytest.fixture
def sent(session: Session) -> str:
    """A mail with two attachments; its Message-ID."""
    message = mail(Subject="Ordonnance préparée")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="été.pdf")
    message.add_attachment("<a/>", subtype="html", filename="page.html")
    session().send_message(message)
    return "<1@logiciel.example>"


def test_a_list_shows_what_a_reader_needs(sent: str, inbox: Any) -> None:
    only, = inbox()
    assert only["subject"] == "Ordonnance préparée"
    assert only["from"] == f"Dr_Claire_EXEMPLAIRE <{DOCTOR_BOX}>"
    assert only["to"] == [PHARMACY_BOX]
    assert only["mail_from"] == DOCTOR_BOX
    assert only["message_id"] == sent
    assert only["attachments"] == [
        {"n": 1, "filename": "été.pdf", "media_type": "application/pdf", "size": len(PDF)},
        {"n": 2, "filename": "page.html", "media_type": "text/html", "size": 6},
    ]


def test_one_message(sent: str, inbox: Any, api: httpx.Client) -> None:
    message = api.get(f"{BOX}/messages/{inbox()[0]['id']}").json()
    assert message["text"].startswith("Bonjour, voici une ordonnance à préparer.")
    assert {"name": "X-MSS-NIL", "value": "DEV000001"} in message["headers"]


def test_attachments_are_inert_downloads(sent: str, inbox: Any, api: httpx.Client) -> None:
    place = f"{BOX}/messages/{inbox()[0]['id']}/attachments"
    pdf = api.get(f"{place}/1")
    assert pdf.content == PDF
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf"
    )
    page = api.get(f"{place}/2")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["content-security-policy"] == "sandbox"
    assert api.get(f"{place}/3").status_code == 404


@pytest.mark.parametrize(("filename", "offered"), [
    ("../../../etc/passwd", "passwd"), ("..\\..\\autoexec.bat", "autoexec.bat"),
    ("a\"; filename=b.exe", "a%22%3B%20filename%3Db.exe"), (".profile", "profile"),
    ("été\u202egpj.exe", "%C3%A9t%C3%A9%E2%80%AEgpj.exe"), ("/", "piece"), ("", "piece-1"),
])
def test_names_of_attachments_cross_no_folder_and_no_header(
    session: Session, api: httpx.Client, inbox: Any, filename: str, offered: str
) -> None:
    message = mail()
    message.add_attachment(b"x", maintype="application", subtype="zip", filename=filename or None)
    session().send_message(message)
    answer = api.get(f"{BOX}/messages/{inbox()[0]['id']}/attachments/1")
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{offered}"


@pytest.mark.parametrize(("declared", "served"), [
    ("text/html", "text/html"), ("image/svg+xml", "image/svg+xml"),
    ("text/html; charset=utf-7", "text/html"), ("text/x<script>", "application/octet-stream"),
    ("application/javascript", "application/javascript"),
])
def test_no_attachment_is_rendered(
    session: Session, api: httpx.Client, inbox: Any, declared: str, served: str
) -> None:
    raw = f"Content-Type: {declared}; name=a\r\n\r\n<script>alert(1)</script>\r\n".encode()
    session().sendmail(DOCTOR_BOX, [PHARMACY_BOX], raw)
    answer = api.get(f"{BOX}/messages/{inbox()[0]['id']}/attachments/1")
    assert answer.headers["content-type"] == served
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_list_shows_the_beginning_of_what_is_endless(
    session: Session, api: httpx.Client, inbox: Any
) -> None:
    head = f"Subject: {'s' * 5000}\r\nTo: {', '.join(['a@b.fr'] * 900)}\r\n"
    parts = "--b\r\nContent-Type: application/zip\r\n\r\nx\r\n" * 150
    raw = f"{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"
    session().sendmail(DOCTOR_BOX, [PHARMACY_BOX], raw.encode())
    only, = inbox()
    assert (len(only["subject"]), len(only["to"]), len(only["attachments"])) == (300, 100, 100)
    whole = api.get(f"{BOX}/messages/{only['id']}").json()
    assert len(whole["attachments"]) == 150


def test_paging(session: Session, api: httpx.Client) -> None:
    client = session()
    for number in range(5):
        client.send_message(mail(Subject=str(number)))
    first = api.get(f"{BOX}/messages", params={"limit": 2}).json()["messages"]
    then = api.get(
        f"{BOX}/messages", params={"limit": 2, "before": first[-1]["id"]}
    ).json()["messages"]
    assert [each["subject"] for each in first + then] == ["4", "3", "2", "1"]


@pytest.mark.parametrize("place", [
    "/sandbox/mailboxes/personne@x.fr/messages", f"{BOX}/messages/none",
    f"{BOX}/messages/none/raw", f"{BOX}/messages/none/attachments/1",
    f"{BOX}/messages?before=none", f"{BOX}/wait?after=none",
])
def test_what_does_not_exist_is_404(api: httpx.Client, place: str) -> None:
    answer = api.get(place)
    assert answer.status_code == 404
    assert answer.json()["erreur"]["libelle"]


def test_a_message_is_read_in_its_own_mailbox_only(
    sent: str, inbox: Any, api: httpx.Client
) -> None:
    elsewhere = f"/sandbox/mailboxes/{PHARMACIST_BOX}/messages/{inbox()[0]['id']}"
    assert api.get(elsewhere).status_code == 404


def test_tenants_do_not_see_each_others_mails(
    sent: str, inbox: Any, api: httpx.Client, server: Server
) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as other:
        listed = other.get(f"/t/elsewhere-too{BOX}/messages")
        assert listed.json() == {"messages": []}
        assert other.get(f"/t/elsewhere-too{BOX}/messages/{inbox()[0]['id']}").status_code == 404


def test_a_reset_empties_mailboxes(sent: str, inbox: Any, api: httpx.Client) -> None:
    api.post("/sandbox/reset", json={}).raise_for_status()
    assert inbox() == []


def test_waiting_for_what_is_there(sent: str, api: httpx.Client) -> None:
    answer = api.get(f"{BOX}/wait", params={"subject": "préparée"})
    assert answer.status_code == 200
    assert answer.json()["message_id"] == sent


def test_waiting_for_what_arrives(session: Session, api: httpx.Client, inbox: Any) -> None:
    client = session()
    client.send_message(mail(Subject="premier"))
    first = inbox()[0]["id"]
    later = threading.Timer(0.3, client.send_message, [mail(Subject="second")])
    later.start()
    answer = api.get(f"{BOX}/wait", params={"after": first, "timeout": 20})
    later.join()
    assert answer.json()["subject"] == "second"


def test_waiting_in_vain_is_204(sent: str, api: httpx.Client) -> None:
    answer = api.get(f"{BOX}/wait", params={"subject": "autre", "timeout": 0.1})
    assert answer.status_code == 204


@pytest.mark.parametrize(("seconds", "status"), [
    ("0", 200), ("-1", 422), ("61", 422), ("nan", 422), ("inf", 422), ("x", 422),
])
def test_how_long_one_may_wait(
    sent: str, api: httpx.Client, seconds: str, status: int
) -> None:
    assert api.get(f"{BOX}/wait", params={"timeout": seconds}).status_code == status


def test_a_mail_wakes_only_those_who_wait_for_its_mailbox(
    server: Server, session: Session, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mssante import store

    looks: list[str] = []
    newest = store.newest

    async def counted(database: Any, key: str, address: str, *rest: Any) -> Any:
        looks.append(address)
        return await newest(database, key, address, *rest)

    monkeypatch.setattr(store, "newest", counted)
    waiting = threading.Thread(target=api.get, args=[f"{BOX}/wait"], kwargs={
        "params": {"timeout": 1, "subject": "jamais"},
    })
    waiting.start()
    client = session()
    for _ in range(3):
        client.sendmail(DOCTOR_BOX, [DOCTOR_BOX], b"Subject: autre\r\n\r\n")
    waiting.join()
    assert looks.count(PHARMACY_BOX) == 2
    assert not post_office(server.sandbox)._watchers


def test_who_waits_is_answered_when_the_sandbox_stops(
    server: Server, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = asyncio.Event()
    monkeypatch.setattr(server.sandbox, "stopping", stopping)
    stop = threading.Timer(0.3, server.loop.call_soon_threadsafe, [stopping.set])
    stop.start()
    answer = api.get(f"{BOX}/wait", params={"timeout": 20})
    stop.join()
    assert answer.status_code == 204
    assert answer.elapsed.total_seconds() < 15
