"""Chromium of Debian, driven by Playwright: one browser per worker, one context per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
DESKTOP, LAPTOP, PHONE = (1440, 1000), (1024, 768), (390, 844)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser; skipped, saying why, where it is not installed."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: scripts/setup-foreign installs it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, server: Any, tenant: str) -> Iterator[Callable[..., Any]]:
    """Open a path of the tenant in a fresh context; errors of the page fail the test."""
    errors: list[str] = []
    with ExitStack() as contexts:

        def open_page(path: str = "/", size: tuple[int, int] = DESKTOP, **options: Any) -> Any:
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]}, locale="fr-FR",
                permissions=["clipboard-read", "clipboard-write"], **options,
            )
            contexts.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(60_000)  # a busy machine, as for httpx
            page.on("console", lambda message: errors.append(message.text)
                    if message.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("request", lambda request: errors.append(request.url)
                    if not request.url.startswith(server.url) else None)
            page.goto(f"{server.url}/t/{tenant}{path}")
            return page

        yield open_page
    assert errors == []
