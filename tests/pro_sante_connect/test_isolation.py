"""A token is worth something in one tenant, signed by us, and until it is ended."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.wire.verification import CACHE, PscTokens
from services.kernel.ports import Caller
from tests.conftest import Server
from tests.pro_sante_connect.conftest import DEMO, DOCTOR, REDIRECT, RelyingParty, claims

Verify = Callable[[str], Caller | None]


@pytest.fixture
def verify(server: Server, tenant: str) -> Verify:
    """The port, asked as the sandbox APIs ask it."""

    async def ask(token: str) -> Caller | None:
        space = await server.sandbox.tenants.get(tenant)
        return await server.sandbox.ports.tokens.verify(space, token)

    return lambda token: server.run(ask(token))


@pytest.fixture
def other(server: Server, tenant: str) -> Any:
    with httpx.Client(
        base_url=f"{server.url}/t/{tenant}-autre", trust_env=False, timeout=30
    ) as client:
        yield client


def test_the_port_knows_the_caller(psc: RelyingParty, verify: Verify) -> None:
    tokens = psc.tokens()
    caller = verify(tokens["access_token"])
    assert caller is not None
    assert (caller.id_nat, caller.profession, caller.client_id) == (DOCTOR, "10", "socle-demo")
    assert (caller.given_name, caller.family_name) == ("Claire", "EXEMPLAIRE")
    assert caller.session_id == tokens["session_state"]
    assert caller.expires_at == claims(tokens["access_token"])["exp"] * 1_000_000


def test_a_known_token_is_a_dictionary_look_up(
    psc: RelyingParty, verify: Verify, server: Server, tenant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = psc.tokens()["access_token"]
    first = verify(token)

    async def never(*arguments: object) -> None:
        raise AssertionError("verified twice")

    monkeypatch.setattr(PscTokens, "_caller", never)
    assert verify(token) is first
    monkeypatch.undo()
    known = server.sandbox.tenants._known[tenant].memory[CACHE]
    assert list(known) == [token]


def test_the_memory_of_tokens_is_bounded(
    psc: RelyingParty, verify: Verify, server: Server, tenant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pro_sante_connect.wire.verification.MOST", 2)
    tokens = [psc.tokens()["access_token"] for _ in range(4)]
    assert all(verify(token) for token in tokens)
    assert list(server.sandbox.tenants._known[tenant].memory[CACHE]) == tokens[2:]


def test_a_known_token_expires_on_the_tenants_clock(psc: RelyingParty, verify: Verify) -> None:
    psc.at(0)
    token = psc.tokens()["access_token"]
    assert verify(token)
    psc.at(120)
    assert verify(token) is None


def test_ended_tokens_are_forgotten_at_once(psc: RelyingParty, verify: Verify) -> None:
    tokens = psc.tokens()
    assert verify(tokens["access_token"])
    psc.logout(id_token_hint=tokens["id_token"])
    assert verify(tokens["access_token"]) is None


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_revoked_tokens_are_forgotten_at_once(
    psc: RelyingParty, verify: Verify, name: str
) -> None:
    tokens = psc.tokens()
    assert verify(tokens["access_token"])
    psc.back.post(f"{CONNECT}/revoke", data={"token": tokens[name]}, auth=DEMO)
    assert verify(tokens["access_token"]) is None


@pytest.mark.parametrize("replay", ["code", "refresh_token"])
def test_a_replay_is_felt_at_once(psc: RelyingParty, verify: Verify, replay: str) -> None:
    code = psc.code()
    tokens = psc.redeem(code).json()
    if replay == "refresh_token":
        psc.refresh(tokens["refresh_token"])
    assert verify(tokens["access_token"])
    _ = psc.redeem(code) if replay == "code" else psc.refresh(tokens["refresh_token"])
    assert verify(tokens["access_token"]) is None


def test_a_reset_ends_every_token(psc: RelyingParty, verify: Verify) -> None:
    tokens, code = psc.tokens(), psc.code()
    assert verify(tokens["access_token"])
    assert psc.api.post("/sandbox/reset", json={}).status_code == 200
    assert verify(tokens["access_token"]) is None
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert psc.refresh(tokens["refresh_token"]).status_code == 400
    assert psc.redeem(code).json()["error_description"] == "Code not valid"


def test_another_tenants_tokens_are_refused_everywhere(
    psc: RelyingParty, other: httpx.Client
) -> None:
    tokens, code = psc.tokens(), psc.code()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert other.get(f"{CONNECT}/userinfo", headers=bearer).status_code == 401
    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = other.post(f"{CONNECT}/token/introspect", data={"token": token}, auth=DEMO)
        assert answer.json() == {"active": False}
        other.post(f"{CONNECT}/revoke", data={"token": token}, auth=DEMO)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert other.post(f"{CONNECT}/token", data=form, auth=DEMO).status_code == 400
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert other.post(f"{CONNECT}/token", data=form, auth=DEMO).status_code == 400
    hint = {"id_token_hint": tokens["id_token"]}
    assert other.get(f"{CONNECT}/logout", params=hint).status_code == 400
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    assert psc.redeem(code).status_code == 200


def test_another_tenants_session_cookie_opens_nothing(
    psc: RelyingParty, other: httpx.Client
) -> None:
    psc.authorize()
    other.cookies = httpx.Cookies(dict(psc.api.cookies.items()))
    answer = other.get("/psc/auth", params={
        "response_type": "code", "client_id": "socle-demo", "redirect_uri": REDIRECT,
        "scope": "openid", "prompt": "none",
    })
    assert "error=login_required" in answer.headers["location"]


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_forged_tokens_are_refused(psc: RelyingParty, verify: Verify) -> None:
    genuine = psc.tokens()["access_token"]
    read = claims(genuine)
    _, payload, signature = genuine.split(".")
    public = psc.api.get(f"{CONNECT}/certs").json()["keys"][0]
    own = RSAKey.generate_key(2048)
    text = json.dumps(read).encode()
    embedded = {"alg": "RS256", "jwk": own.as_dict(private=False), "kid": public["kid"]}
    forged = [
        f"{_part({'alg': 'none'})}.{payload}.",
        f"{_part({'alg': 'None', 'typ': 'JWT'})}.{payload}.{signature}",
        jws.serialize_compact({"alg": "HS256", "kid": public["kid"]}, text,
                              OctKey.import_key(json.dumps(public)), algorithms=["HS256"]),
        jws.serialize_compact({"alg": "RS256", "kid": public["kid"]}, text, own),
        jws.serialize_compact(embedded, text, own),
        f"{_part({'alg': 'RS256', 'kid': '../../etc/passwd'})}.{payload}.{signature}",
        f"{_part({'alg': 'RS256', 'crit': 1})}.{payload}.{signature}",
        f"{_part({'alg': ['RS256']})}.{payload}.{signature}", f"{_part([])}.{payload}.{signature}",
        genuine[:-4] + "AAAA", genuine + "A", payload,
    ]
    for token in forged:
        assert verify(token) is None, token
    assert verify(genuine)
