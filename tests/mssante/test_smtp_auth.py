"""AUTH: TLS first, then the Pro Santé Connect token of someone who may open the mailbox."""

from __future__ import annotations

import base64
import json
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Server
from tests.mssante.conftest import (
    DOCTOR,
    DOCTOR_BOX,
    OFFICE_BOX,
    PHARMACIST,
    PHARMACIST_BOX,
    PHARMACY_BOX,
    REPLACEMENT,
    Client,
    mail,
    xoauth2,
)

Connect = Callable[[], Client]


def auth(client: Client, user: str, token: str) -> tuple[int, bytes]:
    return client.docmd("AUTH", "XOAUTH2 " + xoauth2(user, token))


def test_t01_nothing_but_starttls_before_tls(connect: Connect) -> None:
    client = connect()
    assert client.has_extn("starttls")
    assert not client.has_extn("auth")
    for command in ("AUTH XOAUTH2 eA==", f"MAIL FROM:<{DOCTOR_BOX}>", "DATA", "HELP"):
        code, text = client.docmd(command)
        assert (code, text[:6]) == (530, b"5.7.0 "), command
        assert b"STARTTLS" in text


def test_extensions_after_tls(secured: Connect) -> None:
    client = secured()
    assert not client.has_extn("starttls")
    assert client.esmtp_features["auth"].split() == ["OAUTHBEARER", "XOAUTH2"]
    assert client.esmtp_features["size"] == str(10 * 1024 * 1024)
    for name in ("pipelining", "8bitmime", "enhancedstatuscodes", "dsn"):
        assert client.has_extn(name), name


def test_commands_before_authentication_are_530(secured: Connect) -> None:
    code, text = secured().docmd(f"MAIL FROM:<{DOCTOR_BOX}>")
    assert code == 530
    assert text.startswith(b"5.7.0 Authentifiez-vous")


def test_t03_xoauth2_with_initial_response(secured: Connect, token: Any, journal: Any) -> None:
    assert auth(secured(), DOCTOR_BOX, token(DOCTOR)) == (
        235, b"2.7.0 Boite aux lettres ouverte"
    )
    entry = journal(service="mssante")[0]
    assert (entry["transaction"], entry["outcome"]) == ("smtp.AUTH", "pass")
    assert entry["caller"] == DOCTOR
    assert entry["response"]["status"] == "235 2.7.0"


def test_t03_xoauth2_after_a_challenge(secured: Connect, token: Any) -> None:
    client = secured()
    assert client.docmd("AUTH", "xoauth2") == (334, b"")
    assert client.docmd(xoauth2(DOCTOR_BOX, token(DOCTOR)))[0] == 235


def test_oauthbearer(secured: Connect, token: Any) -> None:
    response = (
        f"n,a={DOCTOR_BOX.replace('@', '=40')},\x01host=localhost\x01port=587\x01"
        f"auth=Bearer {token(DOCTOR)}\x01\x01"
    )
    code, _ = secured().docmd(
        "AUTH", "OAUTHBEARER " + base64.b64encode(response.encode()).decode()
    )
    assert code == 235


@pytest.mark.parametrize("user", [PHARMACIST_BOX, PHARMACY_BOX, "personne@medecin.fr", ""])
def test_t03_anothers_mailbox_is_550(
    secured: Connect, token: Any, journal: Any, user: str
) -> None:
    code, text = auth(secured(), user, token(DOCTOR))
    assert (code, text[:6]) == (550, b"5.7.1 ")
    entry = journal(service="mssante")[0]
    assert (entry["transaction"], entry["outcome"]) == ("smtp.AUTH", "fail")
    assert entry["error"]["code"] == "bal"


def test_t03_an_expired_token_is_334_json_then_535(
    secured: Connect, token: Any, api: httpx.Client, journal: Any
) -> None:
    expired = token(DOCTOR)
    api.put("/sandbox/clock", json={"shift_seconds": 3600}).raise_for_status()
    client = secured()
    code, challenge = auth(client, DOCTOR_BOX, expired)
    assert code == 334
    assert json.loads(base64.b64decode(challenge)) == {"status": "400", "schemes": "Bearer"}
    code, text = client.docmd("")
    assert (code, text[:6]) == (535, b"5.7.8 ")
    assert client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>")[0] == 530
    assert journal(transaction="smtp.AUTH")[0]["error"]["code"] == "jeton"


@pytest.mark.parametrize("id_nat", [DOCTOR, REPLACEMENT])
def test_t04_delegates_open_an_organisations_mailbox(
    secured: Connect, token: Any, journal: Any, id_nat: str
) -> None:
    assert auth(secured(), OFFICE_BOX, token(id_nat))[0] == 235
    assert journal(service="mssante")[0]["caller"] == id_nat


def test_t04_others_do_not(secured: Connect, token: Any) -> None:
    assert auth(secured(), OFFICE_BOX, token(PHARMACIST))[0] == 550


def test_the_token_names_the_tenant(
    secured: Connect, token: Any, server: Server, inbox: Any
) -> None:
    client = secured().opened(DOCTOR_BOX, token(DOCTOR, tenant_name="elsewhere"))
    client.send_message(mail())
    assert inbox() == []
    there = httpx.get(
        f"{server.url}/t/elsewhere/sandbox/mailboxes/{PHARMACY_BOX}/messages", trust_env=False
    )
    assert there.json()["messages"]


