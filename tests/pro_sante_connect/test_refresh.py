"""Refresh tokens: rotation, replay, lifetimes (case 13, 17, 18)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc import jws

from tests.pro_sante_connect.conftest import EXACT, RelyingParty, claims
from tests.pro_sante_connect.test_token import refused


def test_t13_a_refresh_token_lives_thirty_minutes_of_silence(psc: RelyingParty) -> None:
    psc.at(0)
    first = psc.tokens()
    psc.at(1799)
    second = psc.refresh(first["refresh_token"])
    assert second.status_code == 200
    psc.at(1799 + 1800)
    answer = psc.refresh(second.json()["refresh_token"])
    assert refused(answer) == (400, "invalid_grant", "Token is not active")


def test_t13_a_session_lives_four_hours_whatever_its_activity(psc: RelyingParty) -> None:
    psc.at(0)
    tokens, now = psc.tokens(), 0
    while now + 300 < 4 * 3600:
        now += 300
        psc.at(now)
        answer = psc.refresh(tokens["refresh_token"])
        assert answer.status_code == 200
        tokens = answer.json()
        assert tokens["expires_in"] <= 4 * 3600 - now
        assert tokens["refresh_expires_in"] == min(1800, 4 * 3600 - now)
    psc.at(4 * 3600)
    assert refused(psc.refresh(tokens["refresh_token"]))[1] == "invalid_grant"
    assert psc.userinfo(tokens["access_token"]).status_code == 401


def test_rotation_keeps_the_session_and_drops_the_nonce(psc: RelyingParty) -> None:
    psc.at(0)
    first = psc.tokens()
    psc.at(30)
    second = psc.refresh(first["refresh_token"]).json()
    before, after = claims(first["id_token"]), claims(second["id_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_state"] == first["session_state"]
    assert after["auth_time"] == before["auth_time"]
    assert after["iat"] == before["iat"] + 30
    assert "nonce" not in after
    assert claims(second["access_token"])["nonce"] == ""


def test_a_replay_revokes_the_family(psc: RelyingParty) -> None:
    first = psc.tokens()
    second = psc.refresh(first["refresh_token"]).json()
    answer = psc.refresh(first["refresh_token"])
    assert refused(answer)[2] == "Maximum allowed refresh token reuse exceeded"
    assert refused(psc.refresh(second["refresh_token"]))[2] == "Session not active"
    assert psc.userinfo(second["access_token"]).status_code == 401


def test_of_many_refreshes_at_once_one_wins(psc: RelyingParty) -> None:
    token = psc.tokens()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: psc.refresh(token).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_a_refresh_token_belongs_to_its_client(psc: RelyingParty) -> None:
    token = psc.tokens()["refresh_token"]
    assert refused(psc.refresh(token, EXACT))[1] == "invalid_grant"
    assert psc.refresh(token).status_code == 200


@pytest.mark.parametrize(("asked", "granted"), [
    ("openid scope_all", "openid profile scope_all identity"),
    ("scope_all", "profile scope_all identity"),
])
def test_a_refresh_may_ask_for_less(psc: RelyingParty, asked: str, granted: str) -> None:
    answer = psc.refresh(psc.tokens()["refresh_token"], scope=asked).json()
    assert answer["scope"] == granted
    assert ("id_token" in answer) is ("openid" in granted)


def test_a_refresh_may_not_ask_for_more(psc: RelyingParty) -> None:
    token = psc.tokens()["refresh_token"]
    assert refused(psc.refresh(token, scope="openid offline_access"))[1] == "invalid_scope"
    assert psc.refresh(token).status_code == 200


def test_t17_t18_the_refresh_token_is_a_jwt_with_the_claims_that_clients_read(
    psc: RelyingParty
) -> None:
    token = psc.tokens()["refresh_token"]
    header = jws.extract_compact(token.encode()).headers()
    assert header["alg"] == "HS512"
    assert header["typ"] == "JWT"
    read = claims(token)
    assert {"exp", "iat", "jti", "iss", "sub", "typ", "azp", "nonce", "session_state", "sid"} <= (
        set(read)
    )
    assert read["typ"] == "Refresh"
    assert read["aud"] == psc.issuer
    assert read["exp"] - read["iat"] == 1800


def test_other_tokens_do_not_refresh(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    for token in (tokens["access_token"], tokens["id_token"]):
        assert refused(psc.refresh(token))[2] == "Invalid refresh token"


def test_47_four_hours_later_every_session_is_over_and_a_reset_starts_anew(
    psc: RelyingParty,
) -> None:
    tokens = psc.tokens()
    assert psc.api.put("/sandbox/clock", json={"shift_seconds": 4 * 3600}).status_code == 200
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert psc.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "Qui se connecte" in psc.authorize(login_hint=None).text
    before = psc.api.get("/sandbox/identities").json()
    assert psc.api.post("/sandbox/reset", json={}).status_code == 200
    assert psc.api.get("/sandbox/identities").json() == before
    assert psc.userinfo(psc.tokens()["access_token"]).status_code == 200
