"""Another key signs, and the former one stays published while its tokens live (case 40)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet
from typer.testing import CliRunner

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.domain.provider import Provider
from pro_sante_connect.domain.rotation import KEYS
from services.cli import app
from tests.confiance import Software, realm
from tests.conftest import Server
from tests.pro_sante_connect.conftest import RelyingParty


def rotate(psc: RelyingParty) -> dict[str, Any]:
    answer = psc.api.post("/sandbox/psc/keys", json={})
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.json()
    return content


def key_set(api: httpx.Client) -> KeySet:
    return KeySet.import_key_set(api.get(f"{CONNECT}/certs").json())


def kids(api: httpx.Client) -> list[str]:
    return [each["kid"] for each in api.get(f"{CONNECT}/certs").json()["keys"]
            if each["use"] == "sig"]


def kid(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def test_40_tokens_of_before_verify_while_their_key_is_published(psc: RelyingParty) -> None:
    psc.at(0)
    old = psc.tokens()
    told = rotate(psc)
    new = psc.tokens()
    assert kid(old["id_token"]) == told["retired"][0]["kid"] != told["current"]["kid"]
    assert kid(new["id_token"]) == kid(new["access_token"]) == told["current"]["kid"]
    assert kids(psc.api) == [told["current"]["kid"], told["retired"][0]["kid"]]
    for tokens in (old, new):
        jwt.decode(tokens["id_token"], key_set(psc.api), algorithms=["RS256"])
        assert psc.userinfo(tokens["access_token"]).status_code == 200
        assert psc.introspect(tokens["access_token"]).json()["active"]
    assert psc.refresh(old["refresh_token"]).status_code == 200
    psc.at(4 * 3600 - 1)
    assert len(kids(psc.api)) == 2
    psc.at(4 * 3600)
    assert kids(psc.api) == [told["current"]["kid"]]
    assert psc.api.get("/sandbox/psc/keys").json()["retired"] == []
    # An expired hint still closes the session, whichever key signed it.
    assert psc.logout("POST", id_token_hint=old["id_token"]).status_code == 200


def test_40_a_client_that_meets_an_unknown_key_reads_the_set_again(psc: RelyingParty) -> None:
    known = key_set(psc.api)
    rotate(psc)
    token = psc.tokens()["id_token"]
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, known, algorithms=["RS256"])
    assert jwt.decode(token, key_set(psc.api), algorithms=["RS256"]).claims["typ"] == "ID"


def test_tokens_of_apis_are_signed_with_the_same_key(
    psc: RelyingParty, software: Software
) -> None:
    software.register()
    by = software.secure()
    old = software.token(by, "dmp")
    told = rotate(psc)
    new = software.token(by, "dmp")
    assert kid(new) == told["current"]["kid"] != kid(old)
    for token in (old, new):
        shown = by.post(f"{realm('dmp')}/token/introspect", data={
            "client_id": "lps-edc", "token": token}).json()
        assert shown["active"]
    assert psc.api.get(f"{realm('dmp')}/certs").json() == psc.api.get(f"{CONNECT}/certs").json()


def test_a_tenant_rotates_alone_and_through_a_reset(psc: RelyingParty, server: Server) -> None:
    first = kids(psc.api)
    rotate(psc)
    after = kids(psc.api)
    with httpx.Client(base_url=f"{server.url}/t/autre-cle", trust_env=False) as other:
        assert kids(other) == first
    psc.api.post("/sandbox/reset", json={})
    assert kids(psc.api) == after


def test_keys_come_back_after_the_last(
    psc: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEYS == 16
    monkeypatch.setattr("pro_sante_connect.domain.rotation.KEYS", 4)
    first, seen = kids(psc.api)[0], set()
    for _ in range(4):
        seen.add(rotate(psc)["current"]["kid"])
    assert len(seen) == 4
    assert kids(psc.api)[0] == first
    assert sorted(kids(psc.api)) == sorted(seen)


def test_40_a_key_made_by_one_process_is_known_to_another(tmp_path: Path) -> None:
    async def play() -> None:
        one, other = Provider(tmp_path), Provider(tmp_path)
        await asyncio.gather(one.keys(), other.keys())
        token, _ = await one.sign(b'{"typ":"Bearer"}', None, 3)
        assert await other.verify(token) == {"typ": "Bearer"}
        assert (await other.signing(3)).kid == (await one.signing(3)).kid
        again, _ = await other.sign(orjson.dumps({"n": 1}), None, 3)
        assert kid(again) == kid(token)
        assert await other.verify(token.replace(token[:8], "eyJraWQi", 1)) is None

    asyncio.run(play())


def test_the_command_rotates(psc: RelyingParty, tenant: str, server: Server) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--url", server.url, "--tenant", tenant])
        assert done.exit_code == 0, done.output
        return done.output

    before = kids(psc.api)[0]
    assert run("keys", "list") == f"{before} signe\n"
    told = run("keys", "rotate").splitlines()
    assert told[0] == f"{kids(psc.api)[0]} signe"
    assert told[1].startswith(f"{before} publiée jusqu'au ")
    assert before in run("keys", "list", "--json")
