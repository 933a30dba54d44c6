"""Reading mailboxes over the control API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

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
    assert answer.elapsed.total_seconds() < 5
