"""RP-initiated logout (cases 35 and 36)."""

from __future__ import annotations

import pytest

from pro_sante_connect.codes import CONNECT
from tests.pro_sante_connect.conftest import (
    DOCTOR,
    EXACT,
    PHARMACIST,
    RelyingParty,
    callback,
    hidden,
)

BACK = "http://localhost:9099/sortie?keep=1"


def test_t35_logout_returns_with_state_and_the_session_is_dead(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    answer = psc.logout(
        id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK, state="é 1"
    )
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{BACK}&state=%C3%A9%201"
    assert psc.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert "Qui se connecte" in psc.authorize(login_hint=None).text


def test_t36_a_posted_hint_alone_is_enough(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    answer = psc.back.post(f"{CONNECT}/logout", data={"id_token_hint": tokens["id_token"]})
    assert answer.status_code == 200
    assert "Session fermée" in answer.text
    assert psc.userinfo(tokens["access_token"]).status_code == 401


def test_t36_an_expired_hint_is_accepted(psc: RelyingParty) -> None:
    psc.at(0)
    tokens = psc.tokens()
    psc.at(1000)
    assert psc.logout(id_token_hint=tokens["id_token"]).status_code == 200
    assert psc.refresh(tokens["refresh_token"]).status_code == 400


@pytest.mark.parametrize("uri", ["https://example.org/", "http://localhost@example.org/",
                                 "http://localhost/\r\nX: y"])
def test_t36_an_unregistered_address_is_a_page_and_the_session_lives(
    psc: RelyingParty, uri: str
) -> None:
    tokens = psc.tokens()
    answer = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "Invalid redirect uri" in answer.text
    assert psc.userinfo(tokens["access_token"]).status_code == 200


def test_addresses_are_those_of_the_hints_client(psc: RelyingParty) -> None:
    tokens = psc.redeem(psc.code(client_id=EXACT[0]), EXACT).json()
    wrong = psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=BACK)
    assert wrong.status_code == 400
    right = psc.logout(
        id_token_hint=tokens["id_token"], client_id=EXACT[0],
        post_logout_redirect_uri="http://127.0.0.1:9099/deconnexion",
    )
    assert right.headers["location"] == "http://127.0.0.1:9099/deconnexion"


def test_a_hint_of_another_client_is_refused(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    answer = psc.logout(id_token_hint=tokens["id_token"], client_id=EXACT[0])
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_only_an_id_token_is_a_hint(psc: RelyingParty, name: str) -> None:
    tokens = psc.tokens()
    answer = psc.logout(id_token_hint=tokens[name])
    assert answer.status_code == 400
    assert "Invalid parameter: id_token_hint" in answer.text
    assert psc.userinfo(tokens["access_token"]).status_code == 200


def test_an_address_without_hint_nor_client_is_refused(psc: RelyingParty) -> None:
    answer = psc.logout(post_logout_redirect_uri=BACK)
    assert answer.status_code == 400
    assert "Missing parameters: id_token_hint" in answer.text


def test_without_a_hint_the_user_is_asked(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    page = psc.logout(client_id="socle-demo", post_logout_redirect_uri=BACK, state="s")
    assert page.status_code == 200
    assert "Fermer la session" in page.text
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    names = ("request", "client_id", "post_logout_redirect_uri", "state")
    answer = psc.logout("POST", **{name: hidden(page, name) for name in names})
    assert answer.headers["location"] == f"{BACK}&state=s"
    assert psc.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("late", [False, True])
def test_a_confirmation_for_another_session_closes_nothing(psc: RelyingParty, late: bool) -> None:
    psc.at(0)
    psc.tokens()
    request = hidden(psc.logout())
    if late:
        psc.at(1799)
        psc.authorize()
        psc.at(1800)
    else:
        psc.tokens(login_hint=PHARMACIST, prompt="login")
    answer = psc.logout("POST", request=request)
    assert answer.status_code == 400
    assert "Est-ce bien vous" in psc.authorize(login_hint=None).text


def test_a_page_is_not_another_page(psc: RelyingParty) -> None:
    psc.authorize()
    leaving, arriving = hidden(psc.logout()), hidden(psc.authorize(login_hint=None))
    answer = psc.api.post("/psc/auth/login", data={"request": leaving, "action": "continue"})
    assert (answer.status_code, "page_expired" in answer.text) == (400, True)
    answer = psc.logout("POST", request=arriving)
    assert (answer.status_code, "page_expired" in answer.text) == (400, True)


def test_without_a_session_there_is_nothing_to_ask(psc: RelyingParty) -> None:
    answer = psc.logout(client_id="socle-demo", post_logout_redirect_uri=BACK)
    assert answer.headers["location"] == BACK
    assert "Session fermée" in psc.logout().text


def test_logout_ends_every_client_of_the_session(psc: RelyingParty) -> None:
    first = psc.tokens()
    page = psc.authorize(login_hint=None, client_id=EXACT[0])
    second = psc.redeem(callback(psc.press(page, "continue"))["code"], EXACT).json()
    psc.logout(id_token_hint=first["id_token"])
    assert psc.userinfo(second["access_token"]).status_code == 401


def test_a_hint_of_another_browser_leaves_this_one_its_session(psc: RelyingParty) -> None:
    elsewhere = psc.tokens()
    psc.api.cookies.clear()
    psc.authorize(login_hint=PHARMACIST)
    answer = psc.logout(id_token_hint=elsewhere["id_token"])
    assert "set-cookie" not in answer.headers
    assert psc.userinfo(elsewhere["access_token"]).status_code == 401
    assert PHARMACIST in psc.authorize(login_hint=None).text


def test_logout_takes_the_cookie_back(psc: RelyingParty) -> None:
    answer = psc.logout(id_token_hint=psc.tokens()["id_token"])
    assert answer.headers["set-cookie"].startswith("socle_psc_session=;")
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_logout_leaves_other_sessions_alone(psc: RelyingParty) -> None:
    first = psc.tokens()
    psc.api.cookies.clear()
    second = psc.tokens(login_hint=DOCTOR)
    psc.logout(id_token_hint=first["id_token"])
    assert psc.userinfo(second["access_token"]).status_code == 200
