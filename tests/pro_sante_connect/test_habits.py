"""What the journal says of a client's habits over several calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pro_sante_connect.codes import CIBA_GRANT, CONNECT
from tests.pro_sante_connect.conftest import DEMO, EDC, REDIRECT, RelyingParty

Journal = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def rules(journal: Journal) -> Callable[[str], set[str]]:
    """Rules broken by the latest exchange of a transaction."""

    def read(transaction: str) -> set[str]:
        return {each["rule"] for each in journal(transaction=transaction)[0]["findings"]}

    return read


Rules = Callable[[str], set[str]]


def test_a_nonce_that_comes_back(psc: RelyingParty, rules: Rules) -> None:
    psc.code(nonce="a" * 43)
    assert "PSC-NONCE-REJOUE" not in rules("psc.auth")
    psc.code(nonce="b" * 43)
    assert "PSC-NONCE-REJOUE" not in rules("psc.auth")
    psc.code(nonce="a" * 43)
    assert "PSC-NONCE-REJOUE" in rules("psc.auth")


def test_a_wildcard_that_production_would_refuse(psc: RelyingParty, rules: Rules) -> None:
    psc.register("joker", wildcard=True, redirect_uris=["https://a.test/*", "https://a.test/r"])
    psc.code(client_id="joker", redirect_uri="https://a.test/r")
    assert "PSC-REDIRECT-JOKER" not in rules("psc.auth")
    psc.code(client_id="joker", redirect_uri="https://a.test/autre")
    assert "PSC-REDIRECT-JOKER" in rules("psc.auth")


def test_a_token_past_its_time(psc: RelyingParty, rules: Rules) -> None:
    psc.at(0)
    token = psc.tokens()["access_token"]
    psc.at(119)
    assert psc.userinfo(token).status_code == 200
    assert rules("psc.userinfo") == set()
    psc.at(120)
    assert psc.userinfo(token).status_code == 401
    assert rules("psc.userinfo") == {"PSC-JETON-EXPIRE"}


def test_another_token_and_another_place(psc: RelyingParty, rules: Rules) -> None:
    tokens = psc.tokens()
    assert psc.userinfo(tokens["id_token"]).status_code == 401
    assert rules("psc.userinfo") == {"PSC-JETON-AUTRE"}
    psc.back.get(f"{CONNECT}/userinfo", params={"access_token": tokens["access_token"]})
    assert rules("psc.userinfo") == {"PSC-JETON-ADRESSE"}
    assert psc.introspect(tokens["id_token"]).json() == {"active": False}
    assert rules("psc.introspect") == {"PSC-INTROSPECTION-AUTRE"}


def test_a_code_twice_and_a_code_too_late(psc: RelyingParty, rules: Rules) -> None:
    psc.at(0)
    first, second = psc.code(), psc.code()
    assert psc.redeem(first).status_code == 200
    assert rules("psc.token") == set()
    psc.redeem(first)
    assert rules("psc.token") == {"PSC-CODE-REJOUE"}
    psc.at(60)
    psc.redeem(second)
    assert rules("psc.token") == {"PSC-CODE-TARDIF"}


def test_refreshing_too_often_or_again(psc: RelyingParty, rules: Rules) -> None:
    psc.at(0)
    token = psc.tokens()["refresh_token"]
    psc.at(60)
    latest = psc.refresh(token).json()["refresh_token"]
    assert rules("psc.token") == set()
    assert psc.refresh(latest).status_code == 200
    assert rules("psc.token") == {"PSC-REFRESH-SONDAGE"}
    psc.at(120)
    psc.refresh(token)
    assert rules("psc.token") == {"PSC-REFRESH-REJOUE"}


def test_polling_in_bursts(psc: RelyingParty, rules: Rules) -> None:
    psc.ecps("manual")
    psc.at(0)
    asked = psc.asked()
    psc.poll(asked)
    assert rules("psc.token") == set()
    psc.poll(asked)
    assert rules("psc.token") == {"PSC-CIBA-RAFALE"}


def test_a_secret_in_two_places(psc: RelyingParty, rules: Rules) -> None:
    psc.redeem(psc.code(), client_secret=DEMO[1])
    assert rules("psc.token") == {"PSC-DEUX-SECRETS"}


def test_the_certificate_and_the_correlation_of_the_trust_space(
    psc: RelyingParty, rules: Rules
) -> None:
    psc.trusted()
    psc.prove(psc.back, client_secret=EDC)
    assert rules("psc.token") == {"EXI PSC 24", "EXI EDC PSC 115"}
    by = psc.secure()
    by.headers["X-Correlation-Id"] = "c-1"
    assert psc.prove(by).status_code == 200
    assert rules("psc.token") == set()
    by.post(f"{CONNECT}/token", auth=DEMO, data={"grant_type": CIBA_GRANT})
    assert rules("psc.token") == {"PSC-CERTIFICAT-CN"}


def test_logging_out_without_hint_or_state(psc: RelyingParty, rules: Rules) -> None:
    tokens = psc.tokens()
    psc.logout(id_token_hint=tokens["id_token"], post_logout_redirect_uri=REDIRECT, state="s")
    assert rules("psc.logout") == set()
    psc.logout(client_id=DEMO[0], post_logout_redirect_uri=REDIRECT)
    assert rules("psc.logout") == {"PSC-DECONNEXION-HINT", "PSC-DECONNEXION-STATE"}


def test_48_a_browser_at_the_token_endpoint(psc: RelyingParty, rules: Rules) -> None:
    headers = {"Sec-Fetch-Mode": "cors", "User-Agent": "Mozilla/5.0", "Origin": "https://a.test"}
    psc.back.post(f"{CONNECT}/token", data={"grant_type": "refresh_token"}, headers=headers)
    assert "EXI PSC 22" in rules("psc.token")
