"""What an attacker tries on Pro Santé Connect: forged tokens on every door, keys from elsewhere,
addresses to be fetched, answers mixed up between providers."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from pro_sante_connect.codes import CIBA_GRANT, CONNECT
from pro_sante_connect.wire import client_authentication
from services.population.base import base
from tests.pro_sante_connect.conftest import (
    DEMO,
    DOCTOR,
    REDIRECT,
    RelyingParty,
    claims,
    hidden,
    psc,
    secure,
)

__all__ = ["psc", "secure"]  # fixtures
Hits = list[str]


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, Hits]]:
    """An attacker's server: its address, and what was fetched there."""
    hits: Hits = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}", hits
        served.shutdown()


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def forgeries(token: str, key: dict[str, Any], address: str) -> dict[str, str]:
    """Tokens with the claims of a genuine one, each by another trick. key: a published one."""
    _, payload, signature = token.split(".")
    text, own = json.dumps(claims(token)).encode(), RSAKey.generate_key(2048)
    public = own.as_dict(private=False)
    kid = key["kid"]

    def signed(**header: Any) -> str:
        """By the attacker's key."""
        named = {"alg": "RS256", "typ": "JWT", "kid": kid} | header
        first = f"{part(named)}.{payload}"
        made = jws.serialize_compact({"alg": "RS256"}, text, own)
        return f"{first}.{made.rsplit('.', 1)[1]}"

    def hashed(secret: str) -> str:
        """RS256 read as HS256, the public key being the secret."""
        first = f"{part({'alg': 'HS256', 'kid': kid})}.{payload}"
        digest = hmac.digest(secret.encode(), first.encode(), "sha256")
        return f"{first}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    pem = f"-----BEGIN CERTIFICATE-----\n{key['x5c'][0]}\n-----END CERTIFICATE-----\n"
    return {
        "alg none": f"{part({'alg': 'none', 'kid': kid})}.{payload}.",
        "alg None, signature kept": f"{part({'alg': 'None', 'kid': kid})}.{payload}.{signature}",
        "alg absent": f"{part({'kid': kid})}.{payload}.{signature}",
        "public key as a secret, JWK": hashed(json.dumps(key)),
        "public key as a secret, PEM": hashed(pem),
        "public key as a secret, modulus": hashed(key["n"]),
        "another key": signed(),
        "jwk": signed(jwk=public | {"kid": kid}), "jwk without kid": signed(jwk=public, kid=None),
        "jku": signed(jku=f"{address}/jku"), "x5u": signed(x5u=f"{address}/x5u"),
        "x5c": signed(x5c=key["x5c"]), "kid of a file": signed(kid="../../../../dev/null"),
        "kid of a key's file": signed(kid="signing.pem"), "kid by SQL": signed(kid="' or 1=1 --"),
        "kid address": signed(kid=f"{address}/kid"), "kid list": signed(kid=[kid]),
        "kid empty": signed(kid=""), "kid huge": signed(kid="k" * 5000),
        "crit": signed(crit=["exp"]), "b64": signed(b64=False, crit=["b64"]),
        "other claims": ".".join((token.split(".")[0], part(claims(token) | {"sub": "x"}),
                                  signature)),
        "signature cut": token[:-20], "signature gone": f"{token.rsplit('.', 1)[0]}.",
        "three dots": f"{token}.x", "encrypted": f"{token}.x.y", "padded": f"{token}==",
    }


