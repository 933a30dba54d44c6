"""Introspection and revocation (cases 24 and 25)."""

from __future__ import annotations

import pytest

from pro_sante_connect.codes import CONNECT
from tests.pro_sante_connect.conftest import DEMO, DOCTOR, EXACT, RelyingParty

INTROSPECT = f"{CONNECT}/token/introspect"
REVOKE = f"{CONNECT}/revoke"


def test_t24_any_registered_client_may_introspect(psc: RelyingParty) -> None:
    content = psc.introspect(psc.tokens()["access_token"], EXACT).json()
    assert content["active"] is True
    assert content["client_id"] == content["azp"] == "socle-demo"
    assert content["username"] == DOCTOR
    assert {
        "exp", "iat", "auth_time", "jti", "iss", "sub", "typ", "azp", "nonce", "session_state",
        "preferred_username", "acr", "scope", "sid", "authMode", "otherIds", "client_id",
        "username", "active", "SubjectNameID",
    } == set(content)


def test_t24_wrong_calls_say_why(psc: RelyingParty) -> None:
    wrong = psc.back.post(INTROSPECT, data={"token": "x"}, auth=("socle-demo", "x"))
    assert (wrong.status_code, wrong.json()["error_description"]) == (401, "Authentication failed.")
    none = psc.back.post(INTROSPECT, data={}, auth=DEMO, headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    assert (none.status_code, none.json()["error_description"]) == (400, "Token not provided.")
    twice = psc.back.post(INTROSPECT, content="token=a&token=b", auth=DEMO, headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    assert (twice.status_code, twice.json()["error_description"]) == (400, "duplicated parameter")
    assert {each.json()["error"] for each in (wrong, none, twice)} == {"invalid_request"}


def test_t25_the_national_identifier_is_told_for_access_tokens_only(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    assert psc.introspect(tokens["access_token"]).json()["SubjectNameID"] == DOCTOR
    refresh = psc.introspect(tokens["refresh_token"]).json()
    assert refresh["active"] is True
    assert refresh["typ"] == "Refresh"
    assert "SubjectNameID" not in refresh
    assert "reuse_id" not in refresh


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_an_unknown_token_says_inactive_and_nothing_more(psc: RelyingParty, token: str) -> None:
    answer = psc.introspect(token)
    assert answer.status_code == 200
    assert answer.json() == {"active": False}


def test_a_rotated_refresh_token_is_inactive(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    psc.refresh(tokens["refresh_token"])
    assert psc.introspect(tokens["refresh_token"]).json() == {"active": False}


def test_a_revoked_access_token_is_dead_and_the_session_lives(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    for _ in range(2):
        answer = psc.back.post(REVOKE, data={"token": tokens["access_token"]}, auth=DEMO)
        assert (answer.status_code, answer.content) == (200, b"")
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert psc.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revoked_refresh_token_takes_everything_with_it(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    psc.back.post(REVOKE, data={"token": tokens["refresh_token"]}, auth=DEMO)
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert psc.refresh(tokens["refresh_token"]).status_code == 400


def test_a_new_login_in_the_same_session_revives_no_revoked_token(psc: RelyingParty) -> None:
    psc.at(0)
    old = psc.tokens()
    psc.back.post(REVOKE, data={"token": old["refresh_token"]}, auth=DEMO)
    new = psc.tokens()
    assert new["session_state"] == old["session_state"]
    assert psc.userinfo(old["access_token"]).status_code == 401
    assert psc.introspect(old["refresh_token"]).json() == {"active": False}
    assert psc.userinfo(new["access_token"]).status_code == 200


def test_earlier_access_tokens_outlive_a_refresh(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    psc.refresh(tokens["refresh_token"])
    assert psc.userinfo(tokens["access_token"]).status_code == 200


def test_another_clients_token_is_not_revoked(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    for token in (tokens["access_token"], tokens["refresh_token"], "inconnu"):
        assert psc.back.post(REVOKE, data={"token": token}, auth=EXACT).status_code == 200
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    assert psc.refresh(tokens["refresh_token"]).status_code == 200


def test_revocation_needs_a_client_and_a_token(psc: RelyingParty) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert psc.back.post(REVOKE, data={"token": "x"}).status_code == 401
    assert psc.back.post(REVOKE, auth=DEMO, headers=form).status_code == 400
    twice = psc.back.post(REVOKE, content="token=a&token=b", auth=DEMO, headers=form)
    assert twice.status_code == 400
