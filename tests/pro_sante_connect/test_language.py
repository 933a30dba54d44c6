"""Pages in French and in English: who decides, and that both say the same things."""

from __future__ import annotations

import html
import re
from pathlib import Path
from string import Formatter

import httpx
import pytest

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.wire.language import LANGUAGES, catalogue
from tests.pro_sante_connect.conftest import DEMO, DOCTOR, RelyingParty, callback, hidden

TEMPLATES = Path(__file__).parent.parent.parent / "pro_sante_connect" / "templates"
LOGOUT, DEVICES = f"{CONNECT}/logout", "/psc/auth/ecps"
CALLED = re.compile(r'\bt\("([a-z_.]*[a-z_])"')
# Keys that are put together: of modes, of devices' actions, states and shelves, and of troubles.
COMPOSED = re.compile(
    r"mode\.|trouble\.|devices\.(accept|refuse|wrong_pin|block|ignore|accepted|refused|gone|done"
    r"|(phone|card)(\.none|\.name)?)$"
)


def spoken(page: httpx.Response) -> str:
    found = re.search(r'<html lang="(\w+)"', page.text)
    assert found, page.text
    assert page.headers["content-language"] == found[1]
    return found[1]


def test_both_languages_have_the_same_texts_with_the_same_places() -> None:
    french, english = (catalogue(each) for each in LANGUAGES)
    assert list(french) == list(english)
    for key, text in french.items():
        places = [[name for _, name, _, _ in Formatter().parse(each) if name]
                  for each in (text, english[key])]
        assert sorted(places[0]) == sorted(places[1]), key
        assert re.findall(r"<\w+>[^<]*", text) == re.findall(r"<\w+>[^<]*", english[key]), key


def test_templates_use_every_text_and_hold_none() -> None:
    sources = {each.name: each.read_text() for each in TEMPLATES.glob("*.html")}
    called = {key for text in sources.values() for key in CALLED.findall(text)}
    known = set(catalogue("fr"))
    assert called <= known
    assert all(COMPOSED.match(key) for key in known - called), known - called
    for name, text in sources.items():
        bare = re.sub(r"<(style|script)>.*?</\1>|{%.*?%}|{{.*?}}|{#.*?#}|<[^>]*>", "", text,
                      flags=re.DOTALL)
        words = set(re.findall(r"[^\W\d_]{3,}", html.unescape(bare)))
        assert words <= {"Socle", "one", "two"}, name  # and two classes


@pytest.mark.parametrize(("accept", "ui_locales", "cookie", "expected"), [
    ("", None, "", "fr"),
    ("en-GB,en;q=0.9,fr;q=0.8", None, "", "en"),
    ("de, fr;q=0.3, en;q=0.7", None, "", "en"),
    ("en;q=0, de", None, "", "fr"),
    ("en", "fr-FR en", "", "fr"),
    ("fr", "de en-US", "", "en"),
    ("fr", "fr", "en", "en"),
    ("\xff;q=nine, , ;;;", "x" * 300, "klingon", "fr"),
], ids=["nobody", "browser", "weights", "refused", "software", "second", "user", "hostile"])
def test_the_user_then_the_software_then_the_browser_decide(
    psc: RelyingParty, accept: str, ui_locales: str | None, cookie: str, expected: str
) -> None:
    psc.api.headers["accept-language"] = accept
    if cookie:
        psc.api.headers["cookie"] = f"socle_psc_langue={cookie}"
    assert spoken(psc.authorize(login_hint=None, ui_locales=ui_locales)) == expected


def test_the_switch_shows_the_same_page_and_is_remembered(psc: RelyingParty) -> None:
    page = psc.authorize(login_hint=None, ui_locales="fr")
    english = psc.api.post(
        "/psc/auth/login", data={"request": hidden(page), "langue": "en"}
    )
    assert spoken(english) == "en"
    assert "Who is logging in?" in english.text
    assert "asks for the identity of a professional" in english.text
    given = callback(psc.press(english, "accept", id_nat=DOCTOR))
    assert given["state"] == "état/1+&"
    assert spoken(psc.api.get(DEVICES)) == "en"
    # A confirmation stays a confirmation.
    again = psc.authorize(login_hint=None)
    assert "Is it really you?" in again.text
    french = psc.api.post("/psc/auth/login", data={"request": hidden(again), "langue": "fr"})
    assert "Est-ce bien vous" in french.text
    assert "code" in callback(psc.press(french, "continue"))


def test_ui_locales_of_a_pushed_request_count_on_every_page(
    psc: RelyingParty
) -> None:
    uri = psc.push(login_hint=None, ui_locales="en").json()["request_uri"]
    page = psc.named(uri)
    assert spoken(page) == "en"
    assert spoken(psc.press(page, "filter", q="pharma")) == "en"


@pytest.mark.parametrize(("action", "text"), [
    ("wrong_pin", "Wrong code on the e-CPS"), ("unreachable", "The e-CPS cannot be reached"),
], ids=str)
def test_troubles_are_summed_up_in_the_language_of_the_page(
    psc: RelyingParty, action: str, text: str
) -> None:
    psc.ecps(action)
    page = psc.authorize(login_hint=None, ui_locales="en")
    failed = psc.press(page, "accept", id_nat=DOCTOR)
    assert text in failed.text
    assert "<title>Error: Log in · Socle</title>" in failed.text
    assert 'role="alert" id="trouble" tabindex="-1" autofocus' in failed.text
    assert 'href="#people"' in failed.text


def test_log_out_pages(psc: RelyingParty) -> None:
    psc.press(psc.authorize(login_hint=None), "accept", id_nat=DOCTOR)
    asked = psc.logout(
        ui_locales="en", client_id=DEMO[0], post_logout_redirect_uri="http://localhost:9099/fin"
    )
    assert (spoken(asked), "Close the session?" in asked.text) == ("en", True)
    # The switch asks again, and closes nothing.
    assert '<form method="get"' in asked.text
    assert 'name="post_logout_redirect_uri" value="http://localhost:9099/fin"' in asked.text
    french = psc.logout(langue="fr", client_id=DEMO[0])
    assert "Fermer la session" in french.text
    closed = psc.logout("POST", request=hidden(french))
    assert (spoken(closed), "La session est fermée" in closed.text) == ("fr", True)
    assert spoken(psc.logout(langue="en")) == "en"


def test_a_refusal_is_read_in_either_language(psc: RelyingParty) -> None:
    page = psc.authorize(redirect_uri="https://ailleurs.example/\"><b>", ui_locales="en")
    assert (page.status_code, spoken(page)) == (400, "en")
    assert "its vendor has to correct it" in page.text
    assert "Invalid parameter: redirect_uri" in page.text
    assert 'value="https://ailleurs.example/&#34;&gt;&lt;b&gt;"' in page.text
    assert '"><b>' not in page.text
    posted = psc.api.post("/psc/auth/login", data={"request": "x", "langue": "en"})
    assert (posted.status_code, spoken(posted)) == (400, "en")
    assert 'class="switch"' not in posted.text


def test_the_language_of_one_tenant_is_not_that_of_another(psc: RelyingParty) -> None:
    cookie = psc.api.get(DEVICES, params={"langue": "en"}).headers["set-cookie"]
    assert f"Path={psc.api.base_url.path.rstrip('/')}/psc; HttpOnly; SameSite=Lax" in cookie
