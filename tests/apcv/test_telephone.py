"""The page of the phone, without a browser."""

from __future__ import annotations

import html
import re

import httpx

from tests.apcv import calls
from tests.apcv.calls import ADRIEN, Doctor

PAGE = "/apcv/telephone"


def shown(api: httpx.Client, **query: str) -> str:
    answer = api.get(PAGE, params=query)
    assert answer.status_code == 200
    assert "script-src" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


def test_the_code_of_the_page_is_read(api: httpx.Client, doctor: Doctor) -> None:
    page = shown(api, patient=ADRIEN)
    text = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert text is not None
    assert "000464100004" in page
    assert "ROCO LUCIENNE" in page
    assert calls.statut(calls.read(api, doctor, html.unescape(text[1]))) == "0"


def test_people_are_searched(api: httpx.Client) -> None:
    page = shown(api, q="adrquatre")
    assert "ADRQUATRE ADRIEN" in page
    assert "NESSI" not in page
    hostile = shown(api, q="<script>alert(1)</script>")
    assert "<script>alert" not in hostile
    assert api.get(PAGE, params={"patient": "personne"}).status_code == 404


def test_an_app_is_revoked_from_the_page_and_from_nowhere_else(
    api: httpx.Client, doctor: Doctor
) -> None:
    form = {"patient": ADRIEN, "action": "revoke"}
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://autre.example"},
                   {"Origin": "null"}, {"Origin": "http://[autre"}, {"Origin": "//"}):
        assert api.post(PAGE, data=form, headers=header).status_code == 403
    code = calls.code(api)
    done = api.post(PAGE, data=form)
    assert done.status_code == 303
    assert done.headers["location"].endswith(f"{PAGE}?patient={ADRIEN}")
    assert "révoquée" in shown(api, patient=ADRIEN)
    assert calls.statut(calls.read(api, doctor, code)) == "5"
    api.post(PAGE, data=form | {"action": "restore"})
    assert "<textarea" in shown(api, patient=ADRIEN)
