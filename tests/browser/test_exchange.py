"""The journal and one exchange in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.kernel.clock import real_now
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.rules import Finding

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]

HOSTILE = "<img src=x onerror=\"document.title='pris'\"><script>document.title='pris'</script>"
FINDING = Finding(
    "EX_2.1-1140", "error", "DocumentReference.author", "10B0212345", "10B0299999",
    "La structure auteur n’est pas celle du jeton.", "Guide DMP",
)


@pytest.fixture
def exchange(server: Any, tenant: str) -> str:
    """An exchange with a finding and hostile bytes; its id."""
    body = ('{"resourceType":"DocumentReference","author":[{"reference":"10B0299999"}],'
            f'"description":"{HOSTILE.replace(chr(34), chr(39))}"}}')
    head = "POST /dmp/fhir HTTP/1.1\r\nContent-Type: application/fhir+json\r\n\r\n"

    async def put() -> str:
        known = await server.sandbox.tenants.get(tenant)
        entry = Entry(
            exchange_id(), known.key, real_now(), "dmp", "", "HTTP/1.1", "127.0.0.1:5",
            "POST /dmp/fhir", "400", "fail", "derived", (head + body).encode(),
            f"HTTP/1.1 400\r\nContent-Type: text/html\r\n\r\n{HOSTILE}".encode(), [FINDING],
            note=HOSTILE,
        )
        server.sandbox.journal.record(entry)
        return entry.id

    return str(server.run(put()))


def test_a_finding_is_seen_on_its_value_and_in_the_margin(visit: Visit, exchange: str) -> None:
    page = visit(f"/console/journal/{exchange}")
    mark = page.locator(".mark.err")
    assert mark.text_content() == "10B0299999"
    assert mark.is_visible()
    finding = page.locator("#c1")
    assert FINDING.message in finding.text_content()
    assert finding.is_visible()
    page.get_by_label("Constat 1").first.click()
    assert page.url.endswith("#c1")
    finding.locator('a[href="#m1"]').click()
    assert page.url.endswith("#m1")


def test_hostile_bytes_do_nothing(visit: Visit, exchange: str) -> None:
    for path in (f"/console/journal/{exchange}", "/console/journal", "/"):
        page = visit(path)
        for tab in page.get_by_role("tab").all():
            tab.click()
        page.wait_for_timeout(200)
        assert "pris" not in page.title()
        assert page.locator("img").count() == 0


def test_tabs_show_answer_and_raw_bytes(visit: Visit, exchange: str) -> None:
    page = visit(f"/console/journal/{exchange}")
    page.get_by_role("tab", name="Réponse").click()
    assert "HTTP/1.1 400" in page.locator("#p-rep").text_content()
    page.get_by_role("tab", name="Octets bruts").click()
    assert page.locator("#p-raw pre").first.is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger").first.click()
    assert download.value.suggested_filename == f"{exchange}.request"


def test_the_list_filters_and_grows(visit: Visit, exchange: str, api: httpx.Client) -> None:
    page = visit("/console/journal")
    page.get_by_role("button", name="Avertissements").click()
    page.get_by_text("Aucun échange pour ce filtre").wait_for()
    page.get_by_role("button", name="Erreurs").click()
    page.get_by_label("Filtrer").fill("ex_2.1-1140")
    assert page.locator(".xlist li:visible").count() == 1
    page.get_by_label("Filtrer").fill("")
    page.get_by_role("button", name="Tout").click()
    fresh = api.get("/psc/auth/inconnu").headers["x-sandbox-exchange"]
    page.locator(f'.xlist li[data-id="{fresh}"]').wait_for()
    assert page.locator(".xlist li").first.get_attribute("data-id") == fresh


def test_the_chosen_line_is_told_to_all(visit: Visit, exchange: str) -> None:
    page = visit(f"/console/journal/{exchange}")
    assert page.locator(".xlist [aria-current=true]").count() == 1
    assert page.locator("nav [aria-current=page]").text_content() == "Journal"
