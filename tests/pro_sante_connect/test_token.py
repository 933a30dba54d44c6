"""The token endpoint: codes, PKCE, client authentication (cases 9 to 12, 19, 48)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from pro_sante_connect.codes import CIBA_GRANT, CONNECT
from tests.pro_sante_connect.conftest import (
    DEMO,
    EXACT,
    REDIRECT,
    RelyingParty,
    callback,
    claims,
)
from tests.pro_sante_connect.test_authorization import CHALLENGE, VERIFIER

Journal = Callable[..., list[dict[str, Any]]]


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    content = answer.json()
    assert set(content) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, content["error"], content["error_description"]


def test_t09_a_reused_code_ends_what_the_client_holds(psc: RelyingParty) -> None:
    code = psc.code()
    tokens = psc.redeem(code).json()
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    assert refused(psc.redeem(code)) == (400, "invalid_grant", "Code not valid")
    assert psc.introspect(tokens["access_token"]).json() == {"active": False}
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert refused(psc.refresh(tokens["refresh_token"]))[2] == "Session not active"


def test_t10_a_code_lives_sixty_seconds(psc: RelyingParty) -> None:
    psc.at(0)
    first, second = psc.code(), psc.code()
    psc.at(59)
    assert psc.redeem(first).status_code == 200
    psc.at(61)
    assert refused(psc.redeem(second)) == (400, "invalid_grant", "Code is expired")


def test_t11_the_redirect_address_is_compared_exactly(psc: RelyingParty) -> None:
    code = psc.code()
    expected = (400, "invalid_grant", "Incorrect redirect_uri")
    assert refused(psc.redeem(code, redirect_uri=REDIRECT + "/")) == expected
    assert refused(psc.redeem(code))[2] == "Code not valid"


def test_t12_an_access_token_lives_two_minutes(psc: RelyingParty) -> None:
    psc.at(0)
    token = psc.tokens()["access_token"]
    assert claims(token)["exp"] - claims(token)["iat"] == 120
    psc.at(119)
    assert psc.userinfo(token).status_code == 200
    psc.at(121)
    assert psc.userinfo(token).status_code == 401
    assert psc.introspect(token).json() == {"active": False}


def test_t19_without_openid_there_is_no_id_token(psc: RelyingParty) -> None:
    tokens = psc.tokens(scope="scope_all", acr_values=None)
    assert "id_token" not in tokens
    assert tokens["scope"] == "profile scope_all identity"
    answer = psc.userinfo(tokens["access_token"])
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"
    assert answer.json()["error_description"]


def test_a_code_belongs_to_its_client(psc: RelyingParty) -> None:
    assert refused(psc.redeem(psc.code(), EXACT)) == (400, "invalid_grant", "Auth error")


def test_a_code_of_a_closed_session_is_refused(psc: RelyingParty) -> None:
    tokens, code = psc.tokens(), psc.code()
    psc.logout(id_token_hint=tokens["id_token"])
    assert refused(psc.redeem(code)) == (400, "invalid_grant", "Session not active")


def test_a_code_does_not_outlive_its_session(psc: RelyingParty) -> None:
    for seconds in (*range(0, 4 * 3600, 1700), 4 * 3600 - 10):
        psc.at(seconds)
        code = psc.code()
    psc.at(4 * 3600)
    assert refused(psc.redeem(code))[2] == "Session not active"


@pytest.mark.parametrize(("method", "verifier", "text"), [
    ("S256", VERIFIER, ""),
    ("S256", None, "PKCE code verifier not specified"),
    ("S256", VERIFIER[:-1] + "x", "PKCE verification failed: Code mismatch"),
    ("S256", "court", "PKCE verification failed: Invalid code verifier"),
    ("plain", CHALLENGE, ""),
    ("plain", VERIFIER, "PKCE verification failed: Code mismatch"),
    (None, CHALLENGE, ""),
])
def test_the_code_verifier_is_checked(
    psc: RelyingParty, method: str | None, verifier: str | None, text: str
) -> None:
    code = psc.code(code_challenge=CHALLENGE, code_challenge_method=method)
    answer = psc.redeem(code, DEMO, **({"code_verifier": verifier} if verifier else {}))
    if not text:
        assert answer.status_code == 200
        return
    assert refused(answer) == (400, "invalid_grant", text)


def test_a_verifier_without_challenge_is_refused(psc: RelyingParty) -> None:
    answer = psc.redeem(psc.code(), code_verifier=VERIFIER)
    assert refused(answer)[1] == "invalid_grant"


@pytest.mark.parametrize(("form", "expected"), [
    ({"x": "1"}, (400, "invalid_request", "Missing form parameter: grant_type")),
    ({"grant_type": "telepathy"}, (400, "unsupported_grant_type", "Unsupported grant_type")),
    ({"grant_type": "authorization_code"}, (400, "invalid_request", "Missing parameter: code")),
    ({"grant_type": "authorization_code", "code": "x"}, (400, "invalid_grant", "Code not valid")),
    ({"grant_type": "refresh_token"}, (400, "invalid_request", "No refresh token")),
    ({"grant_type": "refresh_token", "refresh_token": "x"},
     (400, "invalid_grant", "Invalid refresh token")),
    ({"grant_type": "password"},
     (400, "unauthorized_client", "Client not allowed for this grant")),
    ({"grant_type": "client_credentials"},
     (400, "unauthorized_client", "Client not allowed for this grant")),
    ({"grant_type": CIBA_GRANT}, (400, "invalid_request", "Missing parameter: auth_req_id")),
])
def test_a_call_that_cannot_work_says_why(
    psc: RelyingParty, form: dict[str, str], expected: tuple[int, str, str]
) -> None:
    assert refused(psc.token(DEMO, **form)) == expected


def test_a_repeated_parameter_is_refused(psc: RelyingParty) -> None:
    answer = psc.back.post(
        f"{CONNECT}/token", auth=DEMO, content="grant_type=authorization_code&code=a&code=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert refused(answer) == (400, "invalid_request", "duplicated parameter")


def test_a_body_that_is_not_a_form_is_refused(psc: RelyingParty) -> None:
    answer = psc.back.post(f"{CONNECT}/token", auth=DEMO, json={"grant_type": "refresh_token"})
    assert refused(answer)[:2] == (415, "invalid_request")


@pytest.mark.parametrize("body", [b"grant_type=%ff", b"\xff\xfe=1"])
def test_a_form_that_is_not_utf8_is_refused(psc: RelyingParty, body: bytes) -> None:
    answer = psc.back.post(
        f"{CONNECT}/token", auth=DEMO, content=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert refused(answer)[:2] == (400, "invalid_request")


def test_a_form_over_the_limit_is_refused(psc: RelyingParty) -> None:
    answer = psc.token(grant_type="refresh_token", refresh_token="x" * 70_000)
    assert refused(answer)[:2] == (413, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [
    f"{CONNECT}/token", f"{CONNECT}/token/introspect", f"{CONNECT}/revoke", "/psc/auth/login",
])
def test_what_is_posted_answers_to_no_other_method(
    psc: RelyingParty, method: str, path: str
) -> None:
    answer = psc.back.request(method, path, headers={"Origin": "https://x.example"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("auth", "form"), [
    (DEMO, {}),
    (None, {"client_id": "socle-demo", "client_secret": "socle-demo"}),
    (("socle%2Ddemo", "socle%2Ddemo"), {}),
])
def test_the_client_is_known_by_header_or_form(
    psc: RelyingParty, auth: tuple[str, str] | None, form: dict[str, str]
) -> None:
    assert psc.redeem(psc.code(), auth, **form).status_code == 200


@pytest.mark.parametrize(("auth", "form"), [
    (("socle-demo", "autre"), {}), (("inconnu", "socle-demo"), {}), (("socle-demo", ""), {}),
    (None, {}), (None, {"client_id": "socle-demo"}),
    (None, {"client_id": "socle-demo", "client_secret": "é"}),
])
def test_a_wrong_secret_is_401(
    psc: RelyingParty, auth: tuple[str, str] | None, form: dict[str, str]
) -> None:
    code = psc.code()
    answer = psc.redeem(code, auth, **form)
    expected = (401, "unauthorized_client", "Invalid client or Invalid client credentials")
    assert refused(answer) == expected
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert psc.redeem(code).status_code == 200


@pytest.mark.parametrize("value", ["Basic ???", "Basic", "Basic " + base64.b64encode(
    b"\xff:\xff").decode(), "Basic " + base64.b64encode(b"socle-demo").decode()])
def test_an_unreadable_header_is_401(psc: RelyingParty, value: str) -> None:
    answer = psc.back.post(
        f"{CONNECT}/token", data={"grant_type": "refresh_token"}, headers={"Authorization": value}
    )
    assert answer.status_code == 401


def test_of_many_presentations_of_one_code_at_once_one_wins(psc: RelyingParty) -> None:
    code = psc.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: psc.redeem(code).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_t48_a_call_from_a_browser_is_reported_as_exi_22(
    psc: RelyingParty, journal: Journal
) -> None:
    form = {"grant_type": "authorization_code", "code": psc.code(), "redirect_uri": REDIRECT}
    browser = {"Sec-Fetch-Mode": "cors", "User-Agent": "Mozilla/5.0", "Origin": "https://app.test"}
    answer = psc.back.post(f"{CONNECT}/token", data=form, auth=DEMO, headers=browser)
    assert answer.status_code == 200
    (finding,) = journal(transaction="psc.token")[0]["findings"]
    assert finding["rule"] == "EXI PSC 22"
    assert finding["severity"] == "error"


def test_a_secret_in_the_address_is_reported_and_refused_when_strict(
    psc: RelyingParty, journal: Journal
) -> None:
    path = f"{CONNECT}/token?client_secret=socle-demo"
    assert psc.back.post(path, data={"grant_type": "x"}, auth=DEMO).status_code == 400
    assert journal(transaction="psc.token")[0]["findings"][0]["rule"] == "PSC-SECRET-ADRESSE"
    psc.strict()
    answer = psc.back.post(path, data={"grant_type": "x"}, auth=DEMO)
    assert refused(answer)[1] == "invalid_request"


def test_the_token_never_stands_in_an_address(psc: RelyingParty) -> None:
    answer = psc.authorize()
    assert set(callback(answer)) == {"state", "session_state", "iss", "code"}
    assert answer.headers["referrer-policy"] == "no-referrer"
