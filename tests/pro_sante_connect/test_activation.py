"""The portal's QR code, and what an e-CPS that is not activated does (case 44)."""

from __future__ import annotations

import asyncio
import re

import httpx

from services.kernel.barcodes import draw
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, callback, hidden

PORTAL = "/psc/login-page"
SECRETARY = "3990780017/SECR0001"


def press(
    psc: RelyingParty, page: httpx.Response, action: str, **fields: str
) -> httpx.Response:
    form = {"request": hidden(page), "action": action} | fields
    return psc.api.post(PORTAL, data=form)


def shown(page: httpx.Response) -> dict[str, str]:
    """The form behind the code."""
    return {name: hidden(page, name) for name in ("code", "second", "id_nat")}


def mode(psc: RelyingParty) -> str | None:
    found = psc.api.get("/sandbox/ecps").json()["professionals"].get(DOCTOR)
    return None if found is None else str(found)


def test_44_the_code_lives_ninety_seconds(psc: RelyingParty) -> None:
    psc.ecps("inactive", DOCTOR)
    psc.at(0)
    page = press(psc, psc.api.get(PORTAL), "card", id_nat=DOCTOR)
    form = shown(page)
    assert form["second"] == ""
    psc.at(90)
    late = press(psc, page, "read", **form)
    assert "plus de quatre-vingt-dix secondes" in late.text
    assert mode(psc) == "inactive"
    psc.at(89)
    done = press(psc, page, "read", **form)
    assert "La e-CPS est activée" in done.text
    assert mode(psc) == "auto"
    assert "déjà été lu" in press(psc, page, "read", **form).text


def test_44_the_picture_is_the_code(psc: RelyingParty) -> None:
    page = press(psc, psc.api.get(PORTAL), "card", id_nat=DOCTOR)
    assert draw(shown(page)["code"], "QRCode").svg(shown(page)["code"]) in page.text
    assert re.search(r"<script", page.text) is None


def test_44_by_correspondence_a_second_code_comes_by_another_way(psc: RelyingParty) -> None:
    psc.ecps("inactive", DOCTOR)
    page = press(psc, psc.api.get(PORTAL), "mail", id_nat=DOCTOR)
    form = shown(page)
    assert re.fullmatch(r"\d{6}", form["second"])
    assert form["second"] in page.text
    wrong = press(psc, page, "read", **form | {"second": "000000x"})
    assert 'role="alert"' in wrong.text
    assert "déjà été lu" in press(psc, page, "read", **form).text
    form = shown(press(psc, page, "mail", id_nat=DOCTOR))
    assert "La e-CPS est activée" in press(psc, page, "read", **form).text
    employee = press(psc, page, "mail", id_nat=SECRETARY)
    assert "active par carte" in employee.text
    assert shown(press(psc, page, "card", id_nat=SECRETARY))["code"]


def test_without_an_active_ecps(psc: RelyingParty) -> None:
    page = press(psc, psc.api.get(PORTAL), "deactivate", id_nat=DOCTOR)
    assert "désactivée" in page.text
    wallet = psc.authorize()
    assert wallet.status_code == 200
    assert "pas activée" in psc.press(wallet, "accept", id_nat=DOCTOR, means="ecps").text
    assert callback(psc.press(wallet, "accept", id_nat=DOCTOR, means="card"))["code"]
    waiting = psc.asked()
    assert psc.poll(waiting).json()["error"] == "authorization_pending"
    assert psc.shown() == []
    assert psc.poll(psc.asked(channel="CARD")).status_code == 200
    psc.strict()
    assert psc.ciba().json()["error_description"] == "invalid user"
    assert psc.ciba(channel="CARD").status_code == 200


def test_a_telephone_that_is_not_active_cannot_be_answered(psc: RelyingParty) -> None:
    psc.ecps("manual")
    psc.asked()
    (asked,) = psc.shown()
    psc.ecps("inactive", DOCTOR)
    assert psc.act("accept", asked["id"]).status_code == 404


def test_without_a_page(psc: RelyingParty) -> None:
    psc.ecps("inactive", DOCTOR)
    psc.at(0)

    def begin(**body: str) -> httpx.Response:
        return psc.api.post("/sandbox/ecps/activations", json={"id_nat": DOCTOR} | body)

    def read(code: str, **body: str) -> httpx.Response:
        return psc.api.post(f"/sandbox/ecps/activations/{code}", json=body)

    made = begin(by="mail").json()
    assert read(made["code"], second="x").status_code == 404
    made = begin(by="mail").json()
    assert read(made["code"], second=made["second"]).json() == {"id_nat": DOCTOR, "mode": "auto"}
    late = begin().json()
    psc.at(90)
    assert read(late["code"]).status_code == 409
    assert read("inconnu").status_code == 404
    assert begin(id_nat="899900009999").status_code == 404
    assert begin(id_nat=SECRETARY, by="mail").status_code == 409


def test_the_portal_answers_its_own_pages_only(psc: RelyingParty) -> None:
    page = psc.api.get(PORTAL)
    form = {"request": hidden(page), "action": "card", "id_nat": DOCTOR}
    assert psc.back.post(PORTAL, data=form).status_code == 400
    assert psc.api.post(PORTAL, data=form | {"request": "x"}).status_code == 400
    assert "OFFICINAL" in press(psc, page, "filter", q="officinal").text
    assert 'role="alert"' in press(psc, page, "card").text
    assert psc.api.post(PORTAL, data=form | {"action": "x"}).status_code == 200


def test_codes_are_a_tenants_own(psc: RelyingParty) -> None:
    code = psc.api.post("/sandbox/ecps/activations", json={"id_nat": DOCTOR}).json()["code"]
    with httpx.Client(base_url=f"{str(psc.api.base_url).rstrip('/')}-autre", trust_env=False) as c:
        assert c.post(f"/sandbox/ecps/activations/{code}", json={}).status_code == 404


def test_two_telephones_at_once_read_a_code_once(psc: RelyingParty) -> None:
    code = psc.api.post("/sandbox/ecps/activations", json={"id_nat": DOCTOR}).json()["code"]

    async def both() -> list[int]:
        async with httpx.AsyncClient(
            base_url=psc.api.base_url, trust_env=False, timeout=30
        ) as api:
            answers = await asyncio.gather(*(
                api.post(f"/sandbox/ecps/activations/{code}", json={}) for _ in range(3)))
            return sorted(each.status_code for each in answers)

    assert asyncio.run(both()) == [200, 404, 404]
