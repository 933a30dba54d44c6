"""The patient's phone in a browser: keyboard, expiry, both widths, both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.browser.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.browser
PAGE = "/apcv/telephone"


def test_the_keyboard_alone_shows_a_code(visit: Callable[..., Any]) -> None:
    page = visit(PAGE)
    page.focus("#q")
    page.keyboard.type("ruth")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ruth*")
    page.focus("#q")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**patient=nessi-ruth*")
    assert page.locator("#drawn svg").is_visible()
    assert page.locator("#text").input_value()


def test_a_code_that_ends_says_so(visit: Callable[..., Any], api: httpx.Client) -> None:
    api.put("/sandbox/apcv/settings", json={"secondes_code": 1}).raise_for_status()
    page = visit(f"{PAGE}?patient=adrquatre-adrien")
    page.wait_for_selector("#drawn.over")
    assert "expiré" in page.locator("#left").inner_text()


def test_an_app_is_revoked_and_restored(visit: Callable[..., Any]) -> None:
    page = visit(f"{PAGE}?patient=adrquatre-adrien")
    page.click("button[value=revoke]")
    page.wait_for_selector("button[value=restore]")
    page.click("button[value=restore]")
    page.wait_for_selector("#drawn")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(
    visit: Callable[..., Any], size: tuple[int, int], scheme: str
) -> None:
    page = visit(f"{PAGE}?patient=adrquatre-adrien", size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
