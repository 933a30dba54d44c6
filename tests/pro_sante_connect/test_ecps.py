"""The virtual e-CPS: one professional's device, or everyone's."""

from __future__ import annotations

import pytest

from tests.pro_sante_connect.conftest import DOCTOR, PHARMACIST, RelyingParty, callback


def test_auto_is_the_first_mode_and_needs_a_hint(psc: RelyingParty) -> None:
    assert psc.api.get("/sandbox/ecps").json() == {"mode": "auto", "professionals": {}}
    assert "code" in callback(psc.authorize())
    psc.api.cookies.clear()
    assert psc.authorize(login_hint=None).status_code == 200


def test_manual_shows_the_page_with_the_professional_chosen(psc: RelyingParty) -> None:
    psc.ecps("manual")
    page = psc.authorize(login_hint=PHARMACIST)
    assert page.status_code == 200
    assert f'value="{PHARMACIST}" checked' in page.text
    assert "code" in callback(psc.press(page, "accept", id_nat=PHARMACIST))


@pytest.mark.parametrize(("mode", "error", "text"), [
    ("refuse", "access_denied", "The user denied the request"),
    ("timeout", "temporarily_unavailable", "authentication_expired"),
])
def test_a_device_that_does_not_accept_sends_its_error(
    psc: RelyingParty, mode: str, error: str, text: str
) -> None:
    page = psc.authorize(login_hint=None)
    psc.ecps(mode)
    for answer in (psc.authorize(), psc.press(page, "accept", id_nat=DOCTOR)):
        given = callback(answer)
        assert (given["error"], given["error_description"]) == (error, text)
        assert given["state"] == "état/1+&"


def test_a_wrong_pin_is_between_the_professional_and_the_wallet(psc: RelyingParty) -> None:
    psc.ecps("wrong_pin", DOCTOR)
    page = psc.authorize()
    assert page.status_code == 200
    again = psc.press(page, "accept", id_nat=DOCTOR)
    assert again.status_code == 200
    assert "Code erroné" in again.text
    assert "code" in callback(psc.press(again, "accept", id_nat=PHARMACIST))


def test_one_professional_is_an_exception_until_everyone_is_set(psc: RelyingParty) -> None:
    psc.ecps("refuse", DOCTOR)
    assert callback(psc.authorize())["error"] == "access_denied"
    assert "code" in callback(psc.authorize(login_hint=PHARMACIST))
    assert psc.api.get("/sandbox/ecps").json()["professionals"] == {DOCTOR: "refuse"}
    psc.ecps("auto")
    assert "code" in callback(psc.authorize())
    assert psc.api.get("/sandbox/ecps").json() == {"mode": "auto", "professionals": {}}


def test_the_page_shows_who_will_not_accept(psc: RelyingParty) -> None:
    for mode, words in (("refuse", "refuse"), ("timeout", "ne répond pas"),
                        ("wrong_pin", "code erroné")):
        psc.ecps(mode, DOCTOR)
        assert f">{words}</span>" in psc.authorize(login_hint=None).text


@pytest.mark.parametrize(("wanted", "status"), [
    ({"mode": "panne"}, 422), ({}, 422), ({"mode": "auto", "x": 1}, 422),
    ({"mode": "auto", "id_nat": "899900009999"}, 404),
])
def test_a_wrong_command_changes_nothing(
    psc: RelyingParty, wanted: dict[str, object], status: int
) -> None:
    assert psc.api.put("/sandbox/ecps", json=wanted).status_code == status
    assert psc.api.get("/sandbox/ecps").json() == {"mode": "auto", "professionals": {}}
