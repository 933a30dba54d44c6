"""Log-in through a hospital's own identity provider (case 39)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from pro_sante_connect.delegation import accounts
from pro_sante_connect.delegation.institution import BROKER, TOKEN
from tests.pro_sante_connect.conftest import (
    DOCTOR,
    PHARMACIST,
    RelyingParty,
    callback,
    claims,
    hidden,
)

HINT = "CHU_FICTIF"
DAY = 86400


def follow(psc: RelyingParty, answer: httpx.Response) -> httpx.Response:
    """From one of our pages to the next, up to a page or to the software's own address."""
    own = str(psc.api.base_url)
    while answer.status_code == 302 and answer.headers["location"].startswith(("/", own)):
        answer = psc.api.get(httpx.URL(own).join(answer.headers["location"]))
    return answer


def institution(psc: RelyingParty, **changes: str | None) -> httpx.Response:
    """The institution's page."""
    page = follow(psc, psc.authorize(kc_idp_hint=HINT, **{"login_hint": None} | changes))
    assert "CHU Fictif : qui êtes-vous" in page.text.replace("\u202f", " ").replace("\xa0", " ")
    return page


def agent(psc: RelyingParty, page: httpx.Response, account: str) -> httpx.Response:
    """Choose an account there."""
    form = {"request": hidden(page), "action": "accept", "account": account}
    return follow(psc, psc.api.post("/psc/chu-fictif/authorize", data=form))


