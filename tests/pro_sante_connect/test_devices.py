"""The page of the virtual phone and card reader."""

from __future__ import annotations

import re

import httpx

from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, hidden

PAGE = "/psc/auth/ecps"


def press(psc: RelyingParty, page: httpx.Response, action: str) -> httpx.Response:
    return psc.api.post(PAGE, follow_redirects=True, data={
        "page": hidden(page, "page"), "id": hidden(page, "id"), "action": action,
    })


def test_nothing_waits(psc: RelyingParty) -> None:
    page = psc.api.get(PAGE)
    assert page.status_code == 200
    assert "Aucune demande sur un téléphone." in page.text
    assert "Aucune demande sur un lecteur de carte." in page.text
    assert not re.search(r'type="(password|tel|number)"', page.text)


def test_a_request_is_accepted_on_the_page(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked(binding_message="07", channel="CARD")
    page = psc.api.get(PAGE)
    assert ">07</strong>" in page.text
    assert DOCTOR in page.text
    assert "Aucune demande sur un téléphone." in page.text
    assert "acceptée" in press(psc, page, "accept").text
    assert psc.poll(asked).status_code == 200


def test_every_gesture(psc: RelyingParty) -> None:
    psc.ecps("manual")
    asked = psc.asked()
    page = psc.api.get(PAGE)
    assert "1 code erroné sur trois" in press(psc, page, "wrong_pin").text
    assert 'value="accept"' in press(psc, page, "ignore").text
    assert "refusée" in press(psc, page, "block").text
    assert "a déjà sa réponse" in press(psc, page, "accept").text
    assert psc.poll(asked).json()["error"] == "access_denied"


def test_a_late_gesture_says_so(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.at(0)
    psc.asked()
    page = psc.api.get(PAGE)
    psc.at(121)
    assert "plus en cours" in press(psc, page, "accept").text


def test_another_browser_or_site_cannot_answer(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.asked()
    page = psc.api.get(PAGE)
    form = {"page": hidden(page, "page"), "id": hidden(page, "id"), "action": "accept"}
    for data in (form, {**form, "page": "x"}, {"id": form["id"], "action": "accept"}):
        assert psc.back.post(PAGE, data=data).status_code == 400
    assert psc.shown()[0]["status"] == "pending"


def test_an_unknown_gesture_changes_nothing(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.asked()
    assert press(psc, psc.api.get(PAGE), "brûler").status_code == 200
    assert psc.shown()[0]["status"] == "pending"
