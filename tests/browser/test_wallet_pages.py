"""The wallet's other pages, and its pages without JavaScript, in English, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from pro_sante_connect.codes import CONNECT
from tests.browser.conftest import DESKTOP, PHONE
from tests.conftest import Server
from tests.pro_sante_connect.conftest import DEMO, DOCTOR, PHARMACIST

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
DEVICES, LOGOUT = "/psc/auth/ecps", f"{CONNECT}/logout"
FOCUS = "document.activeElement"


@pytest.fixture
def path(server: Server) -> str:
    """A log-in whose answer comes back to a page of the sandbox."""
    return "/psc/auth?" + urlencode({
        "response_type": "code", "client_id": DEMO[0], "scope": "openid scope_all",
        "redirect_uri": f"{server.url}/", "acr_values": "eidas1", "state": "s",
        "nonce": "n" * 22,
    })


@pytest.fixture
def asked(api: httpx.Client) -> list[str]:
    """Four CIBA requests that wait: three on phones, one on a card reader."""
    api.put("/sandbox/ecps", json={"mode": "manual"}).raise_for_status()
    return [
        api.post(f"{CONNECT}/ext/ciba/auth", auth=DEMO, data={
            "scope": "openid scope_all", "login_hint": who, "binding_message": number,
            "acr_values": "eidas1", "channel": channel,
        }).json()["auth_req_id"]
        for who, number, channel in (
            (DOCTOR, "42", "MOBILE"), (DOCTOR, "17", "MOBILE"), (PHARMACIST, "08", "MOBILE"),
            (DOCTOR, "91", "CARD"),
        )
    ]


def returned(page: Any) -> dict[str, list[str]]:
    page.wait_for_url("**/?*")
    return parse_qs(urlsplit(page.url).query)


def tab_to(page: Any, what: str, most: int = 60) -> None:
    """Press Tab until the element of this selector has the focus."""
    for _ in range(most):
        if page.evaluate(f"{FOCUS}.matches({what!r})"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{what} is not reached by keyboard")


def test_without_javascript_one_filters_fails_switches_and_logs_in(
    visit: Visit, path: str, api: httpx.Client
) -> None:
    api.put("/sandbox/ecps", json={"mode": "wrong_pin", "id_nat": DOCTOR}).raise_for_status()
    page = visit(path, java_script_enabled=False)
    page.click("button[value=accept]")
    assert page.locator("#trouble").inner_text().startswith("La connexion n’a pas eu lieu")
    page.click(".switch button")
    assert page.inner_text("h1") == "Who is logging in?"
    page.fill("#q", "pharma")
    page.press("#q", "Enter")
    assert page.locator("[name=id_nat]").first.get_attribute("value") == PHARMACIST
    page.check(f"[value='{PHARMACIST}']")
    page.click("text=CPS card")
    page.click("button[value=accept]")
    assert returned(page)["code"]


def test_without_javascript_one_refuses(visit: Visit, path: str) -> None:
    page = visit(path, java_script_enabled=False)
    page.click("button[value=refuse]")
    assert returned(page)["error"] == ["access_denied"]


def test_the_browser_speaks_english_and_the_switch_french(visit: Visit, path: str) -> None:
    page = visit(path + "&ui_locales=en")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.fill("#q", "eloi")
    people = page.locator(".pick input").count()
    assert page.inner_text("#count") == f"1 of {people}"
    assert page.locator(".pick label:visible [lang=fr]").first.is_visible()
    page.get_by_role("button", name="Français").click()
    assert page.inner_text("h1") == "Qui se connecte\u202f?"


def test_focus_goes_to_what_went_wrong_then_to_the_list(
    visit: Visit, path: str, api: httpx.Client
) -> None:
    api.put("/sandbox/ecps", json={"mode": "unreachable"}).raise_for_status()
    page = visit(path)
    tab_to(page, "button[value=accept]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trouble")
    assert page.evaluate(f"{FOCUS}.id") == "trouble"
    assert page.title().startswith("Erreur\u00a0:")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{FOCUS}.id") == "people"


def test_the_keyboard_alone_confirms_then_logs_out(
    visit: Visit, path: str, server: Server, tenant: str
) -> None:
    page = visit(path)
    tab_to(page, "button[value=accept]")
    page.keyboard.press("Enter")
    assert returned(page)["code"]
    page.goto(f"{server.url}/t/{tenant}{path}")
    tab_to(page, "button[value=continue]")
    page.keyboard.press("Enter")
    assert returned(page)["code"]
    page.goto(f"{server.url}/t/{tenant}{LOGOUT}")
    tab_to(page, "main button")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=La session est fermée")


def test_several_requests_are_answered_one_by_one_on_the_devices(
    visit: Visit, asked: list[str], api: httpx.Client
) -> None:
    page = visit(DEVICES)
    cards = page.locator("main li")
    assert cards.count() == 4
    assert page.locator("section").last.inner_text().count("91") == 1

    def press(number: str, name: str) -> None:
        card = cards.filter(has=page.locator(".number", has_text=number))
        card.get_by_role("button", name=name, exact=True).click()
        page.wait_for_load_state()

    press("17", "Refuser")
    press("08", "Code erroné")
    press("42", "Accepter")
    press("91", "Accepter")
    assert cards.filter(has_text="Demande refusée").count() == 1
    assert cards.filter(has_text="Identité confirmée").count() == 2
    assert "1 code erroné sur trois" in cards.filter(has_text="08").inner_text()
    grant = {"grant_type": "urn:openid:params:grant-type:ciba"}
    answers = [
        api.post(f"{CONNECT}/token", auth=DEMO, data=grant | {"auth_req_id": each}).json()
        for each in asked
    ]
    assert [each.get("error", "tokens") for each in answers] == [
        "tokens", "access_denied", "authorization_pending", "tokens",
    ]


def test_the_keyboard_alone_answers_on_a_device_without_javascript(
    visit: Visit, asked: list[str]
) -> None:
    page = visit(f"{DEVICES}?langue=en", PHONE, java_script_enabled=False)
    page.locator("button[value=refuse]").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Identity confirmed")
    assert page.inner_text("h1") == "Phone and card reader"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
def test_every_page_fits_names_its_parts_and_can_be_read(
    visit: Visit, path: str, server: Server, tenant: str, asked: list[str],
    size: tuple[int, int], scheme: str,
) -> None:
    page = visit(path, size, color_scheme=scheme)
    page.click("button[value=accept]")
    assert returned(page)["code"]
    institution = path + "&prompt=login&kc_idp_hint=CHU_FICTIF"
    for address in (DEVICES, path, path + "&prompt=login", LOGOUT, institution, "/psc/login-page"):
        page.goto(f"{server.url}/t/{tenant}{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == 1
        assert page.get_by_text("Bac à sable, données fictives").is_visible()
        nameless = page.evaluate("""() => [...document.querySelectorAll('button, a, input')].filter(
            (one) => one.type !== 'hidden' && !one.textContent.trim() && !one.labels?.length
        ).map((one) => one.outerHTML)""")
        assert nameless == []
        small = page.evaluate("""() => [...document.querySelectorAll('button, .btn')].filter(
            (one) => one.offsetParent && one.getBoundingClientRect().height < 24
        ).map((one) => one.outerHTML)""")
        assert small == []
