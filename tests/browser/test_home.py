"""The first page in a real browser: what a vendor does there in the first minute."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.browser.conftest import DESKTOP, LAPTOP, PHONE

pytestmark = pytest.mark.browser
Visit = Callable[..., Any]
LINES = """(element) => {
    const range = new Range()
    range.selectNodeContents(element)
    return range.getClientRects().length
}"""


def call(api: httpx.Client, path: str = "/psc/auth/inconnu") -> str:
    """Any call of a service: it is in the journal. The exchange's number."""
    return api.get(path).headers["x-sandbox-exchange"]


def copied(page: Any) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_services_and_people_are_there(visit: Visit, server: Any) -> None:
    page = visit()
    assert page.locator("h1").count() == 1
    assert page.locator(".services tbody tr").count() == len(server.sandbox.services)
    assert page.locator(".persona:visible").count() >= 9
    page.get_by_text("personnages et structures").click()
    assert page.locator(".persona:visible").count() == page.locator(".persona").count()


def test_a_value_copies_itself(visit: Visit, api: httpx.Client) -> None:
    page = visit()
    doctor = api.get("/sandbox/identities").json()["professionals"][0]
    page.locator(f'.persona [data-copy="{doctor["id_nat"]}"]').click()
    page.get_by_text("Copié", exact=True).wait_for()
    assert copied(page) == doctor["id_nat"]


def test_the_first_call_works_as_pasted(visit: Visit, journal: Callable[..., Any]) -> None:
    page = visit()
    page.locator('[data-copy="#curl"]').click()
    page.get_by_text("Copié", exact=True).wait_for()
    pasted = subprocess.run(
        ["bash", "-eu", "-c", copied(page)], capture_output=True, text=True, timeout=30,
    )
    assert pasted.returncode == 0, pasted.stderr
    shown = page.locator("#rep").text_content()
    for member in re.findall(r'"(?:system|value|family|given)": \[?"[^"]+"', shown):
        assert member.replace(": ", ":") in pasted.stdout
    last = journal()[0]
    assert (last["service"], last["response"]["status"]) == ("ins", "200")
    assert last["findings"] == []


def test_a_call_appears_at_the_foot_at_once(visit: Visit, api: httpx.Client) -> None:
    page = visit()
    page.get_by_text("Lancez le premier appel").wait_for()
    exchange = call(api)
    line = page.locator(f'.feed li[data-id="{exchange}"]')
    line.wait_for()
    assert "refusé, 404" in line.text_content()
    assert page.locator(".feed li.none").count() == 0
    assert "1 échange" in page.locator("[data-live-summary]").text_content()
    line.get_by_role("link").click()
    page.wait_for_url(f"**/console/journal/{exchange}")


def test_the_journal_can_be_suspended(visit: Visit, api: httpx.Client) -> None:
    page = visit()
    with page.expect_response("**/journal/stream"):  # what ends before is told to nobody
        page.reload()
    page.get_by_role("button", name="Suspendre").click()
    call(api)
    page.get_by_text("Suspendu, 1 échange depuis").wait_for()
    assert page.locator(".feed li.none").count() == 1
    page.get_by_role("button", name="Reprendre").click()
    page.locator(".feed li.new").wait_for()


def test_a_cut_link_says_so_and_loses_nothing(visit: Visit, api: httpx.Client) -> None:
    page = visit()
    page.route("**/journal/stream", lambda route: route.fulfill(
        status=200, content_type="text/event-stream", body="",
    ))
    page.reload()
    page.get_by_text("Lien coupé, nouvel essai dans").wait_for()
    exchange = call(api)
    page.unroute("**/journal/stream")
    page.locator(f'.feed li[data-id="{exchange}"]').wait_for()
    assert "1 échange" in page.locator("[data-live-summary]").text_content()


def test_search_finds_a_person_by_behaviour(visit: Visit) -> None:
    page = visit()
    page.get_by_label("Chercher une identité").fill("mineur dmp")
    people = page.locator(".persona:visible")
    assert 0 < people.count() < page.locator(".persona").count()
    page.get_by_label("Chercher une identité").fill("2 79 03 51 215 189")
    assert [name.split()[0] for name in people.locator("h3").all_text_contents()] == ["PAT-TROIS"]
    page.get_by_label("Chercher une identité").fill("zzz")
    page.get_by_text("Personne ne correspond").wait_for()


def test_everything_is_reached_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"
    page.get_by_role("tab", name="curl").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "o-rep"
    assert page.locator("#rep").is_visible()
    assert page.locator("#curl").is_hidden()
    page.keyboard.press("Home")
    assert page.locator("#curl").is_visible()
    page.locator(".services [data-copy]").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copié", exact=True).wait_for()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, PHONE], ids=["1440", "1024", "390"])
