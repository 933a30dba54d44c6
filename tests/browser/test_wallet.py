"""The log-in page as a professional meets it: keyboard, phone, dark, second log-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.browser.conftest import PHONE
from tests.conftest import Server

pytestmark = pytest.mark.browser
LOGOUT = "/psc/auth/realms/esante-wallet/protocol/openid-connect/logout"
PHARMACIST = "899900000029"
HEADLESS = f"&login_hint={PHARMACIST}&response_mode=form_post"


@pytest.fixture
def path(server: Server) -> str:
    """A request whose answer comes back to a page of the sandbox."""
    return "/psc/auth?" + urlencode({
        "response_type": "code", "client_id": "socle-demo", "scope": "openid scope_all",
        "redirect_uri": f"{server.url}/", "acr_values": "eidas1", "state": "s",
        "nonce": "n" * 22,
    })


def returned(page: Any) -> dict[str, list[str]]:
    page.wait_for_url("**/?*")
    return parse_qs(urlsplit(page.url).query)


def test_the_keyboard_alone_logs_in(visit: Callable[..., Any], path: str) -> None:
    page = visit(path)
    page.focus("#q")
    page.keyboard.type("pharmacien")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.value") == PHARMACIST
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert returned(page)["code"]


def test_the_filter_reads_without_accents_and_never_hides_the_choice(
    visit: Callable[..., Any], path: str
) -> None:
    page = visit(path)
    page.fill("#q", "eloi")
    assert page.locator(".pick label:visible").count() == 1
    assert page.locator("[name=id_nat]:checked").get_attribute("value") == PHARMACIST
    page.fill("#q", "personne")
    assert page.locator("#none").is_visible()
    assert page.locator("[name=id_nat]:checked").count() == 0
    page.fill("#q", "")
    assert page.locator("[name=id_nat]:checked").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_answer_buttons_at_once(
    visit: Callable[..., Any], path: str, scheme: str
) -> None:
    page = visit(path, PHONE, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    box = page.locator("button[value=accept]").bounding_box()
    assert box["y"] + box["height"] <= PHONE[1]
    assert box["height"] >= 40
    assert page.locator("h1").count() == 1
    page.click("button[value=refuse]")
    assert returned(page)["error"] == ["access_denied"]


def test_a_second_login_confirms_and_logout_asks(
    visit: Callable[..., Any], path: str, server: Server, tenant: str
) -> None:
    page = visit(path)
    page.click("button[value=accept]")
    first = returned(page)["session_state"]
    page.goto(f"{server.url}/t/{tenant}{path}")
    assert page.inner_text("h1") == "Est-ce bien vous\u202f?"
    page.click("button[value=continue]")
    assert returned(page)["session_state"] == first
    page.goto(f"{server.url}/t/{tenant}{LOGOUT}")
    page.click("text=Fermer la session >> nth=-1")
    page.wait_for_selector("text=Session fermée")
    page.goto(f"{server.url}/t/{tenant}{path}")
    assert page.inner_text("h1") == "Qui se connecte\u202f?"


def test_form_post_needs_no_click(visit: Callable[..., Any], path: str) -> None:
    page = visit(path)
    posted: list[str] = []

    def receive(route: Any) -> None:
        posted.append(route.request.post_data)
        route.fulfill(body="<link rel=icon href='data:,'>", content_type="text/html")

    page.route("**/", receive)
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.goto(page.url + HEADLESS)
    assert "code=" in posted[0]
