"""Metadata and keys (dossier §2.3, cases 1 to 4)."""

from __future__ import annotations

import pytest
from joserfc.jwk import RSAKey

from pro_sante_connect.codes import CONNECT, REALM
from tests.pro_sante_connect.conftest import RelyingParty

WALLET = f"{REALM}/.well-known/wallet-openid-configuration"
ENGINE = f"{REALM}/.well-known/openid-configuration"
SIGNATURES = [
    "PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512",
    "PS256", "PS512", "RS512",
]
AUTHENTICATION = [
    "private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth",
    "client_secret_jwt",
]
KEY_ENCRYPTION = ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"]
ENCRYPTION = [
    "A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512",
]
VALUES: dict[str, object] = {
    "grant_types_supported": [
        "authorization_code", "implicit", "refresh_token", "password", "client_credentials",
        "urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "acr_values_supported": ["0", "0"],
    "response_types_supported": [
        "code", "none", "id_token", "token", "id_token token", "code id_token", "code token",
        "code id_token token",
    ],
    "response_modes_supported": [
        "query", "fragment", "form_post", "query.jwt", "fragment.jwt", "form_post.jwt", "jwt",
    ],
    "subject_types_supported": ["public", "pairwise"],
    "id_token_signing_alg_values_supported": SIGNATURES,
    "userinfo_signing_alg_values_supported": [*SIGNATURES, "none"],
    "request_object_signing_alg_values_supported": [*SIGNATURES, "none"],
    "authorization_signing_alg_values_supported": SIGNATURES,
    "backchannel_authentication_request_signing_alg_values_supported": [
        name for name in SIGNATURES if not name.startswith("HS")
    ],
    "claims_supported": [
        "aud", "sub", "iss", "auth_time", "name", "given_name", "family_name",
        "preferred_username", "email", "acr",
    ],
    "claim_types_supported": ["normal"],
    "scopes_supported": [
        "openid", "microprofile-jwt", "rpps", "referentiel", "web-origins", "basic", "identity",
        "acr", "offline_access", "eidas1", "profile", "roles", "email", "scope_all", "phone",
        "interop", "scope_1", "address", "scope_2", "eidas2",
    ],
    "code_challenge_methods_supported": ["plain", "S256"],
    "backchannel_token_delivery_modes_supported": ["poll", "ping"],
    "require_pushed_authorization_requests": False,
    **dict.fromkeys((
        "frontchannel_logout_supported", "frontchannel_logout_session_supported",
        "backchannel_logout_supported", "backchannel_logout_session_supported",
        "claims_parameter_supported", "request_parameter_supported",
        "request_uri_parameter_supported", "require_request_uri_registration",
        "tls_client_certificate_bound_access_tokens",
        "authorization_response_iss_parameter_supported",
    ), True),
    **{
        f"{name}_encryption_{part}_values_supported": known
        for name in ("id_token", "userinfo", "request_object", "authorization")
        for part, known in (("alg", KEY_ENCRYPTION), ("enc", ENCRYPTION))
    },
    **{
        f"{name}_endpoint_auth_{part}_supported": known
        for name in ("token", "introspection", "revocation")
        for part, known in (("methods", AUTHENTICATION), ("signing_alg_values", SIGNATURES))
    },
}
"""Of the document recorded at the end of 2024; the addresses are apart."""
ALIASED = {
    "token_endpoint": f"{CONNECT}/token",
    "revocation_endpoint": f"{CONNECT}/revoke",
    "introspection_endpoint": f"{CONNECT}/token/introspect",
    "device_authorization_endpoint": f"{CONNECT}/auth/device",
    "registration_endpoint": f"{REALM}/clients-registrations/openid-connect",
    "userinfo_endpoint": f"{CONNECT}/userinfo",
    "pushed_authorization_request_endpoint": f"{CONNECT}/ext/par/request",
    "backchannel_authentication_endpoint": f"{CONNECT}/ext/ciba/auth",
}
ADDRESSES = {
    **ALIASED,
    "issuer": REALM,
    "authorization_endpoint": "/psc/auth",
    "end_session_endpoint": f"{CONNECT}/logout",
    "jwks_uri": f"{CONNECT}/certs",
    "check_session_iframe": f"{CONNECT}/login-status-iframe.html",
}


def test_t01_the_wallet_document_is_the_recorded_one(psc: RelyingParty) -> None:
    answer = psc.api.get(WALLET)
    base = str(psc.api.base_url).rstrip("/")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        **VALUES,
        **{name: base + path for name, path in ADDRESSES.items()},
        "mtls_endpoint_aliases": {name: base + path for name, path in ALIASED.items()},
    }


def test_t02_engine_document_differs_by_the_authorization_endpoint(psc: RelyingParty) -> None:
    wallet, engine = psc.api.get(WALLET).json(), psc.api.get(ENGINE).json()
    assert engine.pop("authorization_endpoint").endswith(f"{CONNECT}/auth")
    wallet.pop("authorization_endpoint")
    assert wallet == engine


def test_t03_levels_and_scopes_are_the_odd_ones_published(psc: RelyingParty) -> None:
    document = psc.api.get(WALLET).json()
    assert document["acr_values_supported"] == ["0", "0"]
    assert len(document["scopes_supported"]) == 20


@pytest.mark.parametrize("path", [WALLET, ENGINE, f"{CONNECT}/certs", f"{CONNECT}/userinfo"])
def test_t04_no_cross_origin_header_is_ever_sent(psc: RelyingParty, path: str) -> None:
    answer = psc.api.get(path, headers={"Origin": "https://x.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_discovery_answers_head(psc: RelyingParty) -> None:
    answer = psc.api.head(WALLET)
    assert answer.status_code == 200
    assert answer.content == b""


def test_keys_are_published_with_their_certificates(psc: RelyingParty) -> None:
    signing, encryption = psc.api.get(f"{CONNECT}/certs").json()["keys"]
    assert (signing["use"], signing["alg"], signing["kty"]) == ("sig", "RS256", "RSA")
    assert (encryption["use"], encryption["alg"]) == ("enc", "RSA-OAEP")
    for key in (signing, encryption):
        assert len(key["kid"]) == 43
        assert set(key) == {"kid", "kty", "alg", "use", "n", "e", "x5c", "x5t", "x5t#S256"}
        assert RSAKey.import_key(key).public_key.key_size == 2048


@pytest.mark.parametrize("path", [
    "/auth/device", "/login-status-iframe.html",
])
def test_endpoints_not_served_yet_say_so_in_their_dialect(psc: RelyingParty, path: str) -> None:
    answer = psc.back.post(f"{CONNECT}{path}", data={"scope": "openid"})
    assert answer.status_code == 404
    assert answer.json()["error"] == "not-found"
