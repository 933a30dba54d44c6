"""Where things end: codes and contexts to the millisecond, rights of the day, why a code fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.apcv import codes
from tests.apcv import calls
from tests.apcv.calls import ADRIEN, Doctor, asked, code, message, read, restore, send, statut
from tests.conftest import Server

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


def freeze(api: httpx.Client, instant: datetime) -> None:
    text = instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    api.put("/sandbox/clock", json={"freeze": text}).raise_for_status()


def test_a_code_and_a_context_end_at_their_instant(
    api: httpx.Client, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    at = [begin]
    monkeypatch.setattr(calls, "now", lambda minutes=0: at[0].strftime("%Y-%m-%dT%H:%M:%SZ"))
    for seconds, expected in ((59.999, "0"), (60, "1")):
        freeze(api, begin)
        shown = code(api)
        freeze(api, begin + timedelta(seconds=seconds))
        assert statut(read(api, doctor, shown)) == expected
    freeze(api, begin)
    assert statut(read(api, doctor, code(api))) == "0"
    for seconds, expected in ((1199.999, "0"), (1200, "4")):
        freeze(api, begin + timedelta(seconds=seconds))
        assert statut(restore(api, doctor)) == expected


@pytest.mark.parametrize(("mangle", "why"), [
    (str.lower, "hors de l'alphabet Base45"),
    # Of three characters, one is left: two may be a byte, by chance.
    (lambda text: text[:len(text) // 3 * 3 - 2], "manque ou est de trop"),
    (lambda text: "ABC", "APCV0101A"), (lambda text: "IS01" + "0" * 22, "APCV0101A"),
], ids=["lower", "cut", "other", "datamatrix"])
def test_the_journal_says_why_a_code_cannot_be_read(
    api: httpx.Client, doctor: Doctor, journal: Journal, mangle: Callable[[str], str], why: str
) -> None:
    assert statut(read(api, doctor, mangle(code(api)))) == "6"
    entry = journal()[0]
    assert why in entry["note"]
    found = {each["rule"] for each in entry["findings"]}
    assert ("APCV-AUTRE-CODE" in found) == (mangle("") == "IS01" + "0" * 22)


def test_the_journal_says_what_expired_and_where_a_code_comes_from(
    api: httpx.Client, doctor: Doctor, journal: Journal, server: Server, tenant: str
) -> None:
    with httpx.Client(base_url=f"{server.url}/t/{tenant}-autre", trust_env=False) as other:
        assert statut(read(api, doctor, code(other))) == "6"
    assert "autre espace" in journal()[0]["note"]
    assert statut(restore(api, doctor)) == "3"
    assert journal()[0]["note"] == "Trouvé : (aucun)"


@pytest.mark.parametrize("number", ["2A0000014", "0B0152872"])
def test_the_finess_of_corsica_and_of_tests(
    api: httpx.Client, doctor: Doctor, number: str
) -> None:
    body = asked(code(api), facturation=number)
    assert statut(send(api, message(
        calls.codes.ACTION_AUTHENTIFIER, body, doctor.says()
    ))) == "0"


def test_the_cover_is_that_of_the_day(
    api: httpx.Client, token: Callable[..., str], tenant: str
) -> None:
    periods = [{"debut": "2020-01-01", "fin": "2020-12-31"}, {"debut": "2022-01-01"}]
    card = api.get(f"/sandbox/cards/{ADRIEN}").json()
    people = card["beneficiaires"]
    people[0]["droits"] = periods
    api.patch(f"/sandbox/cards/{ADRIEN}", json={"beneficiaires": people}).raise_for_status()
    given = {"data": code(api), "codeSpecialite": "35", "identifiantFacturation": "991234567"}
    answer = api.post("/apcv/fhir/$apcv-read", headers={
        "Authorization": f"Bearer {token()}", "Content-Type": "application/fhir+json",
    }, json={"resourceType": "Parameters", "parameter": [
        {"name": name, "valueString": value} for name, value in given.items()
    ]})
    [cover] = [each["resource"] for each in answer.json()["entry"]
               if each["resource"]["resourceType"] == "Coverage"]
    assert cover["period"] == {"start": "2022-01-01"}


@pytest.mark.parametrize("wanted", [
    {"fin_validite": "2024-99-99"},
    {"beneficiaires": [{"patient": ADRIEN, "droits": [{"debut": "2024-02-30"}]}]},
    {"beneficiaires": [{"patient": ADRIEN, "droits": [
        {"debut": "2024-01-01", "fin": "2023-01-01"}]}]},
], ids=["card", "rights", "backwards"])
def test_days_of_a_card_are_of_the_calendar(api: httpx.Client, wanted: Json) -> None:
    assert api.patch(f"/sandbox/cards/{ADRIEN}", json=wanted).status_code == 422


def test_nobody_has_rights_before_birth(api: httpx.Client) -> None:
    api.put("/sandbox/reader", json={"patient": "nouveaune-mia"}).raise_for_status()
    [one] = api.get("/apcv/vitale/readVitale").json()["donneescv"]["lstDonneesBeneficiaire"]
    born = one["naissance"]["date"]
    assert one["lstPeriodeDroitsAMO"][0]["dateDebut"] == born[4:] + born[2:4] + born[:2]


def test_a_card_of_a_list_is_found_by_its_number(api: httpx.Client) -> None:
    api.post("/sandbox/patients", json={
        "nom_naissance": "MARTIN", "prenoms": ["PAUL"], "sexe": "M",
        "date_naissance": "1980-01-01", "lieu_naissance": "63220",
    }).raise_for_status()
    [card] = api.get("/sandbox/cards", params={"q": "MARTIN"}).json()["cards"]
    serial = card["serial"]
    assert api.get(f"/sandbox/cards/{serial}").json() == card
    read = api.get("/apcv/vitale/readVitale", params={"serial": serial})
    assert read.json()["donneescv"]["lstDonneesBeneficiaire"][0]["nomUsuel"] == "MARTIN"
    assert api.put("/sandbox/reader", json={"serial": serial}).json()["serial"] == serial
    api.delete(f"/sandbox/cards/{serial}").raise_for_status()
    assert api.get(f"/sandbox/cards/{serial}").status_code == 404
    unknown = "9" + serial[1:][::-1]
    assert api.get(f"/sandbox/cards/{unknown}").status_code == 404


@pytest.mark.parametrize(("charset", "codec", "readable"), [
    ("utf-8", "utf-8", True), ("utf-8", "latin-1", False), ("iso-8859-1", "latin-1", True),
    ("utf-7", "utf-8", False),
])
def test_the_charset_of_the_header_goes_before_the_declaration(
    api: httpx.Client, doctor: Doctor, charset: str, codec: str, readable: bool
) -> None:
    declared = "<?xml version='1.0' encoding='iso-8859-1'?><!-- é -->"
    plain = message(codes.ACTION_RESTITUER, calls.RESTORE, doctor.says())
    content_type = {"Content-Type": f"application/soap+xml; charset={charset}"}
    answer = send(api, declared.encode(codec) + plain, **content_type)
    assert (statut(answer) == statut(restore(api, doctor))) is readable, answer.text
