"""Clients registered while the sandbox runs, by the control API and the command line (§3.2)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from pro_sante_connect.codes import CIBA_GRANT, CONNECT
from services.cli import app
from tests.conftest import Server
from tests.pro_sante_connect.conftest import DOCTOR, REDIRECT, RelyingParty, callback

BACK = "https://logiciel.example/retour"
VERIFIER = "v" * 43
CHALLENGE = {
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43],
    "code_challenge_method": "S256",
}
SELF = ("lps", "lps")


def socle(server: Server, tenant: str, *words: str) -> str:
    result = CliRunner().invoke(
        app, ["people", *words, "--url", server.url, "--tenant", tenant]
    )
    assert result.exit_code == 0, result.output
    return result.output


def code(psc: RelyingParty, **changes: str | None) -> str:
    return psc.code(**({"client_id": "lps", "redirect_uri": BACK} | changes))


def redeem(psc: RelyingParty, auth: tuple[str, str] | None = SELF, **form: str) -> httpx.Response:
    return psc.redeem(form.pop("code", "") or code(psc), auth, redirect_uri=BACK, **form)


def test_a_client_of_the_command_line_logs_in_at_once_until_it_is_removed(
    psc: RelyingParty, server: Server, tenant: str
) -> None:
    socle(server, tenant, "add", "clients", "client_id=lps", "client_secret=lps",
          f"redirect_uris={BACK}", "name=LPS")
    tokens = redeem(psc).json()
    assert psc.userinfo(tokens["access_token"]).status_code == 200
    assert "LPS" in psc.authorize(client_id="lps", redirect_uri=BACK, prompt="login",
                                  login_hint=None).text

    socle(server, tenant, "change", "clients", "lps", f"redirect_uris={BACK}/v2")
    assert psc.authorize(client_id="lps", redirect_uri=BACK).status_code == 400
    assert "code" in callback(psc.authorize(client_id="lps", redirect_uri=f"{BACK}/v2"))
    socle(server, tenant, "change", "clients", "lps", "client_secret=autre")
    assert psc.refresh(tokens["refresh_token"], SELF).status_code == 401
    assert psc.refresh(tokens["refresh_token"], ("lps", "autre")).status_code == 200

    socle(server, tenant, "delete", "clients", "lps")
    assert psc.authorize(client_id="lps", redirect_uri=f"{BACK}/v2").status_code == 400
    assert psc.refresh(tokens["refresh_token"], ("lps", "autre")).status_code == 401


@pytest.mark.parametrize(("wildcard", "registered", "asked", "allowed"), [
    (False, BACK, BACK, True), (False, BACK, BACK + "/", False), (False, BACK, BACK + "?a", False),
    (False, BACK, BACK.replace("https", "http"), False), (False, BACK, BACK.upper(), False),
    (False, BACK, REDIRECT, False), (True, f"{BACK}/*", f"{BACK}/a/b", True),
    (True, f"{BACK}/*", BACK, False), (True, f"{BACK}/*", f"{BACK}/../x", False),
    (True, f"{BACK}/*", f"{BACK}.attaquant.example/", False),
], ids=str)
def test_an_address_is_registered_whole_or_by_a_flagged_wildcard(
    psc: RelyingParty, wildcard: bool, registered: str, asked: str, allowed: bool
) -> None:
    psc.register("lps", redirect_uris=[registered], wildcard=wildcard)
    answer = psc.authorize(client_id="lps", redirect_uri=asked)
    assert (answer.status_code == 302) is allowed


def test_flows_are_those_of_the_registration(psc: RelyingParty) -> None:
    psc.register("lps", redirect_uris=[BACK], flows=["authorization_code"])
    tokens = redeem(psc).json()
    assert psc.refresh(tokens.get("refresh_token", "x"), SELF).json()["error"] == (
        "unauthorized_client"
    )
    assert psc.ciba(SELF).json()["error_description"] == "Client not allowed OIDC CIBA Grant"
    psc.register("sans-page", flows=[CIBA_GRANT], any_loopback=False)
    refused = psc.authorize(client_id="sans-page", redirect_uri=REDIRECT)
    assert refused.status_code == 400
    assert psc.ciba(("sans-page", "sans-page")).status_code == 200


def test_a_client_may_have_to_send_a_challenge(psc: RelyingParty) -> None:
    psc.register("lps", redirect_uris=[BACK], require_pkce=True)
    refused = callback(psc.authorize(client_id="lps", redirect_uri=BACK))
    assert (refused["error"], refused["error_description"]) == (
        "invalid_request", "Missing parameter: code_challenge_method"
    )
    given = code(psc, **CHALLENGE)
    assert redeem(psc, code=given, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize(("method", "statuses"), [
    ("client_secret_basic", (200, 401, 401)), ("client_secret_post", (401, 200, 401)),
    ("tls_client_auth", (401, 401, 200)),
], ids=str)
def test_a_client_proves_itself_as_it_registered(
    psc: RelyingParty, method: str, statuses: tuple[int, int, int]
) -> None:
    psc.register("lps", redirect_uris=[BACK], auth_methods=[method])
    certified = psc.secure(cn="lps")
    named = {"client_id": "lps", "client_secret": "lps"}
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "client_id": "lps"}
    answers = (
        redeem(psc), redeem(psc, None, **named),
        certified.post(f"{CONNECT}/token", data=form | {"code": code(psc)}),
    )
    assert tuple(each.status_code for each in answers) == statuses
    # Certificate and secret together, as some clients do.
    if method == "tls_client_auth":
        both = certified.post(f"{CONNECT}/token", auth=SELF, data=form | {"code": code(psc)})
        assert both.status_code == 200


@pytest.mark.parametrize(("member", "value"), [
    ("redirect_uris", ["javascript:alert(1)"]), ("redirect_uris", [f"{BACK}/*"]),
    ("redirect_uris", ["/retour"]), ("redirect_uris", [BACK + "#x"]), ("flows", ["password"]),
    ("space", "production"), ("profile", "2020"), ("auth_methods", ["private_key_jwt"]),
    ("client_id", "a b"), ("redirect_uris", []), ("jwks_uri", "https://a.example/"),
], ids=str)
def test_what_cannot_be_registered(psc: RelyingParty, member: str, value: object) -> None:
    given: dict[str, Any] = {"client_id": "lps", "redirect_uris": [BACK], "any_loopback": False}
    answer = psc.api.post("/sandbox/clients", json=given | {member: value})
    assert answer.status_code == 422, answer.text
    assert psc.authorize(client_id="lps", redirect_uri=BACK).status_code == 400


def test_a_client_is_known_to_its_tenant_alone(
    psc: RelyingParty, server: Server, journal: Callable[..., list[dict[str, Any]]]
) -> None:
    psc.register("lps", redirect_uris=[BACK])
    with httpx.Client(base_url=server.url, trust_env=False) as default:
        assert default.get("/psc/auth", params={
            "client_id": "lps", "redirect_uri": BACK, "response_type": "code", "scope": "openid",
            "login_hint": DOCTOR,
        }).status_code == 400
    assert "code" in callback(psc.authorize(client_id="lps", redirect_uri=BACK))
    assert [each["status"] for each in (entry["response"] for entry in journal())] == ["302"]
