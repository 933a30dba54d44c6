"""What the service was at each date, by tenant and by client (dossier §6, §7.2)."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from pro_sante_connect.domain.profile import PROFILES
from services.population.base import base
from services.population.codes import PROFILES as KNOWN
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, callback, claims

DISCOVERY = "/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
DATES = ("2021", "2023-02", "2023-11", "2026")


def payload(token: str) -> bytes:
    """The JSON of a JWT, as it is spelled."""
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_the_dates_are_those_that_clients_may_name() -> None:
    assert tuple(PROFILES) == KNOWN == DATES


def test_the_default_is_2026_and_a_date_stays_after_a_reset(psc: RelyingParty) -> None:
    assert psc.api.get("/sandbox/psc").json()["profile"] == "2026"
    assert psc.served(profile="2023-02")["effective"]["access_token_acr"] == "eidas3"
    assert psc.api.post("/sandbox/reset", json={}).status_code == 200
    assert psc.api.get("/sandbox/psc").json()["profile"] == "2023-02"


@pytest.mark.parametrize("change", [
    {"profile": "2024"}, {"quirks": {"cnf": "hex"}}, {"quirks": {"inconnu": True}},
    {"quirks": {"id_token_acr": "eidas9"}}, {"require_mtls": "peut-être"}, {"autre": 1},
    {"outbound": ["http://a.test/"]}, {"quirks": {"ciba_interval": 0}},
])
def test_an_unknown_value_is_refused(psc: RelyingParty, change: dict[str, Any]) -> None:
    assert psc.api.put("/sandbox/psc", json=change).status_code == 422
    assert psc.api.get("/sandbox/psc").json()["profile"] == "2026"


@pytest.mark.parametrize("date", DATES)
def test_every_date_logs_in_refreshes_and_introspects(psc: RelyingParty, date: str) -> None:
    psc.served(profile=date)
    tokens = psc.tokens()
    access = claims(tokens["access_token"])
    assert access["exp"] - access["iat"] == tokens["expires_in"] == (60 if date == "2021" else 120)
    assert claims(tokens["id_token"])["acr"] == "eidas1"
    assert access["acr"] == ("eidas1" if date in ("2023-11", "2026") else "eidas3")
    assert psc.introspect(tokens["access_token"]).json()["acr"] == access["acr"]
    again = psc.refresh(tokens["refresh_token"])
    assert again.status_code == 200
    assert psc.userinfo(again.json()["access_token"]).json()["SubjectNameID"] == DOCTOR


@pytest.mark.parametrize(("date", "scope"), [
    ("2021", "openid profile email scope_all"), ("2023-02", "openid profile scope_all identity"),
])
def test_scopes_are_those_seen(psc: RelyingParty, date: str, scope: str) -> None:
    psc.served(profile=date)
    tokens = psc.tokens()
    assert tokens["scope"] == claims(tokens["access_token"])["scope"] == scope


def test_16_in_2021_the_level_is_there_twice_and_the_last_counts(psc: RelyingParty) -> None:
    psc.served(profile="2021")
    token = psc.tokens()["access_token"]
    assert payload(token).count(b'"acr":') == 2
    assert b'"acr":"1","acr":"eidas3"' in payload(token)
    assert claims(token)["acr"] == "eidas3"


def test_tokens_of_2021_lack_what_came_later(psc: RelyingParty) -> None:
    psc.served(profile="2021")
    access = claims(psc.tokens()["access_token"])
    assert access["email_verified"] is False
    assert not {"sid", "authMode", "otherIds", "SubjectNameID"} & set(access)


def test_userinfo_of_2021(psc: RelyingParty) -> None:
    psc.served(profile="2021")
    content = psc.userinfo(psc.tokens()["access_token"]).json()
    assert content["email_verified"] is False
    assert content["SubjectOrganizationID"] == ""
    assert content["SubjectRefPro"]["codeCivilite"]
    assert not {"codeCivilite", "codeGenreActivite", "authMode", "otherIds"} & set(content)
    activity = content["SubjectRefPro"]["exercices"][0]["activities"][0]
    assert len(activity) == 29
    assert activity["raisonSocialeSite"]
    assert activity["identifiantTechniqueDeLaStructure"] == activity["codePays"] == ""


def test_userinfo_of_february_2023(psc: RelyingParty) -> None:
    psc.served(profile="2023-02")
    content = psc.userinfo(psc.tokens()["access_token"]).json()
    assert content["authMode"] == "MOBILE"
    assert set(content["SubjectRefPro"]) == {"codeCivilite", "exercices"}
    assert not {"codeCivilite", "codeGenreActivite", "email_verified"} & set(content)
    activity = content["SubjectRefPro"]["exercices"][0]["activities"][0]
    assert len(activity) == 30
    assert activity["identifiantTechniqueDeLaStructure"]


def test_userinfo_of_november_2023_is_todays(psc: RelyingParty) -> None:
    today = psc.userinfo(psc.tokens()["access_token"]).json()
    psc.served(profile="2023-11")
    assert psc.userinfo(psc.tokens()["access_token"]).json() == today
    assert set(today["SubjectRefPro"]) == {"exercices"}


@pytest.mark.parametrize("date", DATES)
def test_22_without_exercise_the_short_form_is_the_same_at_all_dates(
    psc: RelyingParty, date: str
) -> None:
    psc.served(profile=date)
    who = next(one for one in base().professionals.values() if not one.exercices)
    content = psc.userinfo(psc.tokens(login_hint=who.id_nat)["access_token"]).json()
    assert "SubjectRefPro" not in content
    assert len(content) == 6


@pytest.mark.parametrize("date", DATES)
def test_43_the_form_of_the_session_state(psc: RelyingParty, date: str) -> None:
    psc.served(profile=date)
    state = psc.tokens()["session_state"]
    try:
        uuid.UUID(state)
    except ValueError:
        assert date == "2026"
    else:
        assert date != "2026"


@pytest.mark.parametrize("date", DATES)
def test_the_callback_names_the_issuer_where_the_metadata_promise_it(
    psc: RelyingParty, date: str
) -> None:
    psc.served(profile=date)
    document = psc.api.get(DISCOVERY).json()
    promised = document.get("authorization_response_iss_parameter_supported", False)
    assert ("iss" in callback(psc.authorize())) is promised is (date == "2026")


def test_metadata_of_2023_and_of_2021(psc: RelyingParty) -> None:
    today = psc.api.get(DISCOVERY).json()
    psc.served(profile="2023-11")
    then = psc.api.get(DISCOVERY).json()
    assert set(today) - set(then) == {"authorization_response_iss_parameter_supported"}
    assert set(today["scopes_supported"]) - set(then["scopes_supported"]) == {"basic"}
    assert "EdDSA" not in then["id_token_signing_alg_values_supported"]
    assert then["acr_values_supported"] == ["0", "0"]
    psc.served(profile="2021")
    first = psc.api.get(DISCOVERY).json()
    assert len(first["grant_types_supported"]) == 5
    assert first["claims_parameter_supported"] is False
    assert first["backchannel_logout_supported"] is True
    assert not {"device_authorization_endpoint", "backchannel_authentication_endpoint"} & {
        *first, *first["mtls_endpoint_aliases"],
    }


def test_a_client_may_have_a_date_of_its_own(psc: RelyingParty) -> None:
    added = psc.api.post("/sandbox/clients", json={
        "client_id": "ancien", "client_secret": "ancien", "any_loopback": True, "profile": "2021",
    })
    assert added.status_code == 201, added.text
    old = psc.redeem(psc.code(client_id="ancien"), ("ancien", "ancien")).json()
    assert old["expires_in"] == 60
    assert "email_verified" in psc.userinfo(old["access_token"]).json()
    assert psc.tokens()["expires_in"] == 120


def test_quirks_are_switched_one_by_one(psc: RelyingParty) -> None:
    psc.served(quirks={
        "duplicate_acr": True, "session_state": "uuid", "id_token_acr": "eidas2",
        "access_token_acr": "eidas3", "nonce_in_access_token": False, "ciba_interval": 1,
    })
    tokens = psc.tokens()
    assert uuid.UUID(tokens["session_state"])
    assert claims(tokens["id_token"])["acr"] == "eidas2"
    assert b'"acr":"1","acr":"eidas3"' in payload(tokens["access_token"])
    assert "nonce" not in claims(tokens["access_token"])
    assert psc.ciba().json()["interval"] == 1
    assert psc.served(quirks={})["effective"]["ciba_interval"] == 5


@pytest.mark.parametrize("asked", ["eidas1", "eidas2", None])
def test_15_the_id_token_says_eidas1_whatever_was_asked(
    psc: RelyingParty, asked: str | None
) -> None:
    assert claims(psc.tokens(acr_values=asked)["id_token"])["acr"] == "eidas1"


def test_15_a_strict_tenant_redirects_an_error(psc: RelyingParty) -> None:
    psc.strict()
    assert callback(psc.authorize(acr_values="eidas2"))["error"] == "invalid_request"
