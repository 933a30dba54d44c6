"""Values of a client that go into headers, files and mails stay values; forged ids find nothing."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import DOCTOR, attachment, lot
from tests.mssante.conftest import (
    DOCTOR_BOX,
    HEAD,
    PHARMACY_BOX,
    Client,
    connect,
    inbox,
    port,
    raw,
    secured,
    session,
    submit,
)

__all__ = ["connect", "inbox", "port", "raw", "secured", "session"]

Journal = Callable[..., list[dict[str, Any]]]
BREAKS = [
    "x\r\nX-Injecte: oui", "x\nX-Injecte: oui", "x\r\n\r\n<html>", "x\0y", "x\x7f", "x\x85y",
    "x\u2028X-Injecte: oui", "é", "日本", "\U0001f600", '";evil="', "../../x",
    "%0d%0aX-Injecte: oui",
]


@pytest.fixture
def dmp(api: httpx.Client, token: Callable[..., str]) -> Dmp:
    return Dmp(api, token)


def unbroken(answer: httpx.Response) -> None:
    """The answer has no header of the client's making, and is no bug of ours."""
    assert answer.status_code < 500, answer.text
    assert "x-injecte" not in answer.headers
    assert "<html>" not in answer.headers.get("location", "")


@pytest.mark.parametrize("value", BREAKS)
@pytest.mark.parametrize("name", ["state", "nonce", "redirect_uri", "login_hint", "scope"])
def test_a_log_in(api: httpx.Client, journal: Journal, name: str, value: str) -> None:
    query = {
        "response_type": "code", "client_id": "socle-demo", "scope": "openid scope_all",
        "redirect_uri": "http://127.0.0.1:9/retour", "state": "s", "nonce": "n",
        "acr_values": "eidas1", "login_hint": DOCTOR,
    }
    query[name] = query[name] + value if name == "redirect_uri" else value
    answer = api.get("/psc/auth", params=query)
    unbroken(answer)
    if "location" in answer.headers:
        assert answer.headers["location"].isascii()
        assert answer.headers["location"].isprintable()
    assert journal()[0]["outcome"] != "error"


@pytest.mark.parametrize("value", BREAKS)
def test_a_log_out(api: httpx.Client, journal: Journal, value: str) -> None:
    for name in ("post_logout_redirect_uri", "state", "id_token_hint", "client_id"):
        query = {
            "client_id": "socle-demo", "post_logout_redirect_uri": "http://127.0.0.1:9/fin",
        }
        query[name] = query.get(name, "") + value
        path = "/psc/auth/realms/esante-wallet/protocol/openid-connect/logout"
        unbroken(api.get(path, params=query))
        assert journal()[0]["outcome"] != "error"


@pytest.mark.parametrize("value", BREAKS)
def test_the_type_of_a_document(dmp: Dmp, journal: Journal, value: str) -> None:
    body = lot()
    body["entry"][2]["resource"]["contentType"] = f"text/{value}"
    attachment(body["entry"][1]["resource"])["contentType"] = f"text/{value}"
    answer = dmp.post(body)
    unbroken(answer)
    if answer.status_code == 200:
        unbroken(dmp.get(f"Binary/{dmp.documents()[0]['id']}"))
        assert journal(transaction="ITI-68")[0]["outcome"] == "pass"


@pytest.mark.parametrize("value", BREAKS)
def test_the_name_of_a_piece_of_a_mail(
    session: Callable[..., Client], api: httpx.Client, inbox: Any, value: str
) -> None:
    encoded = base64.b64encode(value.encode()).decode()
    content = HEAD.replace(b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\n", 1) + (
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
        f'Content-Disposition: attachment; filename="=?utf-8?B?{encoded}?="\r\n\r\n'
        f"a\r\n--b\r\nContent-Disposition: attachment; filename*=utf-8''{quote(value)}\r\n"
        "Content-Type: text/plain\r\n\r\nb\r\n--b--\r\n"
    ).encode()
    assert submit(session(), content).startswith("250")
    box = f"/sandbox/mailboxes/{PHARMACY_BOX}/messages/{inbox()[0]['id']}"
    assert api.get(box).status_code == 200
    for number in (1, 2):
        answer = api.get(f"{box}/attachments/{number}")
        assert answer.status_code == 200
        unbroken(answer)
        assert answer.headers["content-disposition"].isascii()


