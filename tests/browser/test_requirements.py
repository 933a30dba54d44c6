"""The page of requirements in a browser: found, filtered, followed to an exchange and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.browser.conftest import DESKTOP, LAPTOP, PHONE
from tests.console.test_requirements import AUTH, QUERY

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, PHONE], ids=["desktop", "laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits(visit: Callable[..., Any], size: tuple[int, int], scheme: str) -> None:
    page = visit("/console/requirements", size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.get_by_role("heading", name="Exigences").is_visible()


def test_from_a_requirement_to_its_exchange_and_back(
    visit: Callable[..., Any], api: httpx.Client
) -> None:
    api.get(AUTH, params=QUERY)
    page = visit("/")
    page.get_by_role("link", name="Exigences").click()
    page.get_by_label("Filtrer").fill("eidas1")
    rows = page.locator(".rules tbody tr:visible")
    assert rows.count() == 1
    assert page.locator("section.of-rules:visible").count() == 1
    page.get_by_role("button", name="Enfreintes").click()
    page.get_by_role("link", name="1 échange", exact=True).click()
    page.locator(".xlist a").click()
    page.get_by_role("link", name="EXI PSC 6").click()
    page.wait_for_url("**/console/requirements#r-EXI-PSC-6")
    assert page.locator("#r-EXI-PSC-6").is_visible()


def test_a_filter_without_result_says_so(visit: Callable[..., Any]) -> None:
    page = visit("/console/requirements")
    page.get_by_label("Filtrer").fill("rien de tel")
    assert page.get_by_text("Aucune exigence pour ce filtre").is_visible()
    assert page.locator("section.of-rules:visible").count() == 0