def test_forged_tokens_open_no_door_and_nothing_is_fetched(
    psc: RelyingParty, elsewhere: tuple[str, Hits]
) -> None:
    tokens = psc.tokens()
    keys = psc.api.get(f"{CONNECT}/certs").json()["keys"]
    signing = next(each for each in keys if each["use"] == "sig")
    address, hits = elsewhere
    for name, token in forgeries(tokens["access_token"], signing, address).items():
        assert psc.userinfo(token).status_code == 401, name
        assert psc.introspect(token).json() == {"active": False}, name
        assert psc.back.post(f"{CONNECT}/revoke", data={"token": token}, auth=DEMO).is_success
    for name, token in forgeries(tokens["id_token"], signing, address).items():
        assert psc.logout(id_token_hint=token).status_code == 400, name
    for name, token in forgeries(tokens["refresh_token"], signing, address).items():
        assert psc.refresh(token).json()["error"] == "invalid_grant", name
    asked = psc.asked()
    for name, token in {"as it is": tokens["access_token"], "cut": asked[:-4], "none": "x.y.z",
                        "unsigned": f"{part({'alg': 'none'})}.{asked.split('.')[1]}."}.items():
        assert psc.poll(token).json()["error"] == "invalid_grant", name
    assert hits == []
    assert psc.userinfo(tokens["access_token"]).status_code == 200


def test_what_a_client_says_of_itself_is_never_fetched(
    psc: RelyingParty, elsewhere: tuple[str, Hits]
) -> None:
    address, hits = elsewhere
    psc.register("curieux", any_loopback=True)
    psc.api.post("/sandbox/clients", json={
        "client_id": "avec-cles", "client_secret": "s", "any_loopback": True,
        "jwks_uri": f"{address}/jwks", "request_uris": [f"{address}/demande"],
        "sector_identifier_uri": f"{address}/secteur", "logo_uri": f"{address}/logo",
    })
    for name, value in {
        "request_uri": f"{address}/demande", "jwks_uri": f"{address}/jwks",
        "claims": json.dumps({"id_token": {"sub": {"value": address}}}),
        "id_token_hint": f"{part({'alg': 'RS256', 'jku': address})}.e30.x",
    }.items():
        psc.authorize(client_id="curieux", **{name: value})
    assertion = f"{part({'alg': 'RS256', 'jku': f'{address}/jku'})}.{part({'iss': 'curieux'})}.x"
    refused = psc.token(None, grant_type="authorization_code", code="x", redirect_uri=REDIRECT,
                        client_id="curieux", client_assertion=assertion,
                        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:"
                                              "jwt-bearer")
    assert refused.status_code == 401
    assert hits == []


@pytest.mark.parametrize("given", [
    ("socle-demo", "faux"), ("socle-demo", ""), ("personne", "faux"), ("personne", ""),
    ("socle-demo", "socle-dem"), ("socle-demo", "é" * 100),
], ids=str)
def test_secrets_are_compared_in_constant_time(
    psc: RelyingParty, monkeypatch: pytest.MonkeyPatch, given: tuple[str, str]
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    true = client_authentication.hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return true(one, other)

    monkeypatch.setattr(client_authentication.hmac, "compare_digest", watched)
    answer = psc.token(None, grant_type="refresh_token", refresh_token="x",
                       client_id=given[0], client_secret=given[1])
    assert answer.status_code == 401
    # An unknown client costs the same comparison as a wrong secret.
    assert [other for _, other in compared] == [given[1].encode()]


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize("refused", [False, True], ids=["code", "error"])
def test_every_answer_names_who_gives_it(psc: RelyingParty, mode: str, refused: bool) -> None:
    """RFC 9207: a client of two providers knows whose code it holds."""
    psc.ecps("refuse" if refused else "auto")
    answer = psc.authorize(response_mode=mode)
    if mode == "form_post":
        said = {name: hidden(answer, name) for name in ("iss", "error" if refused else "code")}
    else:
        parts = urlsplit(answer.headers["location"])
        said = dict(parse_qsl(parts.fragment if mode == "fragment" else parts.query))
    assert said["iss"] == psc.issuer
    assert ("error" in said) is refused


def test_a_code_is_worth_nothing_at_another_provider(psc: RelyingParty, server: Any) -> None:
    """The mix-up itself: the code of one tenant, carried to another's token endpoint."""
    code = psc.code()
    with httpx.Client(base_url=f"{server.url}/t/attaquant", trust_env=False) as other:
        answer = other.post(f"{CONNECT}/token", auth=DEMO, data={
            "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT,
        })
    assert answer.json()["error"] == "invalid_grant"
    assert psc.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["claims", "request", "login_hint", "acr_values", "prompt"])