def test_a_token_that_claims_another_tenant_is_refused(
    secured: Connect, token: Any, tenant: str
) -> None:
    header, payload, signature = token(DOCTOR).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["iss"] = claims["iss"].replace(f"/t/{tenant}/", "/t/elsewhere/")
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert auth(secured(), DOCTOR_BOX, f"{header}.{forged}.{signature}")[0] == 334


@pytest.mark.parametrize("token_text", ["x", "a.b.c", "é", "x" * 3000, "..", "a.W10.c"])
def test_what_is_not_a_token_is_refused(secured: Connect, token_text: str) -> None:
    client = secured()
    assert auth(client, DOCTOR_BOX, token_text)[0] == 334
    assert client.docmd("")[0] == 535


@pytest.mark.parametrize("response", [b"", b"user=x", b"user=x\x01auth=Basic y\x01\x01", b"\xff"])
def test_a_malformed_sasl_response_is_535(secured: Connect, response: bytes) -> None:
    client = secured()
    encoded = base64.b64encode(response).decode()
    assert client.docmd("AUTH", "XOAUTH2")[0] == 334
    assert client.docmd(encoded)[0] == 334
    assert client.docmd("")[0] == 535


@pytest.mark.parametrize(("arguments", "status"), [
    ("PLAIN AGEAYg==", b"504 5.5.4"), ("LOGIN", b"504 5.5.4"), ("CRAM-MD5", b"504 5.5.4"),
    ("XOAUTH2 %%%", b"501 5.5.2"), ("XOAUTH2 *", b"501 5.7.0"), ("", b"501 5.5.4"),
    ("XOAUTH2 a b c", b"501 5.5.4"),
])
def test_refused_mechanisms_and_arguments(
    secured: Connect, arguments: str, status: bytes
) -> None:
    code, text = secured().docmd(f"AUTH {arguments}".strip())
    assert f"{code} ".encode() + text[:5] == status


def test_an_empty_initial_response_is_not_a_token(secured: Connect) -> None:
    client = secured()
    assert client.docmd("AUTH", "XOAUTH2 =")[0] == 334
    assert client.docmd("")[0] == 535


@pytest.mark.parametrize("length", [20_000, 200_000])
def test_an_endless_answer_to_a_challenge_is_500_once(
    secured: Connect, journal: Any, length: int
) -> None:
    client = secured()
    client.docmd("AUTH", "XOAUTH2")
    client.send(b"A" * length + b"\r\n")
    assert client.getreply()[0] == 500
    assert client.noop()[0] == 250


def test_an_aborted_authentication(secured: Connect, journal: Any) -> None:
    client = secured()
    client.docmd("AUTH", "XOAUTH2")
    assert client.docmd("*") == (501, b"5.7.0 Authentification abandonnee.")


def test_authenticating_twice_is_503(session: Callable[..., Client], token: Any) -> None:
    code, text = auth(session(), DOCTOR_BOX, token(DOCTOR))
    assert (code, text[:6]) == (503, b"5.5.1 ")


def test_starttls_twice_is_503(secured: Connect) -> None:
    assert secured().docmd("STARTTLS")[0] == 503


def test_helo_offers_no_authentication(secured: Connect) -> None:
    client = secured()
    assert client.helo("x")[0] == 250
    assert client.docmd("AUTH", "XOAUTH2")[0] == 500


def test_commands_sent_before_the_handshake_are_forgotten(server: Server, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 60) as plain:
        plain.recv(1000)
        plain.sendall(b"EHLO a\r\n")
        told = b""
        while b"\r\n250 " not in told:
            told += plain.recv(1000)
        plain.sendall(b"STARTTLS\r\nEHLO injected\r\n")
        assert plain.recv(1000).startswith(b"220 2.0.0")
        context = ssl.create_default_context(cafile=server.ca)
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            secure.settimeout(0.5)
            with pytest.raises(TimeoutError):
                secure.recv(1000)


def test_a_failed_handshake_leaves_the_server_well(connect: Connect) -> None:
    client = connect()
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())
    assert connect().noop()[0] == 250


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today(connect: Connect, server: Server, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=server.ca)
    context.minimum_version = context.maximum_version = version
    client = connect()
    client.starttls(context=context)
    assert client.sock.version() == version.name.replace("_", ".")  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_tls_of_the_past_is_refused(connect: Connect, version: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # ours would refuse as well
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError) as raised:
        connect().starttls(context=context)
    assert "PROTOCOL_VERSION" in str(raised.value).upper().replace(" ", "_")
    assert connect().noop()[0] == 250


def test_smtplib_can_authenticate_by_its_own_method(secured: Connect, token: Any) -> None:
    client = secured()
    response = base64.b64decode(xoauth2(DOCTOR_BOX, token(DOCTOR))).decode()
    assert client.auth("XOAUTH2", lambda challenge=None: response)[0] == 235


def test_smtplib_reports_a_refusal(secured: Connect) -> None:
    client = secured()
    response = base64.b64decode(xoauth2(DOCTOR_BOX, "x")).decode()

    def answer(challenge: bytes | None = None) -> str:
        return response if challenge is None else ""

    with pytest.raises(smtplib.SMTPAuthenticationError) as raised:
        client.auth("XOAUTH2", answer)
    assert raised.value.smtp_code == 535