def test_the_plinth_never_hides_what_has_the_focus(
    visit: Visit, api: httpx.Client, size: tuple[int, int]
) -> None:
    for _ in range(4):
        call(api)
    page = visit("/", size, reduced_motion="reduce")
    reached = 0
    while page.evaluate("document.activeElement.closest('.socle') === null"):
        page.keyboard.press("Tab")
        hidden = page.evaluate("""() => {
            const plinth = document.querySelector('.socle'), focus = document.activeElement;
            const place = focus.getBoundingClientRect();
            return focus.closest('.socle') || place.bottom < 0 ? ''
                : Math.min(place.bottom, place.top + 40) > plinth.getBoundingClientRect().top
                ? focus.textContent : '';
        }""")
        assert hidden == ""
        reached += 1
    assert reached > 20


def test_forced_colours_keep_what_is_chosen_apart(visit: Visit) -> None:
    page = visit("/", forced_colors="active")
    assert page.locator("nav [aria-current]").evaluate("(e) => getComputedStyle(e).outlineStyle"
                                                       ) == "solid"
    edges = [tab.evaluate("(e) => getComputedStyle(e).borderBottomColor")
             for tab in page.get_by_role("tab").all()]
    assert edges[0] != edges[1]


def test_paper_has_the_content_and_nothing_to_press(visit: Visit) -> None:
    page = visit("/")
    page.emulate_media(media="print")
    for gone in (".rail", ".socle", ".btn", ".search", ".tabs"):
        assert page.locator(gone).first.is_hidden()
    assert page.locator(".services tbody tr").first.is_visible()
    assert page.locator(".persona").last.is_visible()


def test_a_simulated_fault_is_taken_away(visit: Visit, api: httpx.Client) -> None:
    api.post("/sandbox/faults", json={"service": "dmp", "kind": "drop"}).raise_for_status()
    page = visit()
    page.get_by_role("button", name="Retirer").click()
    page.locator(".staged").wait_for(state="detached")
    assert api.get("/sandbox/faults").json() == {"faults": []}


def test_reset_asks_in_words_first(visit: Visit, api: httpx.Client, tenant: str) -> None:
    call(api)
    page = visit()
    page.get_by_role("button", name="Réinitialiser l’espace").click()
    page.get_by_role("heading", name=f"Réinitialiser l’espace {tenant}").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Ne rien effacer"
    page.keyboard.press("Escape")
    assert page.locator("dialog").is_hidden()
    assert page.locator(".feed li.none").count() == 0
    page.get_by_role("button", name="Réinitialiser l’espace").click()
    page.get_by_role("button", name=f"Effacer et réinitialiser {tenant}").click()
    page.get_by_text("Lancez le premier appel").wait_for()


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, PHONE], ids=["1440", "1024", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(
    visit: Visit, api: httpx.Client, size: tuple[int, int], theme: str
) -> None:
    call(api, "/apcv/telephone")
    exchange = call(api, "/psc/auth/" + "x" * 300)
    for path in ("/", "/console/journal", f"/console/journal/{exchange}", "/console/interfaces"):
        page = visit(f"{path}?theme={theme}", size)
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        root = page.locator("html")
        assert root.evaluate("(e) => e.scrollWidth <= e.clientWidth")
        assert root.evaluate("(e) => getComputedStyle(e).colorScheme") == theme
        for tile in page.locator(".tile:visible").all():  # a sigle stands on one line
            assert tile.evaluate("(e) => e.scrollWidth <= e.clientWidth")
            assert tile.evaluate(LINES) == 1
        assert page.get_by_text("Bac à sable, données fictives").is_visible()


def test_the_system_theme_is_followed_and_can_be_forced(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(20, 27, 31)"
    page.locator("[data-theme-toggle]").click()
    page.get_by_text("Thème : clair").wait_for()
    assert page.evaluate(background) == "rgb(244, 245, 240)"
    page.reload()
    assert page.evaluate(background) == "rgb(244, 245, 240)"


def test_nothing_moves_when_motion_is_reduced(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    moving = page.evaluate("""() => [...document.querySelectorAll('*')].filter((one) => {
        const style = getComputedStyle(one);
        return style.animationName !== 'none' || style.transitionDuration !== '0s';
    }).length""")
    assert moving == 0


def test_the_page_says_the_same_without_script(visit: Visit, api: httpx.Client) -> None:
    call(api)
    page = visit(java_script_enabled=False)
    assert page.locator(".feed li a").count() == 1
    assert page.locator(".persona").count() > 9
