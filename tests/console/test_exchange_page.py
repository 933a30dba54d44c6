"""One exchange: its findings in place, and what a vendor sent never more than text."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import httpx
import orjson
import pytest

from services.kernel.rules import Finding
from services.kernel.typography import french
from tests.console.conftest import HOSTILE, inline_or_foreign

AUTHOR = Finding(
    "EX_2.1-1140", "error", "DocumentReference.author[0].reference", "10B0212345", "10B0299999",
    "La structure auteur n’est pas celle du jeton.", "Guide DMP, authentification indirecte",
)
LANGUAGE = Finding(
    "SOCLE-LANG", "warning", "DocumentReference.absent.language", "fr-FR", "fr",
    "La langue est incomplète.", "Règle de Socle, tirée des métadonnées XDS",
)
DOCUMENT = orjson.dumps({
    "resourceType": "DocumentReference", "author": [{"reference": "10B0299999"}],
}).decode()


def test_a_finding_is_on_its_value_and_in_the_margin(api: httpx.Client, recorded) -> None:
    exchange = recorded(DOCUMENT, outcome="fail", status="400", findings=(AUTHOR, LANGUAGE))
    page = api.get(f"/console/journal/{exchange}").text.replace("<wbr>", "")
    assert re.search(r'<span class="mark err">10B0299999</span>\s*<a class="ref err" id="m1"', page)
    margin = page[page.index('<aside class="margin"'):]
    order = [margin.index(words) for words in (
        "EX_2.1-1140", "Erreur", AUTHOR.message, "Où", "Attendu", "10B0212345", "Trouvé",
        "10B0299999", "Source", AUTHOR.source,
    )]
    assert order == sorted(order)
    assert '<a href="#m1">DocumentReference.author[0].reference</a>' in margin
    assert "2 constats" in margin


def test_a_finding_without_a_place_is_still_in_the_margin(api: httpx.Client, recorded) -> None:
    lonely = Finding("R", "information", "X-Absent", "présent", "", "Il manque.", "Règle de Socle")
    page = api.get(f"/console/journal/{recorded(findings=(lonely,))}").text
    assert "Il manque." in page
    assert 'href="#m1"' not in page


def test_findings_are_numbered_as_their_values_are_read(api: httpx.Client, recorded) -> None:
    first = replace(AUTHOR, rule="R-1", at="DocumentReference.resourceType", found="x")
    page = api.get(f"/console/journal/{recorded(DOCUMENT, findings=(AUTHOR, first))}").text
    assert page.index('id="m1"') < page.index('id="m2"')
    margin = page[page.index('<aside class="margin"'):]
    assert margin.index("R-1") < margin.index(AUTHOR.rule)


def test_a_refusal_says_why_in_the_words_of_the_answer(api: httpx.Client, token, journal) -> None:
    refused = api.post("/ins/fhir/Patient/$match", json={
        "resourceType": "Patient", "name": [{"use": "official", "family": "É", "given": ["Zoé"]}],
        "gender": "female", "birthDate": "1975-12-31",
    }, headers={"Authorization": f"Bearer {token()}"}).json()["issue"][0]
    page = html.unescape(api.get(f"/console/journal/{journal()[0]['id']}").text)
    assert french(refused["details"]["text"].rstrip(".")) in page
    assert french(refused["diagnostics"]) in page


def test_a_refusal_quotes_the_code_and_a_bug_says_it_is_ours(api: httpx.Client, recorded) -> None:
    refused = api.get(f"/console/journal/{recorded(outcome='fail', status='409')}").text
    assert "<strong>Refusé&nbsp;:</strong> <code>409</code>" in refused
    bug = api.get(f"/console/journal/{recorded(outcome='error', status='500')}").text
    assert "C’est nous, pas vous." in bug


def test_the_caller_is_named(api: httpx.Client, recorded) -> None:
    doctor = api.get("/sandbox/identities").json()["professionals"][0]
    page = api.get(f"/console/journal/{recorded(caller=doctor['id_nat'])}").text
    assert f"{doctor['nom']} {doctor['prenom']}" in page


@pytest.mark.parametrize("body", [
    HOSTILE, orjson.dumps({HOSTILE: HOSTILE, "resourceType": HOSTILE}).decode(),
    f"<a b=\"{HOSTILE.replace('<', '&lt;').replace('&{', '{').replace(chr(34), '')}\"/>",
])
def test_hostile_bytes_are_only_text(api: httpx.Client, recorded, body: str) -> None:
    broken = Finding(HOSTILE, "error", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    exchange = recorded(
        body, path=f"/dmp/fhir/{HOSTILE}?{HOSTILE}={HOSTILE}", findings=(broken,), note=HOSTILE,
        caller=HOSTILE, status="400",
    )
    pages = [api.get(path).text for path in (
        f"/console/journal/{exchange}", "/console/journal", "/", "/console/live/feed",
        "/console/live/list",
    )]
    for page in pages:
        assert inline_or_foreign(page) == []
        assert "{{7*7}}" in page
    assert "&lt;script&gt;alert(1)" in pages[0]


def test_a_real_hostile_call_is_only_text(api: httpx.Client, journal) -> None:
    api.post("/psc/auth/%3Cscript%3Ealert(1)%3C/script%3E?a=<script>alert(2)</script>",
             content=HOSTILE, headers={"X-Test": "<script>alert(3)</script>"})
    page = api.get(f"/console/journal/{journal()[0]['id']}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(3)" in page


def test_raw_bytes_are_downloaded_never_rendered(api: httpx.Client, recorded, tenant: str) -> None:
    exchange = recorded(HOSTILE)
    page = api.get(f"/console/journal/{exchange}").text
    address = f"/t/{tenant}/sandbox/journal/{exchange}/request"
    assert f'href="{address}" download' in page
    raw = api.get(f"/sandbox/journal/{exchange}/request")
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert raw.headers["content-disposition"].startswith("attachment")


def test_large_bodies_are_cut(api: httpx.Client, recorded) -> None:
    page = api.get(f"/console/journal/{recorded('x' * 200_000)}").text
    assert len(page) < 120_000
    assert "les 16\u202f384 premiers" in page