def press(psc: RelyingParty, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
    form = {"request": hidden(page), "action": action} | fields
    return follow(psc, psc.api.post("/psc/auth/delegation", data=form))


def paired(psc: RelyingParty, account: str = "agent-telephone") -> httpx.Response:
    """The first log-in, paired with the default doctor."""
    page = agent(psc, institution(psc), account)
    return press(psc, page, "accept", id_nat=DOCTOR, means="ecps")


def forget_browser(psc: RelyingParty) -> None:
    psc.api.cookies.clear()


def test_39_the_first_time_a_pairing_then_a_confirmation(psc: RelyingParty) -> None:
    page = agent(psc, institution(psc), "agent-telephone")
    assert "À qui est ce compte" in page.text
    assert "Se connecter via un fournisseur" not in page.text
    given = callback(press(psc, page, "accept", id_nat=DOCTOR, means="card"))
    assert given["state"] == "état/1+&"
    tokens = psc.redeem(given["code"]).json()
    assert claims(tokens["id_token"])["SubjectNameID"] == DOCTOR
    assert claims(tokens["id_token"])["authMode"] == "FI"
    forget_browser(psc)
    again = agent(psc, institution(psc), "agent-telephone")
    assert "Est-ce bien vous" in again.text
    assert "EXEMPLAIRE Claire" in again.text
    assert callback(press(psc, again, "continue"))["code"]


def test_39_a_hint_skips_the_choice_and_another_does_not(psc: RelyingParty) -> None:
    first = psc.authorize(kc_idp_hint=HINT, login_hint=None)
    assert urlsplit(first.headers["location"]).path.endswith("/psc/chu-fictif/authorize")
    other = psc.authorize(kc_idp_hint="OKTA_inconnu", login_hint=None)
    assert other.status_code == 200
    assert "Qui se connecte" in other.text
    button = follow(psc, psc.press(other, "delegate"))
    assert callback(press(
        psc, agent(psc, button, "agent-carte"), "accept", id_nat=PHARMACIST))["code"]


@pytest.mark.parametrize(("account", "text"), [
    ("agent-mot-de-passe", "authentication method not accepted"),
    ("agent-sans-oid", "claim missing: oid"),
])
def test_39_an_unusable_identity_is_refused(
    psc: RelyingParty, account: str, text: str
) -> None:
    given = callback(agent(psc, institution(psc), account))
    assert given["error"] == "access_denied"
    assert text in given["error_description"]
    assert given["state"] == "état/1+&"


def test_39_a_pairing_lasts_ninety_days(psc: RelyingParty) -> None:
    psc.at(0)
    paired(psc)
    (known,) = psc.api.get("/sandbox/psc/pairings").json()["pairings"]
    assert (known["account"], known["id_nat"], known["alive"]) == ("agent-telephone", DOCTOR, True)
    for late, heading in ((90 * DAY - 1, "Est-ce bien vous"), (90 * DAY, "À qui est ce compte")):
        psc.at(late)
        forget_browser(psc)
        assert heading in agent(psc, institution(psc), "agent-telephone").text
    assert not psc.api.get("/sandbox/psc/pairings").json()["pairings"][0]["alive"]


def test_without_a_page_once_paired(psc: RelyingParty) -> None:
    answer = psc.api.post("/sandbox/psc/pairings", json={
        "account": "agent-carte", "id_nat": PHARMACIST})
    assert answer.status_code == 201
    given = callback(follow(psc, psc.authorize(kc_idp_hint=HINT, login_hint="agent-carte")))
    assert claims(psc.redeem(given["code"]).json()["access_token"])["SubjectNameID"] == PHARMACIST
    psc.ecps("manual")
    forget_browser(psc)
    page = follow(psc, psc.authorize(kc_idp_hint=HINT, login_hint="agent-carte"))
    assert "CHU Fictif" in page.text
    assert psc.api.delete("/sandbox/psc/pairings/agent-carte").status_code == 204
    assert psc.api.get("/sandbox/psc/pairings").json()["pairings"] == []
    nobody = {"account": "agent-carte", "id_nat": "899900009999"}
    assert psc.api.post("/sandbox/psc/pairings", json=nobody).status_code == 404
    assert psc.api.post("/sandbox/psc/pairings", json={
        "account": "agent-sans-oid", "id_nat": DOCTOR}).status_code == 422


def test_everyone_may_refuse(psc: RelyingParty) -> None:
    page = institution(psc)
    refused = follow(psc, psc.api.post("/psc/chu-fictif/authorize", data={
        "request": hidden(page), "action": "refuse"}))
    assert callback(refused)["error"] == "access_denied"
    assert callback(press(psc, agent(psc, institution(psc), "agent-carte"), "refuse"))["error"] \
        == "access_denied"


@pytest.mark.parametrize(("mode", "error"), [
    ("refuse", "access_denied"), ("timeout", "temporarily_unavailable"),
])
def test_the_device_may_refuse_the_pairing(psc: RelyingParty, mode: str, error: str) -> None:
    psc.ecps(mode)
    assert callback(paired(psc))["error"] == error
    assert psc.api.get("/sandbox/psc/pairings").json()["pairings"] == []


def test_pages_come_back_with_what_was_wrong(psc: RelyingParty) -> None:
    page = agent(psc, institution(psc), "agent-telephone")
    assert 'role="alert"' in press(psc, page, "accept").text
    found = press(psc, page, "filter", q="officinal")
    assert "OFFICINAL" in found.text
    assert "EXEMPLAIRE Claire" not in found.text
    psc.ecps("wrong_pin")
    assert 'role="alert"' in press(psc, page, "accept", id_nat=DOCTOR).text
    psc.ecps("auto")
    english = psc.api.post("/psc/auth/delegation", data={"request": hidden(page), "lang": "en"})
    assert english.status_code == 200
    assert "Whose account is this" in psc.api.post(
        "/psc/auth/delegation", data={"request": hidden(page), "action": "x"},
        headers={"Accept-Language": "en"}).text
    forget = press(psc, agent(psc, institution(psc), "agent-inconnu"), "accept")
    assert forget.status_code in (200, 400)


def test_another_professional_can_be_paired(psc: RelyingParty) -> None:
    paired(psc)
    forget_browser(psc)
    page = agent(psc, institution(psc), "agent-telephone")
    page = press(psc, page, "change")
    assert "À qui est ce compte" in page.text
    given = callback(press(psc, page, "accept", id_nat=PHARMACIST))
    assert claims(psc.redeem(given["code"]).json()["access_token"])["SubjectNameID"] == PHARMACIST


def test_a_page_is_of_one_browser_and_answered_once(psc: RelyingParty) -> None:
    page = agent(psc, institution(psc), "agent-telephone")
    form = {"request": hidden(page), "action": "accept", "id_nat": DOCTOR}
    stranger = psc.back.post("/psc/auth/delegation", data=form)
    assert stranger.status_code == 400
    assert psc.api.post("/psc/auth/delegation", data=form).status_code == 302
    assert psc.api.post("/psc/auth/delegation", data=form).status_code == 400
    with_others = psc.back.get(BROKER, params={"state": hidden(page), "code": "x"})
    assert with_others.status_code == 400


def test_what_the_institution_gives_must_be_its_own(psc: RelyingParty) -> None:
    state = dict(parse_qsl(urlsplit(
        psc.authorize(kc_idp_hint=HINT, login_hint=None).headers["location"]).query))["state"]
    given = callback(psc.api.get(BROKER, params={"state": state, "code": "x"}))
    assert given["error"] == "temporarily_unavailable"
    # A code made for another log-in: its nonce is not this one's.
    first = psc.authorize(kc_idp_hint=HINT, login_hint="agent-carte")
    own = httpx.URL(str(psc.api.base_url))
    second = psc.api.get(own.join(first.headers["location"]))
    code = dict(parse_qsl(urlsplit(second.headers["location"]).query))["code"]
    given = callback(psc.api.get(BROKER, params={"state": state, "code": code}))
    assert given["error"] == "temporarily_unavailable"


def test_the_institution_knows_one_client(psc: RelyingParty) -> None:
    base = str(psc.api.base_url).rstrip("/")
    good = {"client_id": accounts.CLIENT[0], "response_type": "code",
            "redirect_uri": base + BROKER, "state": "s", "nonce": "n"}
    assert psc.api.get("/psc/chu-fictif/authorize", params=good).status_code == 200
    for changes in ({"client_id": "autre"}, {"redirect_uri": "https://a.test/"},
                    {"response_type": "token"}):
        assert psc.api.get(
            "/psc/chu-fictif/authorize", params=good | changes).status_code == 400
    form = {"grant_type": "authorization_code", "code": "x"}
    denied: Any = psc.back.post(TOKEN, data=form, auth=("pro-sante-connect", "faux")).json()
    assert denied["error"] == "invalid_client"
    assert psc.back.post(TOKEN, data=form).status_code == 401
    assert psc.back.post(TOKEN, data=form, auth=accounts.CLIENT).json()["error"] == "invalid_grant"
    read = psc.api.get("/psc/chu-fictif/.well-known/openid-configuration").json()
    assert read["issuer"] == base + "/psc/chu-fictif"
    assert psc.api.get("/psc/chu-fictif/keys").json()["keys"]


def test_pairings_are_a_tenants_own(psc: RelyingParty) -> None:
    paired(psc)
    with httpx.Client(base_url=f"{str(psc.api.base_url).rstrip('/')}-autre", trust_env=False) as c:
        assert c.get("/sandbox/psc/pairings").json()["pairings"] == []
    psc.api.post("/sandbox/reset", json={})
    assert psc.api.get("/sandbox/psc/pairings").json()["pairings"] == []
