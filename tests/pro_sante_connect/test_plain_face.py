"""The plain face beside PSC's own: what is strict there, and that neither trusts the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from pro_sante_connect.codes import CONNECT, JWT_MODES, PLAIN
from tests.pro_sante_connect.conftest import (
    DOCTOR,
    EXACT,
    PHARMACIST,
    REDIRECT,
    START,
    RelyingParty,
    callback,
    claims,
)
from tests.pro_sante_connect.openid import CLIENT, RETURN, Party

Journal = Callable[..., list[dict[str, Any]]]
LEFT = "https://rp.example.test/left"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_token_answer_has_the_members_of_the_specifications(op: Party) -> None:
    tokens = op.tokens()
    assert set(tokens) == {
        "access_token", "expires_in", "refresh_token", "token_type", "id_token", "scope"}
    assert set(claims(tokens["id_token"])) == {
        "iss", "sub", "aud", "exp", "iat", "auth_time", "jti", "typ", "azp", "nonce", "acr", "sid",
        "at_hash"}


def test_a_scope_of_psc_gives_what_psc_gives(op: Party) -> None:
    tokens = op.tokens(scope="openid scope_all unheard-of")
    assert tokens["scope"] == "openid scope_all"
    assert op.userinfo(tokens["access_token"])["SubjectNameID"] == DOCTOR


def test_no_openid_no_identity(op: Party) -> None:
    answer = op.redeem(op.log_in(scope="profile")["code"])
    assert "id_token" not in answer.json()
    refused = op.back.get(f"{PLAIN}/userinfo", headers=bearer(answer.json()["access_token"]))
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")


def test_one_face_does_not_take_what_the_other_gave(op: Party, psc: RelyingParty) -> None:
    """Code, access token, refresh token, ID token: mix-up between two issuers of one core."""
    here = op.tokens()
    psc.register("fs", redirect_uris=[RETURN], flows=["authorization_code", "refresh_token"])
    there = psc.redeem(
        psc.code(client_id="fs", redirect_uri=RETURN), ("fs", "fs"), redirect_uri=RETURN).json()
    assert psc.userinfo(here["access_token"]).status_code == 401
    assert op.back.get(f"{PLAIN}/userinfo", headers=bearer(there["access_token"])
                       ).status_code == 401
    assert psc.introspect(here["access_token"]).json() == {"active": False}
    assert psc.introspect(here["refresh_token"]).json() == {"active": False}
    assert psc.refresh(here["refresh_token"], CLIENT).json()["error"] == "invalid_grant"
    refused = op.token(("fs", "fs"), grant_type="refresh_token",
                       refresh_token=there["refresh_token"])
    assert refused.json()["error"] == "invalid_grant"
    assert psc.logout(id_token_hint=here["id_token"]).status_code == 400
    op.refused(op.ask(prompt="none", id_token_hint=there["id_token"]), "invalid_request")
    code = op.log_in()["code"]
    taken = psc.redeem(code, CLIENT, redirect_uri=RETURN)
    assert taken.json()["error_description"] == "Code not valid"
    assert op.redeem(code).status_code == 200, "and it is still good where it was given"


def test_a_token_of_this_face_opens_no_other_service(op: Party) -> None:
    answer = op.back.get(
        "/dmp/fhir/DocumentReference", headers=bearer(op.tokens()["access_token"]))
    assert answer.status_code == 401


def test_a_page_of_one_face_is_not_answered_on_the_other(op: Party) -> None:
    page = op.ask()
    sealed = re.search(r'name="request" value="([^"]+)"', page.text)
    assert sealed
    form = {"request": sealed[1], "action": "accept", "id_nat": DOCTOR}
    assert op.browser.post("/psc/auth/login", data=form).status_code == 400
    assert callback(op.answer(page))["code"]


def test_a_client_that_is_not_known_yet_is_confirmed(op: Party) -> None:
    op.tokens()
    page = op.ask(client_id="rp-2")
    assert 'value="continue"' in page.text
    op.refused(op.ask(client_id="rp-2", prompt="none"), "consent_required")
    code = op.returned(op.answer(page))["code"]
    assert op.redeem(code, ("rp-2", "rp-2")).status_code == 200
    op.returned(op.ask(client_id="rp-2", prompt="none"))
    assert 'value="continue"' in op.ask(prompt="consent").text


def test_someone_else_than_the_hint_is_refused(op: Party) -> None:
    hint = op.tokens()["id_token"]
    other = op.ask(prompt="login", id_token_hint=hint)
    op.refused(op.answer(other, PHARMACIST), "login_required")
    op.returned(op.answer(op.ask(prompt="login", scope="openid"), PHARMACIST))
    op.refused(op.ask(prompt="none", id_token_hint=hint), "login_required")


@pytest.mark.parametrize(("sub", "is_there"), [(DOCTOR, True), (PHARMACIST, False)])
def test_the_person_may_be_asked_for_by_claim(op: Party, sub: str, *, is_there: bool) -> None:
    known = claims(op.tokens()["id_token"])["sub"].removesuffix(DOCTOR)
    wanted = json.dumps({"id_token": {"sub": {"value": known + sub}}})
    answer = op.ask(prompt="none", claims=wanted)
    if is_there:
        op.returned(answer)
    else:
        op.refused(answer, "login_required")


def test_claims_are_given_where_they_were_asked_for_and_outlive_a_refresh(op: Party) -> None:
    wanted = json.dumps({
        "id_token": {"family_name": None, "acr": {"essential": True, "values": ["eidas1"]}},
        "userinfo": {"email": {"essential": True}, "picture": None, "given_name": None},
    })
    first = op.tokens(claims=wanted)
    renewed = op.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    for tokens in (first, renewed):
        assert claims(tokens["id_token"])["family_name"] == "EXEMPLAIRE"
        assert set(op.userinfo(tokens["access_token"])) == {"sub", "email", "given_name"}


def test_a_code_that_was_changed_is_worth_nothing(op: Party) -> None:
    """The claims asked for are at its end: adding some makes it another code."""
    code = op.log_in()["code"]
    assert op.redeem(f"{code}.ZW1haWw").json()["error"] == "invalid_grant"
    assert op.redeem(code).status_code == 200


@pytest.mark.parametrize(("changes", "error"), [
    ({"response_type": "id_token"}, "unsupported_response_type"),
    ({"response_type": "code token"}, "unsupported_response_type"),
])
def test_another_response_type_is_refused_where_its_client_waits(
    op: Party, changes: dict[str, str], error: str
) -> None:
    location = op.ask(**changes).headers["location"]
    assert dict(parse_qsl(urlsplit(location).fragment))["error"] == error


@pytest.mark.parametrize("changes", [
    {"code_challenge": "c" * 43}, {"code_challenge": "c" * 43, "code_challenge_method": "plain"},
    {"prompt": "none login"}, {"max_age": "-1"}, {"claims": "[]"}, {"response_mode": "cookie"},
])
def test_what_is_badly_said_is_refused(op: Party, changes: dict[str, str]) -> None:
    op.refused(op.ask(**changes), "invalid_request")


def test_a_pushed_request(op: Party) -> None:
    pushed = op.back.post(f"{PLAIN}/par", data=op.request(), auth=(CLIENT[0], "faux"))
    assert (pushed.status_code, pushed.json()["error"]) == (401, "invalid_client")
    form = op.request() | {"client_secret": CLIENT[1]}
    pushed = op.back.post(op.discover()["pushed_authorization_request_endpoint"], data=form)
    assert pushed.status_code == 201
    page = op.browser.get(f"{PLAIN}/authorize", params={
        "client_id": CLIENT[0], "request_uri": pushed.json()["request_uri"]})
    op.returned(op.answer(page))


def test_refusals_of_the_back_channel(op: Party) -> None:
    refused = op.token(("rp", "faux"), grant_type="authorization_code", code="x")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["www-authenticate"].startswith("Basic ")
    secret = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
    live = op.back.post(f"{PLAIN}/introspect", data={"token": "x", **secret})
    assert live.json() == {"active": False}
    denied = op.back.post(f"{PLAIN}/introspect", data={"token": "x"})
    assert (denied.status_code, denied.json()["error"]) == (401, "invalid_client")


def test_introspection_and_revocation(op: Party) -> None:
    tokens = op.tokens()
    secret = {"client_id": CLIENT[0], "client_secret": CLIENT[1]}
    about = op.discover()

    def live(token: str) -> Any:
        return op.back.post(
            about["introspection_endpoint"], data={"token": token, **secret}).json()["active"]

    assert live(tokens["access_token"])
    assert live(tokens["refresh_token"])
    op.back.post(about["revocation_endpoint"], data={"token": tokens["access_token"], **secret})
    assert not live(tokens["access_token"])
    op.back.post(about["revocation_endpoint"], data={"token": tokens["refresh_token"], **secret})
    assert not live(tokens["refresh_token"])


def test_log_out_and_return_to_the_exact_address(op: Party) -> None:
    tokens = op.tokens()
    end = op.discover()["end_session_endpoint"]
    asked = {"id_token_hint": tokens["id_token"], "state": "x", "post_logout_redirect_uri": LEFT}
    refused = op.browser.get(end, params=asked | {"post_logout_redirect_uri": f"{LEFT}?a"})
    assert refused.status_code == 400
    op.returned(op.ask(prompt="none"))
    left = op.browser.get(end, params=asked)
    assert left.headers["location"] == f"{LEFT}?state=x"
    op.refused(op.ask(prompt="none"), "login_required")
    again = op.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.json()["error"] == "invalid_grant"


def test_log_out_without_a_hint_is_confirmed(op: Party) -> None:
    op.tokens()
    page = op.browser.get(op.discover()["end_session_endpoint"])
    assert page.status_code == 200
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    assert action[1].endswith(f"{PLAIN}/logout")
    fields = {name: unescape(value) for name, value in re.findall(
        r'name="([^"]+)" value="([^"]*)"', page.text)}
    assert op.browser.post(httpx.URL(op.issuer).join(action[1]), data=fields).status_code == 200
    op.refused(op.ask(prompt="none"), "login_required")


def test_no_requirement_of_psc_is_looked_for_here(op: Party, journal: Journal) -> None:
    op.tokens(nonce=None, acr_values=None)
    asked = next(each for each in journal(service="psc", transaction="psc.auth"))
    assert asked["findings"] == []


def signed_answer(answer: httpx.Response, mode: str) -> str:
    """The one parameter of the answer, from where the mode puts it."""
    if mode == "form_post.jwt":
        found = re.search(r'name="response" value="([^"]+)"', answer.text)
        assert found
        return found[1]
    parts = urlsplit(answer.headers["location"])
    given = dict(parse_qsl(parts.fragment if mode == "fragment.jwt" else parts.query))
    assert list(given) == ["response"]
    return given["response"]


@pytest.mark.parametrize("mode", JWT_MODES)
def test_an_answer_in_a_signed_parameter(psc: RelyingParty, mode: str) -> None:
    """JARM, which PSC's metadata announce: query.jwt, fragment.jwt, form_post.jwt, jwt."""
    psc.at(0)
    response = signed_answer(psc.authorize(response_mode=mode, client_id=EXACT[0]), mode)
    keys = KeySet.import_key_set(psc.api.get(f"{CONNECT}/certs").json())
    jws.deserialize_compact(response, keys, algorithms=["RS256"])
    said = claims(response)
    assert (said["iss"], said["aud"], said["state"]) == (psc.issuer, EXACT[0], "état/1+&")
    assert 0 < said["exp"] - START.timestamp() <= 600
    assert psc.redeem(said["code"], EXACT, redirect_uri=REDIRECT).status_code == 200


@pytest.mark.parametrize("mode", JWT_MODES)
def test_a_refusal_in_a_signed_parameter(op: Party, mode: str) -> None:
    said = claims(signed_answer(op.ask(response_mode=mode, prompt="none"), mode))
    assert (said["error"], said["iss"], said["aud"]) == ("login_required", op.issuer, CLIENT[0])
    assert "code" not in said
