"""`request`, `request_uri`, `claims` and the wildcard of the test platform (case 8)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from pro_sante_connect.domain.keys import base64url
from pro_sante_connect.domain.redirection import is_allowed
from tests.pro_sante_connect.conftest import DEMO, REDIRECT, RelyingParty, callback, claims

Journal = Callable[..., list[dict[str, Any]]]


def signed(
    content: object, *, secret: str = DEMO[1], alg: str = "HS256", digest: str = "sha256",
    **header: object,
) -> str:
    parts = [
        base64url(json.dumps(each).encode()) for each in ({"alg": alg} | header, content)
    ]
    text = ".".join(parts)
    return f"{text}.{base64url(hmac.digest(secret.encode(), text.encode(), digest))}"


def test_what_the_object_says_prevails(psc: RelyingParty) -> None:
    asked = signed({
        "iss": DEMO[0], "aud": psc.issuer, "client_id": DEMO[0], "nonce": "dans-l-objet-" * 3,
        "state": "dedans", "max_age": 600, "exp": 9_999_999_999, "redirect_uri": REDIRECT,
    })
    given = callback(psc.authorize(request=asked, state="dehors", redirect_uri=None))
    assert given["state"] == "dedans"
    tokens = psc.redeem(given["code"]).json()
    assert claims(tokens["id_token"])["nonce"] == "dans-l-objet-" * 3


@pytest.mark.parametrize(("alg", "digest"), [("HS384", "sha384"), ("HS512", "sha512")])
def test_the_longer_hashes_are_read(psc: RelyingParty, alg: str, digest: str) -> None:
    assert "code" in callback(psc.authorize(request=signed({}, alg=alg, digest=digest)))


def test_a_pushed_object_is_read_too(psc: RelyingParty) -> None:
    pushed = psc.push(request=signed({"state": "dedans"})).json()["request_uri"]
    assert callback(psc.named(pushed))["state"] == "dedans"
    assert psc.push(request=signed({}, secret="faux")).json()["error"] == "invalid_request_object"


NONE = base64url(b'{"alg":"none"}') + "." + base64url(b"{}") + "."
BAD = {
    "none": NONE, "wrong secret": signed({}, secret="faux"), "RS256": signed({}, alg="RS256"),
    "crit": signed({}, crit=["exp"]), "its own key": signed({}, secret="à moi", jwk={"kty": "oct"}),
    "another hash": signed({}, alg="HS512"), "not an object": signed([]), "text": "x",
    "four parts": "a.b.c.d", "base64": "é.é.é", "alg list": signed({}, alg=["HS256"]),
    "another issuer": signed({"iss": "autre"}), "another audience": signed({"aud": "autre"}),
    "another client": signed({"client_id": "socle-exact"}),
    "another type": signed({"response_type": "token"}), "late": signed({"exp": 1}),
    "early": signed({"nbf": 9_999_999_999}), "odd instant": signed({"exp": "demain"}),
    "nested": signed({"request": "a.b.c"}), "oversized": signed({"state": "x" * 20_000}),
    "naming another": signed({"request_uri": "https://a.test/"}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_object_is_refused_to_the_client(psc: RelyingParty, name: str) -> None:
    answer = psc.api.post("/psc/auth", data={
        "response_type": "code", "client_id": DEMO[0], "redirect_uri": REDIRECT,
        "scope": "openid scope_all", "request": BAD[name],
    })
    given = callback(answer)
    assert (given["error"], given["error_description"]) == (
        "invalid_request_object", "Invalid request object"
    )


def test_a_bad_object_that_alone_says_where_to_go_is_a_page(psc: RelyingParty) -> None:
    answer = psc.authorize(request=NONE, redirect_uri=None)
    assert answer.status_code == 400
    assert "Invalid request object" in answer.text


def test_an_object_cannot_choose_an_unregistered_address(psc: RelyingParty) -> None:
    answer = psc.authorize(request=signed({"redirect_uri": "https://a.test/"}))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize("uri", [
    "http://127.0.0.1:1/objet", "http://169.254.169.254/", "file:///etc/passwd",
    "urn:ietf:params:oauth:autre:x",
])
def test_no_request_uri_is_ever_fetched(psc: RelyingParty, uri: str) -> None:
    given = callback(psc.authorize(request_uri=uri))
    assert given["error"] == "invalid_request_uri"


@pytest.mark.parametrize("asked", ["{", "[]", '"x"', '{"id_token": 1}', '{"userinfo": []}'])
def test_claims_that_cannot_be_read_are_refused(psc: RelyingParty, asked: str) -> None:
    given = callback(psc.authorize(claims=asked))
    assert given["error_description"] == "Invalid parameter: claims"


@pytest.mark.parametrize(("asked", "seen"), [
    ('{"id_token": {"acr": {"essential": true, "values": ["eidas1"]}}}', True),
    ('{"id_token": {"acr": {"value": "eidas1"}, "sub": null}, "userinfo": null}', True),
    ('{"id_token": {"acr": {"values": ["eidas3"]}}}', False),
    ('{"id_token": {"acr": null}}', False), ('{"id_token": {"acr": {"values": 3}}}', False),
])
def test_claims_may_ask_for_the_level(
    psc: RelyingParty, journal: Journal, asked: str, seen: bool
) -> None:
    assert "code" in callback(psc.authorize(claims=asked, acr_values=None))
    rules = [each["rule"] for each in journal(transaction="psc.auth")[0]["findings"]]
    assert ("EXI PSC 6" not in rules) is seen


def test_08_a_wildcard_is_for_flagged_clients_only(psc: RelyingParty) -> None:
    psc.register("joker", redirect_uris=["https://logiciel.test/retour/*"], wildcard=True)
    for path in ("", "a", "a/b?c=d"):
        uri = f"https://logiciel.test/retour/{path}"
        assert "code" in callback(psc.authorize(client_id="joker", redirect_uri=uri))
    code = psc.code(client_id="joker", redirect_uri="https://logiciel.test/retour/a")
    form = {"redirect_uri": "https://logiciel.test/retour/b"}
    answer = psc.redeem(code, ("joker", "joker"), **form)
    assert answer.json()["error_description"] == "Incorrect redirect_uri"
    refused = psc.api.post("/sandbox/clients", json={"redirect_uris": ["https://a.test/*"]})
    assert refused.status_code == 422


@pytest.mark.parametrize("uri", [
    "https://logiciel.test/autre", "https://logiciel.test.mechant.test/retour/a",
    "https://logiciel.test/retour/../admin", "https://logiciel.test/retour/%2e%2e/admin",
    "https://logiciel.test/retour/%2e%2e%2fadmin", "https://logiciel.test/retour/..%5cadmin",
    "https://logiciel.test/retour/\\..\\admin", "https://logiciel.test/retour/#x",
    "https://logiciel.test/retour/@autre.test", "https://logiciel.test/retour/é", "",
])
def test_08_a_wildcard_opens_nothing_else(uri: str) -> None:
    registered = ("https://logiciel.test/retour/*",)
    assert not is_allowed(uri, registered, any_loopback=False, wildcard=True)
    assert not is_allowed("https://logiciel.test/retour/a", registered, any_loopback=False)
    assert not is_allowed(registered[0], registered, any_loopback=False)
