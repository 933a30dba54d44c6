"""Pushed authorization requests (RFC 9126)."""

from __future__ import annotations

import hashlib

import pytest

from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import EXACT, REDIRECT, RelyingParty, callback

VERIFIER = "v" * 43


def test_a_pushed_request_is_named_then_answered(psc: RelyingParty) -> None:
    challenge = base64url(hashlib.sha256(VERIFIER.encode()).digest())
    answer = psc.push(code_challenge=challenge, code_challenge_method="S256")
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 60
    given = callback(psc.named(answer.json()["request_uri"]))
    assert given["state"] == "s"
    tokens = psc.redeem(given["code"], code_verifier=VERIFIER)
    assert tokens.status_code == 200


def test_what_the_address_adds_is_ignored(psc: RelyingParty) -> None:
    uri = psc.push().json()["request_uri"]
    given = callback(psc.named(uri, state="autre", redirect_uri="https://example.org/"))
    assert given["state"] == "s"


def test_it_is_good_once(psc: RelyingParty) -> None:
    uri = psc.push().json()["request_uri"]
    assert "code" in callback(psc.named(uri))
    assert psc.named(uri).status_code == 400


def test_it_is_good_for_a_minute(psc: RelyingParty) -> None:
    psc.at(0)
    first, second = (psc.push().json()["request_uri"] for _ in range(2))
    psc.at(59)
    assert "code" in callback(psc.named(first))
    psc.at(60)
    assert psc.named(second).status_code == 400


def test_another_client_cannot_name_it_nor_spend_it(psc: RelyingParty) -> None:
    uri = psc.push().json()["request_uri"]
    assert psc.named(uri, EXACT[0]).status_code == 400
    assert "code" in callback(psc.named(uri))


def test_another_tenant_does_not_know_it(psc: RelyingParty) -> None:
    uri = psc.push().json()["request_uri"]
    other = str(psc.api.base_url).rstrip("/") + "-b/psc/auth"
    answer = psc.api.get(other, params={"client_id": "socle-demo", "request_uri": uri})
    assert answer.status_code == 400


@pytest.mark.parametrize(("changes", "error"), [
    ({"redirect_uri": "https://example.org/"}, "invalid_request"),
    ({"redirect_uri": None}, "invalid_request"),
    ({"response_type": "jeton"}, "unsupported_response_type"),
    ({"scope": "openid tout"}, "invalid_scope"),
    ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    ({"code_challenge": "court"}, "invalid_request"),
])
def test_a_bad_request_is_refused_when_pushed(
    psc: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    answer = psc.push(**changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_the_client_proves_itself(psc: RelyingParty) -> None:
    assert psc.push(("socle-demo", "faux")).status_code == 401
    assert psc.push(None, client_id="socle-demo").status_code == 401


def test_a_page_keeps_the_pushed_request(psc: RelyingParty) -> None:
    psc.ecps("manual")
    page = psc.named(psc.push().json()["request_uri"])
    assert page.status_code == 200
    answer = psc.press(page, "accept", id_nat="899900000011")
    assert answer.headers["location"].startswith(REDIRECT)
    assert "code" in callback(answer)
