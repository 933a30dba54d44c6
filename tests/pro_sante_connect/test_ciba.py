"""CIBA: a software asks, a device answers (dossier §9, cases 23 and 26 to 30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.pro_sante_connect.conftest import (
    DOCTOR,
    EXACT,
    PHARMACIST,
    RelyingParty,
    callback,
    claims,
)

Journal = Callable[..., list[dict[str, Any]]]


def refusal(answer: Any) -> tuple[int, str, str]:
    content = answer.json()
    return answer.status_code, content["error"], content["error_description"]


PENDING = (
    400, "authorization_pending",
    "The authorization request is still pending as the end-user hasn't yet been authenticated.",
)
TOO_FAST = (400, "slow_down", "too early to access")


def test_auto_accepts_at_once(psc: RelyingParty) -> None:
    asked = psc.ciba()
    assert asked.status_code == 200
    assert asked.headers["cache-control"] == "no-store"
    content = asked.json()
    assert (content["expires_in"], content["interval"]) == (120, 5)
    answer = psc.poll(content["auth_req_id"])
    tokens = answer.json()
    assert set(tokens) == {
        "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type",
        "id_token", "not-before-policy", "session_state", "scope",
    }
    assert psc.userinfo(tokens["access_token"]).json()["SubjectNameID"] == DOCTOR
    assert psc.refresh(tokens["refresh_token"]).status_code == 200


def test_26_pending_then_tokens_and_the_device_shows_the_two_digits(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.at(0)
    asked = psc.asked(binding_message="07")
    for seconds in (0, 5, 10):
        psc.at(seconds)
        assert refusal(psc.poll(asked)) == PENDING
    shown, = psc.shown()
    assert (shown["binding_message"], shown["channel"], shown["status"]) == (
        "07", "MOBILE", "pending"
    )
    assert (shown["id_nat"], shown["client_id"]) == (DOCTOR, "socle-demo")
    psc.at(12)
    assert psc.act("accept").json()["status"] == "accepted"
    psc.at(15)
    tokens = psc.poll(asked).json()
    access, identity = claims(tokens["access_token"]), claims(tokens["id_token"])
    assert (access["authMode"], identity["aud"]) == ("MOBILE", "socle-demo")
    assert identity["auth_time"] == access["auth_time"] == access["iat"] - 3


def test_27_every_way_a_request_ends(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.at(0)
    asked = psc.asked()
    assert refusal(psc.poll(asked)) == PENDING
    psc.at(4.9)
    assert refusal(psc.poll(asked)) == TOO_FAST
    psc.at(5)
    assert refusal(psc.poll(asked)) == PENDING
    psc.act("refuse")
    psc.at(10)
    assert refusal(psc.poll(asked)) == (400, "access_denied", "not authorized")
    late = psc.asked()
    psc.at(130)
    assert refusal(psc.poll(late)) == (400, "expired_token", "authentication timed out")
    spent = psc.asked()
    psc.act("accept")
    assert psc.poll(spent).status_code == 200
    assert refusal(psc.poll(spent)) == (400, "invalid_grant", "Invalid auth_req_id")


def test_28_a_device_that_cannot_be_reached_is_503(psc: RelyingParty) -> None:
    psc.ecps("unreachable", DOCTOR)
    assert refusal(psc.ciba()) == (503, "server_error", "Failed to send authentication request")
    assert psc.ciba(login_hint=PHARMACIST).status_code == 200


def test_29_the_card_reader_is_asked_and_not_the_phone(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked(channel="CARD")
    assert [each["channel"] for each in psc.shown()] == ["CARD"]
    psc.act("accept")
    tokens = psc.poll(asked).json()
    assert claims(tokens["access_token"])["authMode"] == "CARD"
    assert psc.userinfo(tokens["access_token"]).json()["authMode"] == "CARD"


def test_30_a_client_without_the_flow_is_refused_on_both_endpoints(psc: RelyingParty) -> None:
    expected = (400, "invalid_grant", "Client not allowed OIDC CIBA Grant")
    assert refusal(psc.ciba(EXACT)) == expected
    assert refusal(psc.poll(psc.asked(), EXACT)) == expected


def test_23_an_employee_with_a_slash_in_the_identifier(psc: RelyingParty) -> None:
    people = psc.api.get("/sandbox/identities").json()["professionals"]
    employee = next(one["id_nat"] for one in people if "/" in one["id_nat"])
    tokens = psc.poll(psc.asked(login_hint=employee, channel="CARD")).json()
    assert psc.userinfo(tokens["access_token"]).json()["SubjectNameID"] == employee


def test_38_ciba_opens_no_browser_session(psc: RelyingParty) -> None:
    psc.poll(psc.asked())
    assert not psc.back.cookies
    assert callback(psc.authorize(prompt="none"))["error"] == "login_required"


def test_several_requests_at_once_are_answered_one_by_one(psc: RelyingParty) -> None:
    psc.ecps("manual")
    first, second = psc.asked(binding_message="01"), psc.asked(binding_message="02")
    ids = {each["binding_message"]: each["id"] for each in psc.shown()}
    psc.act("accept", ids["02"])
    psc.act("refuse", ids["01"])
    assert refusal(psc.poll(first))[1] == "access_denied"
    assert psc.poll(second).status_code == 200


def test_a_third_wrong_pin_blocks_the_device(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked()
    request = psc.shown()[0]["id"]
    assert [psc.act("wrong_pin", request).json()["status"] for _ in range(3)] == [
        "pending", "pending", "refused",
    ]
    assert psc.act("accept", request).status_code == 409
    assert refusal(psc.poll(asked))[1] == "access_denied"


def test_a_wrong_pin_then_the_right_one(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked()
    psc.act("wrong_pin")
    psc.act("accept")
    assert psc.poll(asked).status_code == 200


def test_an_automatic_answer_may_take_its_time(psc: RelyingParty) -> None:
    psc.api.put("/sandbox/ecps", json={"mode": "auto", "after_seconds": 20})
    psc.at(0)
    asked, ignored = psc.asked(), psc.asked(login_hint=PHARMACIST)
    psc.act("ignore", next(one["id"] for one in psc.shown() if one["id_nat"] == PHARMACIST))
    psc.at(19)
    assert refusal(psc.poll(asked)) == PENDING
    psc.at(24)
    assert psc.poll(asked).status_code == 200
    assert refusal(psc.poll(ignored)) == PENDING


@pytest.mark.parametrize(("mode", "error"), [
    ("refuse", "access_denied"), ("blocked", "access_denied"), ("timeout", "authorization_pending"),
    ("wrong_pin", "authorization_pending"), ("manual", "authorization_pending"),
])
def test_each_mode_of_the_device(psc: RelyingParty, mode: str, error: str) -> None:
    psc.ecps(mode)
    assert refusal(psc.poll(psc.asked()))[1] == error


def test_another_client_cannot_poll(psc: RelyingParty) -> None:
    psc.api.post("/sandbox/clients", json={
        "client_id": "autre", "client_secret": "autre", "name": "Autre",
        "redirect_uris": ["https://autre.test/"],
        "flows": ["urn:openid:params:grant-type:ciba"],
    })
    assert refusal(psc.poll(psc.asked(), ("autre", "autre"))) == (
        400, "invalid_grant", "Invalid Auth Req ID"
    )


def test_another_tenant_knows_nothing_of_it(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked()
    request = psc.shown()[0]["id"]
    other = str(psc.api.base_url).rstrip("/") + "-b"
    assert psc.api.get(f"{other}/sandbox/ecps/requests").json() == {"requests": []}
    answer = psc.api.post(f"{other}/sandbox/ecps/requests/{request}", json={"action": "accept"})
    assert answer.status_code == 404
    polled = psc.back.post(
        f"{other}/psc/auth/realms/esante-wallet/protocol/openid-connect/token",
        data={"grant_type": "urn:openid:params:grant-type:ciba", "auth_req_id": asked},
        auth=("socle-demo", "socle-demo"),
    )
    assert refusal(polled) == (400, "invalid_grant", "Invalid Auth Req ID")


@pytest.mark.parametrize(("changes", "rule", "at"), [
    ({"binding_message": "abc"}, "PSC-CIBA-NUMERO", "binding_message"),
    ({"binding_message": None}, "PSC-CIBA-NUMERO", "binding_message"),
    ({"channel": "FAX"}, "PSC-CIBA-CANAL", "channel"),
    ({"client_notification_token": "x"}, "PSC-CIBA-POLL", "client_notification_token"),
    ({"acr_values": "eidas3"}, "EXI PSC 6", "acr_values"),
])
def test_habits_are_reported_and_accepted(
    psc: RelyingParty, journal: Journal, changes: dict[str, str | None], rule: str, at: str
) -> None:
    assert psc.ciba(**changes).status_code == 200
    finding, = journal(transaction="psc.ciba")[0]["findings"]
    assert (finding["rule"], finding["at"]) == (rule, at)


@pytest.mark.parametrize(("changes", "error"), [
    ({"binding_message": "abc"}, "invalid_binding_message"),
    ({"channel": "FAX"}, "invalid_request"),
    ({"acr_values": "eidas3"}, "invalid_request"),
])
def test_a_strict_tenant_refuses_them(
    psc: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    psc.strict()
    answer = psc.ciba(**changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert psc.shown() == []


def test_the_usual_request_breaks_nothing(psc: RelyingParty, journal: Journal) -> None:
    psc.ciba()
    assert journal(transaction="psc.ciba")[0]["findings"] == []


@pytest.mark.parametrize(("body", "status"), [
    ({"action": "panne"}, 422), ({}, 422), ({"action": "accept", "x": 1}, 422),
])
def test_a_wrong_answer_changes_nothing(
    psc: RelyingParty, body: dict[str, object], status: int
) -> None:
    psc.ecps("manual")
    psc.asked()
    request = psc.shown()[0]["id"]
    answer = psc.api.post(f"/sandbox/ecps/requests/{request}", json=body)
    assert answer.status_code == status
    assert psc.shown()[0]["status"] == "pending"
    unknown = "00000000-0000-7000-8000-000000000000"
    assert psc.act("accept", unknown).status_code == 404