@pytest.mark.parametrize("value", [
    "[" * 3000, '{"a":' * 800 + "1" + "}" * 800, f"{part({'alg': 'HS256'})}.{'e' * 3000}.x",
], ids=["brackets", "objects", "token"])
def test_nested_and_long_values_are_refused_not_a_bug(
    psc: RelyingParty, journal: Callable[..., list[dict[str, Any]]], name: str, value: str
) -> None:
    answer = psc.authorize(**{name: value})
    assert answer.status_code in {200, 302}
    (entry,) = journal(transaction="psc.auth")
    assert entry["outcome"] != "error"


@pytest.mark.parametrize("action", ["accept", "continue", "refuse"])
def test_another_site_cannot_press_a_button_of_the_wallet(
    psc: RelyingParty, action: str
) -> None:
    """A form posted from elsewhere: the attacker's sealed page, in the victim's browser."""
    page = psc.back.get("/psc/auth", params={
        "response_type": "code", "client_id": DEMO[0], "redirect_uri": REDIRECT,
        "scope": "openid scope_all",
    })
    psc.authorize()  # the victim has a session
    answer = psc.api.post("/psc/auth/login", headers={"Origin": "https://attaquant.example"}, data={
        "request": hidden(page), "action": action, "id_nat": DOCTOR,
    })
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_another_site_cannot_log_out_nor_answer_on_a_device(psc: RelyingParty) -> None:
    psc.authorize()
    psc.ecps("manual")
    psc.asked()
    elsewhere = {"Origin": "https://attaquant.example", "Sec-Fetch-Site": "cross-site"}
    for form in ({}, {"request": "x"}, {"client_id": DEMO[0]}):
        psc.api.post(f"{CONNECT}/logout", data=form, headers=elsewhere)
    answer = psc.api.post("/psc/auth/ecps", headers=elsewhere, data={
        "id": psc.shown()[0]["id"], "action": "accept", "page": "x",
    })
    assert answer.status_code == 400
    assert psc.shown()[0]["status"] == "pending"
    assert "code" in psc.authorize(prompt="none").headers["location"]  # the session lives


REDIRECTS = [
    "https://attaquant.example/", "//attaquant.example", "/\\attaquant.example", "\\\\x",
    "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1@attaquant.example/",
    "http://localhost.attaquant.example/", "http://127.0.0.1:80@attaquant.example/",
    "http://127.0.0.1#@attaquant.example/", "http://[::1]@attaquant.example/",
    "http://127.1/", "http://2130706433/", "http://127.0.0.1\t/", "http://127.0.0.1\r\nX: y/",
]


@pytest.mark.parametrize("uri", REDIRECTS, ids=quote)
def test_no_address_of_the_pages_is_an_open_redirect(psc: RelyingParty, uri: str) -> None:
    for answer in (
        psc.authorize(redirect_uri=uri), psc.authorize(redirect_uri=uri, prompt="none"),
        psc.logout(post_logout_redirect_uri=uri, client_id=DEMO[0]),
        psc.logout(post_logout_redirect_uri=uri, id_token_hint=psc.tokens()["id_token"]),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert 'http-equiv="refresh"' not in answer.text


def test_a_poll_of_another_client_learns_nothing(psc: RelyingParty) -> None:
    psc.register("autre", any_loopback=True, flows=["authorization_code", CIBA_GRANT])
    assert DOCTOR in base().professionals
    asked = psc.asked()
    assert psc.poll(asked, ("autre", "autre")).json()["error"] == "invalid_grant"
    assert psc.poll(asked).status_code == 200
