"""The page of requirements: all of the register, and the way to what broke each."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from services.console.requirements import anchor
from services.kernel.requirements import register
from services.kernel.typography import french
from tests.conftest import Server

AUTH = "/psc/auth/realms/esante-wallet/protocol/openid-connect/auth"
QUERY = {
    "response_type": "code", "client_id": "socle-demo", "scope": "openid scope_all",
    "redirect_uri": "http://127.0.0.1:9/retour",
}
MARKS = {"official": "officielle", "derived": "déduite", "default": "choisie"}


def lines(api: httpx.Client) -> dict[str, str]:
    page = html.unescape(api.get("/console/requirements").text.replace("<wbr>", ""))
    return dict(re.findall(r'<tr id="([^"]+)"(.*?)</tr>', page, re.DOTALL))


def test_the_page_is_the_register(api: httpx.Client, server: Server) -> None:
    found = lines(api)
    every = [each.requirement for each in register(server.sandbox.services.values())]
    assert len(found) == len(every)
    for each in every:
        line = found[anchor(each.id)]
        assert f'<th scope="row">{each.id}' in line
        assert french(each.message) in line
        assert french(each.source) in line
        assert f">{MARKS[each.fidelity]}</span>" in line
        assert all(number in line for number in each.numbers)


def test_a_broken_requirement_leads_to_its_exchanges(api: httpx.Client, tenant: str) -> None:
    for query in (QUERY, QUERY, {**QUERY, "acr_values": "eidas1"}):
        api.get(AUTH, params=query)
    line = lines(api)["r-EXI-PSC-6"]
    assert 'data-kinds="err broken"' in line
    assert "2 échanges" in line
    address = re.search(r'href="(/t/[^"]+)"', line)
    assert address is not None
    page = api.get(address[1].removeprefix(f"/t/{tenant}")).text
    shown = re.findall(r'<li data-id="([^"]+)"', page)
    found = api.get("/sandbox/journal", params={"requirement": "EXI PSC 6"}).json()["entries"]
    assert shown == [each["id"] for each in found]
    assert len(shown) == 2
    live = f'data-live="/t/{tenant}/console/live/list?requirement=EXI%20PSC%206"'
    assert live in page
    fragment = api.get("/console/live/list?requirement=EXI%20PSC%206").text
    assert re.findall(r'<li data-id="([^"]+)"', fragment) == shown
    detail = api.get(f"/console/journal/{shown[0]}").text
    assert f'href="/t/{tenant}/console/requirements#r-EXI-PSC-6"' in detail
    assert 'aucun</span>' in lines(api)["r-EF_INS01_03".replace("_", "-")]


@pytest.mark.parametrize("name", ["nothing", "<script>alert(1)</script>", '"'])
def test_an_unknown_requirement_has_no_exchange(api: httpx.Client, name: str) -> None:
    api.get(AUTH, params=QUERY)
    page = api.get("/console/journal", params={"requirement": name})
    assert page.status_code == 200
    assert '<li data-id="' not in page.text
    assert "<script>alert" not in page.text
