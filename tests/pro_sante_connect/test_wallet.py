"""The wallet's page: choosing, refusing, filtering, and what protects it."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest

from pro_sante_connect.codes import REALM
from tests.conftest import Server
from tests.pro_sante_connect.conftest import (
    DOCTOR,
    EXACT,
    PHARMACIST,
    REDIRECT,
    RelyingParty,
    callback,
    claims,
    hidden,
)


def test_the_page_lists_every_professional_in_french(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    people = psc.api.get("/sandbox/identities").json()["professionals"]
    assert page.status_code == 200
    assert '<html lang="fr"' in page.text
    assert "Bac à sable, données fictives" in page.text
    assert "Logiciel de démonstration" in page.text
    for one in people:
        assert f'value="{one["id_nat"]}"' in page.text
    assert 'type="password"' not in page.text
    assert "tokens.css" in page.text


def test_a_professional_of_the_tenant_is_listed_without_a_text(psc: RelyingParty) -> None:
    added = psc.api.post("/sandbox/professionals", json={"nom": "AJOUT", "prenom": "Lise"})
    assert added.status_code == 201, added.text
    page = psc.authorize(login_hint=None)
    assert page.status_code == 200
    assert f'value="{added.json()["id_nat"]}"' in page.text


def test_choosing_someone_gives_a_code_for_them(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    given = callback(psc.press(page, "accept", id_nat=PHARMACIST, means="card"))
    tokens = psc.redeem(given["code"]).json()
    assert given["state"] == "état/1+&"
    assert claims(tokens["id_token"])["SubjectNameID"] == PHARMACIST
    assert claims(tokens["access_token"])["authMode"] == "CARD"


def test_refusing_gives_access_denied(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    given = callback(psc.press(page, "refuse"))
    assert list(given) == ["state", "error", "error_description", "iss"]
    assert given["error"] == "access_denied"


def test_the_list_is_filtered_without_javascript(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    filtered = psc.press(page, "filter", q="pharma", means="card")
    assert f'value="{PHARMACIST}"' in filtered.text
    assert f'value="{DOCTOR}"' not in filtered.text
    assert 'value="card" checked' in filtered.text
    given = callback(psc.press(filtered, "accept", id_nat=PHARMACIST))
    assert "code" in given


def test_a_filter_keeps_who_was_chosen_while_listed(psc: RelyingParty) -> None:
    psc.ecps("manual")
    page = psc.authorize(login_hint=PHARMACIST)
    kept = psc.press(page, "filter", id_nat=PHARMACIST)
    assert f'value="{PHARMACIST}" checked' in kept.text
    assert "login_hint=" not in kept.text
    hidden_now = psc.press(page, "filter", id_nat=PHARMACIST, q=DOCTOR)
    assert f'value="{DOCTOR}" checked' in hidden_now.text


def test_a_filter_that_finds_nobody_says_so_and_escapes(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    filtered = psc.press(page, "filter", q="<script>alert(1)</script>")
    assert "Personne ne correspond" in filtered.text
    assert "<script>alert" not in filtered.text


@pytest.mark.parametrize(("id_nat", "words"), [
    ("", "Choisissez un professionnel"), ("899900009999", "n’existe pas"),
])
def test_an_impossible_choice_shows_the_page_again(
    psc: RelyingParty, id_nat: str, words: str
) -> None:
    page = psc.authorize(login_hint=None)
    again = psc.press(page, "accept", id_nat=id_nat)
    assert again.status_code == 200
    assert words in again.text
    assert "code" in callback(psc.press(again, "accept", id_nat=DOCTOR))


def test_an_unknown_hint_shows_the_page_and_says_so(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint="899900009999")
    assert page.status_code == 200
    assert "login_hint=899900009999" in page.text


def test_t23_an_identifier_with_a_slash_is_a_hint_like_any_other(psc: RelyingParty) -> None:
    people = psc.api.get("/sandbox/identities").json()["professionals"]
    clerk = next(one["id_nat"] for one in people if "/" in one["id_nat"])
    tokens = psc.tokens(login_hint=clerk)
    assert claims(tokens["id_token"])["sub"].endswith(f":{clerk}")
    assert psc.userinfo(tokens["access_token"]).json()["SubjectNameID"] == clerk


def test_a_page_is_answered_once(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    assert "code" in callback(psc.press(page, "accept", id_nat=DOCTOR))
    again = psc.press(page, "accept", id_nat=DOCTOR)
    assert again.status_code == 400
    assert "page_expired" in again.text


def test_a_page_expires(psc: RelyingParty) -> None:
    psc.at(0)
    page = psc.authorize(login_hint=None)
    psc.at(1800)
    assert psc.press(page, "accept", id_nat=DOCTOR).status_code == 400


def test_a_page_answers_only_to_the_browser_that_asked_for_it(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None)
    form = {"request": hidden(page), "action": "accept", "id_nat": DOCTOR}
    stranger = psc.back.post("/psc/auth/login", data=form)
    assert stranger.status_code == 400
    assert "location" not in stranger.headers


def test_a_page_of_another_tenant_is_refused(psc: RelyingParty, server: Server) -> None:
    page = psc.authorize(login_hint=None)
    form = {"request": hidden(page), "action": "accept", "id_nat": DOCTOR}
    cookies = dict(psc.api.cookies.items())
    with httpx.Client(base_url=f"{server.url}/t/autre", trust_env=False, cookies=cookies) as other:
        assert other.post("/psc/auth/login", data=form).status_code == 400


@pytest.mark.parametrize("sealed", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ0eXAiOiJwYWdlIn0."])
def test_a_forged_page_is_refused(psc: RelyingParty, sealed: str) -> None:
    form = {"request": sealed, "action": "accept", "id_nat": DOCTOR}
    assert psc.api.post("/psc/auth/login", data=form).status_code == 400


def test_t38_a_second_login_in_the_same_browser_asks_for_a_confirmation(psc: RelyingParty) -> None:
    first = callback(psc.press(psc.authorize(login_hint=None), "accept", id_nat=DOCTOR))
    page = psc.authorize(login_hint=None, client_id=EXACT[0])
    assert "Est-ce bien vous" in page.text
    assert DOCTOR in page.text
    second = callback(psc.press(page, "continue"))
    assert second["session_state"] == first["session_state"]
    assert psc.redeem(second["code"], EXACT).status_code == 200


def test_someone_else_may_take_the_workstation(psc: RelyingParty) -> None:
    first = callback(psc.press(psc.authorize(login_hint=None), "accept", id_nat=DOCTOR))
    listed = psc.press(psc.authorize(login_hint=None), "change")
    assert "Qui se connecte" in listed.text
    second = callback(psc.press(listed, "accept", id_nat=PHARMACIST))
    assert second["session_state"] != first["session_state"]
    assert PHARMACIST in psc.authorize(login_hint=None).text


def test_a_confirmation_is_for_the_professional_it_names(psc: RelyingParty) -> None:
    psc.authorize()
    page = psc.authorize(login_hint=None)
    assert DOCTOR in page.text
    psc.authorize(login_hint=PHARMACIST)
    assert "Qui se connecte" in psc.press(page, "continue").text


def test_a_list_cannot_be_answered_as_a_confirmation(psc: RelyingParty) -> None:
    psc.authorize()
    page = psc.authorize(login_hint=None, prompt="login")
    assert "Qui se connecte" in psc.press(page, "continue").text


def test_confirming_a_session_that_ended_shows_the_list(psc: RelyingParty) -> None:
    psc.at(0)
    psc.press(psc.authorize(login_hint=None), "accept", id_nat=DOCTOR)
    page = psc.authorize(login_hint=None)
    psc.at(1799.5)
    assert "Est-ce bien vous" in page.text
    psc.at(1800)
    assert "Qui se connecte" in psc.authorize(login_hint=None).text


def test_prompt_login_and_max_age_ask_again(psc: RelyingParty) -> None:
    psc.at(0)
    psc.authorize()
    psc.at(60)
    assert "Est-ce bien vous" in psc.authorize(login_hint=None, max_age="60").text
    assert "Qui se connecte" in psc.authorize(login_hint=None, max_age="59").text
    psc.authorize(prompt="login")
    assert "Qui se connecte" in psc.authorize(login_hint=None, max_age="0").text
    assert "Qui se connecte" in psc.authorize(login_hint=None, prompt="login").text


def test_prompt_none_is_silent(psc: RelyingParty) -> None:
    assert callback(psc.authorize(login_hint=None, prompt="none"))["error"] == "login_required"
    first = callback(psc.authorize())
    silent = callback(psc.authorize(login_hint=None, prompt="none"))
    assert silent["session_state"] == first["session_state"]
    other = callback(psc.authorize(login_hint=PHARMACIST, prompt="none"))
    assert other["error"] == "login_required"


def test_the_session_cookie_is_kept_from_scripts_and_other_paths(psc: RelyingParty) -> None:
    cookie = psc.authorize().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    path = urlsplit(str(psc.api.base_url)).path.rstrip("/")
    assert f"Path={path}/psc;" in cookie
    assert "Secure" not in cookie


def test_addresses_and_cookies_follow_the_public_url(
    psc: RelyingParty, server: Server, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.sandbox, "public_url", "https://bac.example/socle")
    answer = psc.authorize()
    issuer = f"https://bac.example/socle/t/{tenant}{REALM}"
    assert callback(answer)["iss"] == issuer
    assert f"Path=/socle/t/{tenant}/psc; " in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].endswith("; Secure")
    tokens = psc.redeem(callback(answer)["code"]).json()
    assert claims(tokens["id_token"])["iss"] == issuer
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    assert psc.refresh(tokens["refresh_token"]).status_code == 200
    tokens = psc.tokens()
    monkeypatch.undo()
    assert psc.userinfo(tokens["access_token"]).status_code == 401
    assert psc.refresh(tokens["refresh_token"]).status_code == 400


def test_a_form_is_expected(psc: RelyingParty) -> None:
    answer = psc.api.post("/psc/auth", json={"redirect_uri": REDIRECT})
    assert answer.status_code == 415
    assert answer.headers["content-type"].startswith("text/html")


def test_the_theme_of_the_console_is_kept(psc: RelyingParty) -> None:
    psc.api.cookies.set("socle-theme", "dark")
    assert 'data-theme="dark"' in psc.authorize(login_hint=None).text
    psc.api.cookies.set("socle-theme", '"><script>')
    assert "data-theme" not in psc.authorize(login_hint=None, state="2").text
