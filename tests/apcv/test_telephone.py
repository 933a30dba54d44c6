"""The page of the phone, without a browser."""

from __future__ import annotations

import html
import re

import httpx

from services import app
from services.settings import Settings
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


async def test_a_shared_installation_asks_for_the_secret() -> None:
    """What the control API keeps for the tenant, this page would give away."""
    running = await app.start(Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, mllp_port=0, host="0.0.0.0",
        admin_token="l-administrateur", only="psc,ins,apcv",
    ))
    form = {"patient": ADRIEN, "action": "revoke"}
    try:
        async with httpx.AsyncClient(
            base_url=running.sandbox.public_url, trust_env=False
        ) as api:
            admin = {"Authorization": "Bearer l-administrateur"}
            secrets = {}
            for name in ("un", "deux"):
                made = await api.post("/sandbox/tenants", json={"name": name}, headers=admin)
                secrets[name] = made.json()["secret"]
            page = f"/t/un{PAGE}"
            for wrong in (None, ("socle", "faux"), ("socle", secrets["deux"]), ("socle", "")):
                shown = await api.get(page, params={"patient": ADRIEN}, auth=wrong)
                assert shown.status_code == 401
                assert shown.headers["www-authenticate"] == 'Basic realm="socle"'
                assert "<textarea" not in shown.text
                assert (await api.post(page, data=form, auth=wrong)).status_code == 401
            own = ("socle", secrets["un"])
            assert "<textarea" in (await api.get(page, params={"patient": ADRIEN}, auth=own)).text
            assert (await api.post(page, data=form, headers=admin)).status_code == 303
            assert "révoquée" in (await api.get(page, params={"patient": ADRIEN}, auth=own)).text
            entries = (await api.get("/t/un/sandbox/journal", headers=admin)).json()["entries"]
            raws = [f"/t/un{each['request']['raw']}" for each in entries]
            kept = [(await api.get(each, headers=admin)).text for each in raws]
        assert sum("authorization: ***" in each for each in kept) == 3
        assert not any("l-administrateur" in each for each in kept)
    finally:
        await running.stop()
