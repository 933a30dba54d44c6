"""Clients that prove themselves by a certificate, and tokens bound to one (cases 31, 32, 34)."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import (
    DOCTOR,
    EDC,
    REDIRECT,
    RelyingParty,
    Secure,
    claims,
)

FORM = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
MISSING = (401, "invalid_client", "Client certificate is required")
INVALID = (401, "invalid_client", "Client certificate is not valid")
MISMATCH = (401, "invalid_client", "Client certificate does not match")
WRONG_SECRET = (401, "unauthorized_client", "Invalid client or Invalid client credentials")
BOUND = "Client certificate missing, or its thumbprint and one in the refresh token did NOT match"


def said(answer: httpx.Response) -> tuple[int, str, str]:
    content = answer.json()
    return answer.status_code, content["error"], content["error_description"]


@pytest.fixture
def edc(psc: RelyingParty) -> RelyingParty:
    """With a client of the espace de confiance."""
    psc.trusted()
    return psc


def redeem(psc: RelyingParty, by: httpx.Client, **form: str) -> httpx.Response:
    return psc.prove(by, **form)


def test_31_the_certificate_is_enough(edc: RelyingParty, secure: Secure) -> None:
    answer = redeem(edc, secure())
    assert answer.status_code == 200, answer.text
    assert answer.json()["id_token"]


def test_31_another_name_is_refused(edc: RelyingParty, secure: Secure) -> None:
    assert said(redeem(edc, secure(cn="autre"))) == MISMATCH


def test_31_a_secret_alone_is_refused(edc: RelyingParty, secure: Secure) -> None:
    assert said(redeem(edc, edc.back, client_secret=EDC)) == MISSING
    assert said(redeem(edc, secure(""), client_secret=EDC)) == MISSING
    assert said(redeem(edc, edc.back)) == MISSING


@pytest.mark.parametrize("variant", ["expired", "revoked", "wrong_usage", "self_signed"])
def test_a_bad_certificate_is_refused(edc: RelyingParty, secure: Secure, variant: str) -> None:
    assert said(redeem(edc, secure(variant))) == INVALID


def test_secret_and_certificate_together_are_accepted(edc: RelyingParty, secure: Secure) -> None:
    by = secure()
    assert redeem(edc, by, client_secret=EDC).status_code == 200
    assert said(redeem(edc, by, client_secret="faux")) == WRONG_SECRET
    basic = by.post(f"{CONNECT}/token", auth=(EDC, EDC),
                    data=FORM | {"code": edc.code(client_id=EDC)})
    assert basic.status_code == 200


def test_every_back_channel_endpoint_takes_it(edc: RelyingParty, secure: Secure) -> None:
    by, own = secure(), {"client_id": EDC}
    token = redeem(edc, by).json()["access_token"]
    assert by.post(f"{CONNECT}/token/introspect", data=own | {"token": token}).json()["active"]
    assert said(edc.introspect(token, (EDC, EDC))) == MISSING
    asked = by.post(f"{CONNECT}/ext/ciba/auth", data=own | {
        "scope": "openid scope_all", "login_hint": DOCTOR, "binding_message": "42",
    })
    assert asked.status_code == 200
    assert by.post(f"{CONNECT}/ext/par/request", data=own | {
        "response_type": "code", "redirect_uri": REDIRECT, "scope": "openid scope_all",
    }).status_code == 201
    assert by.post(f"{CONNECT}/revoke", data=own | {"token": token}).status_code == 200


def test_an_ordinary_client_may_use_one_too(psc: RelyingParty, secure: Secure) -> None:
    by = secure(cn="socle-demo")
    answer = by.post(f"{CONNECT}/token", data=FORM | {
        "code": psc.code(), "client_id": "socle-demo"})
    assert answer.status_code == 200
    assert "cnf" not in claims(answer.json()["access_token"])
    assert said(psc.token(None, grant_type="refresh_token", client_id="socle-demo")) == WRONG_SECRET
    other = by.post(f"{CONNECT}/token", data=FORM | {"code": "x", "client_id": "inconnu"})
    assert said(other) == WRONG_SECRET


def test_require_mtls_wants_one_of_every_client(psc: RelyingParty, secure: Secure) -> None:
    code = psc.code()
    assert psc.api.put("/sandbox/psc", json={"require_mtls": True}).status_code == 200
    assert said(psc.redeem(code)) == MISSING
    by = secure(cn="socle-demo")
    answer = by.post(f"{CONNECT}/token", auth=("socle-demo", "socle-demo"),
                     data=FORM | {"code": code})
    assert answer.status_code == 200


def hashed(by: httpx.Client, api: httpx.Client, tmp_path: Path) -> bytes:
    """SHA-256 of the certificate made last."""
    latest = max(tmp_path.glob("*.pem"), key=lambda path: int(path.stem))
    pem = x509.load_pem_x509_certificates(latest.read_bytes())[0]
    from cryptography.hazmat.primitives.serialization import Encoding

    return hashlib.sha256(pem.public_bytes(Encoding.DER)).digest()


def test_32_the_thumbprint_is_that_of_ans_or_of_the_rfc(
    edc: RelyingParty, secure: Secure, tmp_path: Path
) -> None:
    by = secure()
    digest = hashed(by, edc.api, tmp_path)
    read = claims(redeem(edc, by).json()["access_token"])
    assert read["cnf"] == {"x5t#S256": base64.b64encode(digest.hex().encode()).decode()}
    edc.api.put("/sandbox/psc", json={"quirks": {"cnf": "rfc8705"}})
    read = claims(redeem(edc, by).json()["access_token"])
    assert read["cnf"] == {"x5t#S256": base64url(digest)}


@pytest.mark.parametrize("cnf", ["ans", "rfc8705"])
def test_34_a_bound_token_is_worth_nothing_with_another_certificate(
    edc: RelyingParty, secure: Secure, cnf: str
) -> None:
    edc.api.put("/sandbox/psc", json={"quirks": {"cnf": cnf}})
    by, other = secure(), secure()
    tokens = redeem(edc, by).json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert by.get(f"{CONNECT}/userinfo", headers=bearer).status_code == 200
    for caller in (other, edc.back):
        answer = caller.get(f"{CONNECT}/userinfo", headers=bearer)
        assert said(answer) == (401, "invalid_token", BOUND)
        assert "www-authenticate" in answer.headers
    form: dict[str, Any] = {
        "grant_type": "refresh_token", "client_id": EDC,
        "refresh_token": tokens["refresh_token"],
    }
    assert said(other.post(f"{CONNECT}/token", data=form)) == (400, "unauthorized_client", BOUND)
    assert by.post(f"{CONNECT}/token", data=form).status_code == 200
