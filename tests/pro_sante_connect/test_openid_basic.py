"""Case 46: the modules of the OpenID plans "Basic OP" and "Config OP", on the plain face.

One test per module of `oidcc-basic-certification-test-plan` (static client, discovery) and of
`oidcc-config-certification-test-plan`, named after it; what each must show is in its description.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from joserfc import jws

from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import RelyingParty, claims
from tests.pro_sante_connect.openid import CLIENT, OTHER, RETURN, Party, well_typed
from tests.pro_sante_connect.test_request_object import signed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "pro-sante-connect-cases.md"
BASIC = (
    "oidcc-server", "oidcc-response-type-missing", "oidcc-idtoken-signature",
    "oidcc-idtoken-unsigned", "oidcc-userinfo-get", "oidcc-userinfo-post-header",
    "oidcc-userinfo-post-body", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
    "oidcc-scope-profile", "oidcc-scope-email", "oidcc-scope-address", "oidcc-scope-phone",
    "oidcc-scope-all", "oidcc-alternate-happy-flow", "oidcc-display-page", "oidcc-display-popup",
    "oidcc-prompt-login", "oidcc-prompt-none-not-logged-in", "oidcc-prompt-none-logged-in",
    "oidcc-max-age-1", "oidcc-max-age-10000",
    "oidcc-ensure-request-with-unknown-parameter-succeeds", "oidcc-id-token-hint",
    "oidcc-login-hint", "oidcc-ui-locales", "oidcc-claims-locales",
    "oidcc-ensure-request-with-acr-values-succeeds", "oidcc-codereuse",
    "oidcc-codereuse-30seconds", "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-post-request-succeeds", "oidcc-server-client-secret-post",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "oidcc-claims-essential", "oidcc-ensure-request-object-with-redirect-uri",
    "oidcc-refresh-token", "oidcc-ensure-request-with-valid-pkce-succeeds",
)
CONFIG = ("oidcc-discovery-endpoint-verification",)
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
NONE = base64url(b'{"alg":"none"}')


def named(module: str) -> str:
    return "test_46_" + module.replace("-", "_")


def test_each_module_has_its_test_and_its_row() -> None:
    there = {name for name in globals() if name.startswith("test_46_")}
    assert there == {named(module) for module in (*BASIC, *CONFIG)}
    rows = re.findall(r"^\| `(oidcc-[a-z0-9-]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [*BASIC, *CONFIG]


def test_46_oidcc_server(op: Party) -> None:
    tokens = op.tokens()
    assert op.userinfo(tokens["access_token"])["sub"] == claims(tokens["id_token"])["sub"]


def test_46_oidcc_response_type_missing(op: Party) -> None:
    op.refused(op.ask(response_type=None), "invalid_request", "unsupported_response_type")


def test_46_oidcc_idtoken_signature(op: Party) -> None:
    assert "RS256" in op.discover()["id_token_signing_alg_values_supported"]
    header = jws.extract_compact(op.tokens()["id_token"].encode()).headers()
    assert header["alg"] == "RS256"
    assert header["kid"]


def test_46_oidcc_idtoken_unsigned(op: Party) -> None:
    """Nobody can have one: the plan skips what the metadata do not list."""
    assert "none" not in op.discover()["id_token_signing_alg_values_supported"]


@pytest.mark.parametrize("scope", ["openid", "openid profile"])
def test_46_oidcc_userinfo_get(op: Party, scope: str) -> None:
    tokens = op.tokens(scope=scope)
    said = op.userinfo(tokens["access_token"])
    well_typed(said)
    assert said["sub"] == claims(tokens["id_token"])["sub"]


def test_46_oidcc_userinfo_post_header(op: Party) -> None:
    tokens = op.tokens()
    said = op.userinfo(tokens["access_token"], "POST")
    assert said["sub"] == claims(tokens["id_token"])["sub"]


def test_46_oidcc_userinfo_post_body(op: Party) -> None:
    tokens = op.tokens()
    said = op.userinfo(tokens["access_token"], body=True)
    assert said["sub"] == claims(tokens["id_token"])["sub"]


def test_46_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(op: Party) -> None:
    assert "nonce" not in claims(op.tokens(nonce=None)["id_token"])


SCOPED = {
    "profile": {"name", "given_name", "family_name", "preferred_username"},
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


def scoped(op: Party, *scopes: str) -> None:
    """Userinfo has what these scopes are for, and nothing else."""
    tokens = op.tokens(scope=" ".join(("openid", *scopes)))
    assert set(scopes) <= set(op.discover()["scopes_supported"])
    said = op.userinfo(tokens["access_token"])
    well_typed(said)
    assert set(said) == {"sub"}.union(*(SCOPED[each] for each in scopes))
    assert set(tokens["scope"].split()) == {"openid", *scopes}


def test_46_oidcc_scope_profile(op: Party) -> None:
    scoped(op, "profile")


def test_46_oidcc_scope_email(op: Party) -> None:
    scoped(op, "email")


def test_46_oidcc_scope_address(op: Party) -> None:
    scoped(op, "address")


def test_46_oidcc_scope_phone(op: Party) -> None:
    scoped(op, "phone")


def test_46_oidcc_scope_all(op: Party) -> None:
    scoped(op, *SCOPED)


def test_46_oidcc_alternate_happy_flow(op: Party) -> None:
    """Scopes and parameters the other way round."""
    asked = dict(reversed(op.request(scope="email openid").items()))
    page = op.browser.get(op.discover()["authorization_endpoint"], params=asked)
    tokens = op.redeem(op.returned(op.answer(page))["code"]).json()
    op.judge(tokens["id_token"], tokens["access_token"], "n" * 20)
    assert "email" in op.userinfo(tokens["access_token"])


def test_46_oidcc_display_page(op: Party) -> None:
    op.tokens(display="page")


def test_46_oidcc_display_popup(op: Party) -> None:
    op.tokens(display="popup")


def test_46_oidcc_prompt_login(op: Party, psc: RelyingParty) -> None:
    psc.at(0)
    first = claims(op.tokens()["id_token"])
    psc.at(1)
    assert op.ask(prompt="login").status_code == 200, "the log-in page is shown again"
    second = claims(op.tokens(prompt="login")["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_46_oidcc_prompt_none_not_logged_in(op: Party) -> None:
    state = "s" * 128
    op.refused(op.ask(prompt="none", state=state), "login_required", "interaction_required",
               state=state)


def test_46_oidcc_prompt_none_logged_in(op: Party) -> None:
    first = claims(op.tokens()["id_token"])
    given = op.returned(op.ask(prompt="none"))
    second = claims(op.redeem(given["code"]).json()["id_token"])
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_46_oidcc_max_age_1(op: Party, psc: RelyingParty) -> None:
    psc.at(0)
    first = claims(op.tokens()["id_token"])
    psc.at(2)
    assert op.ask(max_age="1").status_code == 200, "the log-in page is shown again"
    second = claims(op.tokens(max_age="1")["id_token"])
    assert second["auth_time"] > first["auth_time"]
    assert second["iat"] - second["auth_time"] <= 1


def test_46_oidcc_max_age_10000(op: Party, psc: RelyingParty) -> None:
    psc.at(0)
    first = claims(op.tokens(max_age="15000")["id_token"])
    psc.at(2)
    given = op.returned(op.ask(max_age="10000"))
    second = claims(op.redeem(given["code"]).json()["id_token"])
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_46_oidcc_ensure_request_with_unknown_parameter_succeeds(op: Party) -> None:
    op.tokens(extra="foobar")


def test_46_oidcc_id_token_hint(op: Party) -> None:
    first = op.tokens()
    given = op.returned(op.ask(prompt="none", id_token_hint=first["id_token"]))
    second = claims(op.redeem(given["code"]).json()["id_token"])
    was = claims(first["id_token"])
    assert (second["sub"], second["auth_time"]) == (was["sub"], was["auth_time"])


@pytest.mark.parametrize("hint", ["buffy@127.0.0.1", "899900009999"])
def test_46_oidcc_login_hint(op: Party, hint: str) -> None:
    op.tokens(login_hint=hint)


@pytest.mark.parametrize("locales", ["se", "fr-FR fr en", "x" * 300])
def test_46_oidcc_ui_locales(op: Party, locales: str) -> None:
    op.tokens(ui_locales=locales)
    for language in op.discover()["ui_locales_supported"]:
        assert f'<html lang="{language}"' in op.ask(prompt="login", ui_locales=language).text


def test_46_oidcc_claims_locales(op: Party) -> None:
    op.tokens(claims_locales="se")


def test_46_oidcc_ensure_request_with_acr_values_succeeds(op: Party) -> None:
    levels = op.discover()["acr_values_supported"]
    assert claims(op.tokens(acr_values=" ".join(levels))["id_token"])["acr"] in levels


def reused(op: Party, psc: RelyingParty, seconds: int) -> None:
    """The second time is refused, and ends what the first one gave."""
    psc.at(0)
    code = op.log_in()["code"]
    first = op.redeem(code).json()
    psc.at(seconds)
    again = op.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    answer = op.back.get(op.discover()["userinfo_endpoint"], headers=bearer)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_46_oidcc_codereuse(op: Party, psc: RelyingParty) -> None:
    reused(op, psc, 0)


def test_46_oidcc_codereuse_30seconds(op: Party, psc: RelyingParty) -> None:
    reused(op, psc, 30)


@pytest.mark.parametrize("uri", [
    f"{RETURN}/other", f"{RETURN}?a=b", f"{RETURN}/", "http://127.0.0.1:9099/retour", None,
])
def test_46_oidcc_ensure_registered_redirect_uri(op: Party, uri: str | None) -> None:
    page = op.ask(redirect_uri=uri)
    assert page.status_code == 400
    assert "location" not in page.headers
    assert "Invalid parameter: redirect_uri" in page.text


def test_46_oidcc_ensure_post_request_succeeds(op: Party) -> None:
    page = op.browser.post(op.discover()["authorization_endpoint"], data=op.request())
    tokens = op.redeem(op.returned(op.answer(page))["code"]).json()
    op.judge(tokens["id_token"], tokens["access_token"], "n" * 20)


def test_46_oidcc_server_client_secret_post(op: Party) -> None:
    assert "client_secret_post" in op.discover()["token_endpoint_auth_methods_supported"]
    code = op.log_in()["code"]
    answer = op.redeem(code, None, client_id=CLIENT[0], client_secret=CLIENT[1])
    assert answer.status_code == 200
    op.judge(answer.json()["id_token"], answer.json()["access_token"], "n" * 20)


def test_46_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    op: Party,
) -> None:
    assert op.discover()["request_uri_parameter_supported"] is False
    op.refused(op.ask(request_uri="https://rp.example.test/r.jwt"), "request_uri_not_supported")


def test_46_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    op: Party,
) -> None:
    assert "none" not in op.discover()["request_object_signing_alg_values_supported"]
    unsigned = f"{NONE}.{base64url(b'{}')}."
    op.refused(op.ask(request=unsigned), "request_not_supported")


def test_46_oidcc_claims_essential(op: Party) -> None:
    assert op.discover()["claims_parameter_supported"] is True
    tokens = op.tokens(claims='{"userinfo":{"name":{"essential":true}}}')
    said = op.userinfo(tokens["access_token"])
    assert set(said) == {"sub", "name"}


def test_46_oidcc_ensure_request_object_with_redirect_uri(op: Party) -> None:
    """An unsigned object opens no address; a signed one prevails over the one outside."""
    inside = base64url(f'{{"redirect_uri":"{RETURN}"}}'.encode())
    bad = f"{RETURN}/other"
    page = op.ask(request=f"{NONE}.{inside}.", redirect_uri=bad)
    assert page.status_code == 400
    assert "Invalid parameter: redirect_uri" in page.text
    asked = signed({"redirect_uri": RETURN, "aud": op.issuer}, secret=CLIENT[1])
    op.returned(op.answer(op.ask(request=asked, redirect_uri=bad)))


def test_46_oidcc_refresh_token(op: Party, psc: RelyingParty) -> None:
    assert "refresh_token" in op.discover()["grant_types_supported"]
    psc.at(0)
    first = op.tokens()
    was = claims(first["id_token"])
    psc.at(1)
    renewed = op.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert renewed.status_code == 200
    second = renewed.json()
    said = claims(second["id_token"])
    assert all(said[name] == was[name] for name in ("iss", "sub", "aud", "auth_time", "azp"))
    assert said["iat"] > was["iat"]
    assert second["access_token"] != first["access_token"]
    assert op.userinfo(second["access_token"])["sub"] == was["sub"]
    stolen = op.token(OTHER, grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")


def test_46_oidcc_ensure_request_with_valid_pkce_succeeds(op: Party) -> None:
    given = op.log_in(code_challenge=CHALLENGE, code_challenge_method="S256")
    assert op.redeem(given["code"], code_verifier=VERIFIER).status_code == 200


def test_46_oidcc_discovery_endpoint_verification(op: Party) -> None:
    answer = op.back.get(f"{op.issuer}/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    about = answer.json()
    assert about["issuer"] == op.issuer
    assert not {"?", "#"} & set(about["issuer"])
    addresses = {name: value for name, value in about.items()
                 if name.endswith(("_endpoint", "_uri"))}
    assert {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} <= set(
        addresses)
    assert all(value.startswith("https://") for value in addresses.values())
    assert about["response_types_supported"] == ["code"]
    assert about["subject_types_supported"] == ["public"]
    assert "RS256" in about["id_token_signing_alg_values_supported"]
    assert {"openid"} <= set(about["scopes_supported"])
    assert about["claims_supported"]
    for name, value in about.items():
        if name.endswith(("_supported",)) and not isinstance(value, bool):
            assert value, name
            assert len(value) == len(set(value)), name
    keys = op.back.get(about["jwks_uri"]).json()["keys"]
    assert len({each["kid"] for each in keys}) == len(keys)
    assert not {"d", "p", "q", "k"}.intersection(*keys)
    assert {each["use"] for each in keys} == {"sig", "enc"}

