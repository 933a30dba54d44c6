"""Every page: status, headers, nothing inline, nothing from elsewhere, one tenant at a time."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from services.kernel.typography import french
from tests.console.conftest import HOSTILE, inline_or_foreign

PAGES = ("/", "/console/journal", "/console/journal?requirement=EXI%20PSC%206",
         "/console/requirements", "/console/interfaces", "/console/live/feed",
         "/console/live/list", "/console/live/none")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_strict(api: httpx.Client, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_inline_nor_from_elsewhere(api: httpx.Client, recorded, path: str) -> None:
    exchange = recorded()
    for page in (api.get(path).text, api.get(f"/console/journal/{exchange}").text):
        assert inline_or_foreign(page) == []


def test_first_page_says_what_it_is(api: httpx.Client, server, tenant: str) -> None:
    page = api.get("/").text
    assert "Bac à sable, données fictives" in page
    assert "Ce n’est pas un service de l’État" in page
    assert f"Espace {tenant}" in page
    for service in server.sandbox.services.values():
        assert service.name in page


def test_first_page_lists_everyone_with_their_numbers(api: httpx.Client) -> None:
    page = api.get("/").text
    identities = api.get("/sandbox/identities").json()
    copies = set(re.findall(r'data-copy="([^"]*)"', page))
    for one in identities["professionals"]:
        assert {one["id_nat"], *(box["address"] for box in one["mailboxes"])} <= copies
    for one in identities["patients"]:
        assert one["matricule"] + one["cle"] in copies
    for one in identities["structures"]:
        assert one["id_nat"] in copies


def test_interfaces_are_the_declarations(api: httpx.Client, server) -> None:
    page = html.unescape(api.get("/console/interfaces").text.replace("<wbr>", ""))
    for service in server.sandbox.services.values():
        for each in service.transactions:
            row = page[page.index(f'<th scope="row">{each.code}</th><td>{french(each.name)}'):]
            row = row[:row.index("</tr>")]
            assert all(word in row for route in each.routes for word in route.split(" "))
            assert row.count('class="route"') == len({
                place if place.startswith("/") else "" for _, place in map(str.split, each.routes)
            })


def test_added_patient_is_listed_as_text(api: httpx.Client) -> None:
    added = api.post("/sandbox/patients", json={
        "nom_naissance": "SOCLE-TEST", "prenoms": ["<B>ANNE</B>"], "sexe": "F",
        "date_naissance": "1980-02-03",
    })
    if added.status_code == 201:
        assert "&lt;B&gt;" in api.get("/").text
    assert "<B>" not in api.get("/").text


def test_links_stay_in_the_tenant(api: httpx.Client, tenant: str) -> None:
    page = api.get("/").text
    links = re.findall(r'(?:href|data-live)="(/(?:t/|console/(?!static)|sandbox)[^"]*)"', page)
    assert links
    assert all(link.startswith(f"/t/{tenant}/") for link in links)


@pytest.mark.parametrize(("query", "theme"), [
    ("?theme=dark", ' data-theme="dark"'), ("?theme=light", ' data-theme="light"'), ("", ""),
    ("?theme=%22%3E%3Cscript%3E", ""),
])
def test_theme_can_be_forced(api: httpx.Client, query: str, theme: str) -> None:
    assert f'<html lang="fr"{theme}>' in api.get(f"/{query}").text


def test_theme_is_remembered(api: httpx.Client) -> None:
    page = api.get("/", headers={"Cookie": "socle-theme=dark"}).text
    assert '<html lang="fr" data-theme="dark">' in page


@pytest.mark.parametrize("path", [
    "/console/static/absent.css", "/console/static/..%2Fpages.py", "/console/static/%2e%2e",
    "/console/live/other", "/console/absent",
])
def test_unknown_addresses_are_404(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 404


def test_static_files_are_kept_by_version(api: httpx.Client) -> None:
    url = re.search(r'href="(/console/static/tokens.css\?v=\w+)"', api.get("/").text)
    assert url is not None
    first = httpx.get(api.base_url.copy_with(raw_path=url[1].encode()), trust_env=False)
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in first.headers["cache-control"]
    assert len(first.content) < 45_000
    again = api.get("/console/static/tokens.css",
                    headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


def test_style_sheet_loads_nothing(api: httpx.Client) -> None:
    sheet = api.get("/console/static/tokens.css").text
    assert "@import" not in sheet
    assert "url(" not in sheet


def test_an_empty_journal_names_the_next_action(api: httpx.Client) -> None:
    assert "Lancez le premier appel" in api.get("/").text
    assert "Aucun échange pour l’instant" in api.get("/console/journal").text


def test_an_exchange_of_another_tenant_is_absent(api: httpx.Client, server, recorded) -> None:
    exchange = recorded(note=HOSTILE)
    other = httpx.get(f"{server.url}/t/other/console/journal/{exchange}", trust_env=False)
    assert other.status_code == 404
    assert "n’est plus dans le journal" in other.text
    assert "alert(1)" not in other.text


def test_pages_are_not_exchanges(api: httpx.Client, journal) -> None:
    for path in PAGES:
        api.get(path)
    assert journal() == []


def test_foreign_host_is_refused(api: httpx.Client) -> None:
    assert api.get("/", headers={"Host": "attaquant.example"}).status_code == 421