@pytest.mark.parametrize("value", [
    "a+0D+0AX-Injecte:+20oui", "a+0A+0A", "a+00", "a+E9", "+2B", "a+7F",
])
def test_what_a_receipt_repeats(session: Callable[..., Client], raw: Any, value: str) -> None:
    client = session()
    client.docmd(f"MAIL FROM:<{DOCTOR_BOX}> ENVID={value} RET=HDRS")
    client.docmd(f"RCPT TO:<{PHARMACY_BOX}> NOTIFY=SUCCESS ORCPT=rfc822;{value}")
    assert client.docmd("DATA")[0] == 354
    client.sock.sendall(HEAD + b".\r\n")  # type: ignore[union-attr]
    assert client.getreply()[0] == 250
    receipt = raw(DOCTOR_BOX)
    assert b"X-Injecte" not in [line.partition(b":")[0] for line in receipt.splitlines()]
    read = email.message_from_bytes(receipt, policy=email.policy.default)
    assert not read.defects
    assert read.get_content_type() == "multipart/report"


IDS = [
    "x", "%2e%2e", "%2e%2e%2f%2e%2e", "a%2fb", "a%00", "%00", "%ff", "é", "日本",
    "a" * 65, "a" * 9000, "a b", "*", "%25", "'", "%27%20OR%201%3D1--", "-1", "0", "$ops",
    "{id}", "%7Bid%7D", "a\\b", "a;b", "a%0d%0aX-Injecte:oui", "urn:uuid:1", "_history", "NaN",
]
PLACES = [
    "/dmp/fhir/DocumentReference/{}", "/dmp/fhir/Binary/{}", "/dmp/fhir/List/{}",
    "/dmp/fhir/Patient/{}", "/dmp/fhir/Consent/{}", "/sandbox/journal/{}",
    "/sandbox/journal/{}/request", "/sandbox/patients/{}", "/sandbox/professionals/{}",
    "/sandbox/structures/{}", "/sandbox/mailboxes/{}", "/sandbox/clients/{}",
    "/sandbox/mailboxes/{}/messages", f"/sandbox/mailboxes/{PHARMACY_BOX}/messages/{{}}",
    f"/sandbox/mailboxes/{PHARMACY_BOX}/messages/{{}}/raw", "/sandbox/certificates/{}",
    "/sandbox/certificates/{}/pkcs12", "/docs/{}", "/docs/{}/openapi.json", "/console/journal/{}",
    "/console/static/{}", "/console/live/{}", "/pki/{}.cer", "/pki/{}.crl", "/pki/ocsp/{}",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_forged_id_finds_nothing(
    api: httpx.Client, dmp: Dmp, journal: Journal, place: str
) -> None:
    headers = dmp.bearer(DOCTOR)
    for id in IDS:
        answer = api.get(place.format(id), headers=headers)
        unbroken(answer)
        if not place.startswith("/pki/ocsp"):
            assert answer.status_code >= 300, (id, answer.text[:200])
    assert all(each["outcome"] != "error" for each in journal(limit="1000"))


@pytest.mark.parametrize("before", ["x", "", "a" * 5000, "%00", "é", "0", "-1", "' OR 1=1"])
def test_a_forged_place_in_a_list(api: httpx.Client, journal: Journal, before: str) -> None:
    api.get("/dmp/fhir/metadata")
    for path in ("/sandbox/journal?before=", "/sandbox/tenants?after=",
                 f"/sandbox/mailboxes/{PHARMACY_BOX}/wait?timeout=0&after=",
                 "/sandbox/patients?offset=", "/sandbox/certificates?after="):
        answer = api.get(path + before)
        assert answer.status_code in (200, 204, 400, 404, 422), (path, answer.text)


def test_a_cursor_of_another_search_or_tenant(
    api: httpx.Client, dmp: Dmp, server: Any, token: Callable[..., str]
) -> None:
    for _ in range(3):
        dmp.deposit(lot())
    of = "patient.identifier=urn:oid:1.2.250.1.213.1.4.10|279035121518989&status=current"
    headers = dmp.bearer(DOCTOR)
    first = api.get(f"/dmp/fhir/DocumentReference?{of}&_count=1", headers=headers).json()
    [following] = [each["url"] for each in first["link"] if each["relation"] == "next"]
    cursor = following.partition("_cursor=")[2].partition("&")[0]
    assert api.get(following, headers=headers).json()["entry"]
    other = f"{server.url}/t/ailleurs/dmp/fhir/DocumentReference?{of}&_count=1&_cursor={cursor}"
    stranger = {"Authorization": f"Bearer {token(DOCTOR, tenant_name='ailleurs')}"}
    tampered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for answer in (
        httpx.get(other, headers=stranger, trust_env=False),
        api.get(f"/dmp/fhir/DocumentReference?{of}&_count=2&_cursor={cursor}", headers=headers),
        api.get(f"/dmp/fhir/DocumentReference?{of}&_count=1&_cursor={tampered}", headers=headers),
        api.get(f"/dmp/fhir/DocumentReference?{of}&_count=1&_cursor=", headers=headers),
    ):
        if not answer.url.query.endswith(b"_cursor="):
            assert answer.status_code == 400, answer.text
            assert "entry" not in answer.json()
