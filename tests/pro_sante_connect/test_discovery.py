"""Metadata and keys (dossier §2.3, cases 1 to 4)."""

from __future__ import annotations

import pytest
from joserfc.jwk import RSAKey

from pro_sante_connect.codes import CONNECT, REALM
from tests.pro_sante_connect.conftest import RelyingParty

WALLET = f"{REALM}/.well-known/wallet-openid-configuration"
ENGINE = f"{REALM}/.well-known/openid-configuration"
MEMBERS = {
    "issuer", "authorization_endpoint", "token_endpoint", "introspection_endpoint",
    "userinfo_endpoint", "end_session_endpoint", "frontchannel_logout_session_supported",
    "frontchannel_logout_supported", "jwks_uri", "check_session_iframe", "grant_types_supported",
    "acr_values_supported", "response_types_supported", "subject_types_supported",
    "id_token_signing_alg_values_supported", "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported", "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported", "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported", "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported", "response_modes_supported",
    "registration_endpoint", "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "authorization_signing_alg_values_supported", "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported", "claims_supported", "claim_types_supported",
    "claims_parameter_supported", "scopes_supported", "request_parameter_supported",
    "request_uri_parameter_supported", "require_request_uri_registration",
    "code_challenge_methods_supported", "tls_client_certificate_bound_access_tokens",
    "revocation_endpoint", "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported", "backchannel_logout_supported",
    "backchannel_logout_session_supported", "device_authorization_endpoint",
    "backchannel_token_delivery_modes_supported", "backchannel_authentication_endpoint",
    "backchannel_authentication_request_signing_alg_values_supported",
    "require_pushed_authorization_requests", "pushed_authorization_request_endpoint",
    "mtls_endpoint_aliases", "authorization_response_iss_parameter_supported",
}
"""Of the document recorded at the end of 2024."""


def test_t01_wallet_document_has_every_member(psc: RelyingParty) -> None:
    answer = psc.api.get(WALLET)
    base = str(psc.api.base_url).rstrip("/")
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["issuer"] == psc.issuer
    assert document["authorization_endpoint"] == f"{base}/psc/auth"
    assert document["token_endpoint"] == f"{base}{CONNECT}/token"
    assert document["jwks_uri"] == f"{base}{CONNECT}/certs"
    assert set(document["mtls_endpoint_aliases"]) == {
        "token_endpoint", "revocation_endpoint", "introspection_endpoint",
        "device_authorization_endpoint", "registration_endpoint", "userinfo_endpoint",
        "pushed_authorization_request_endpoint", "backchannel_authentication_endpoint",
    }
    assert all(document[name] == url for name, url in document["mtls_endpoint_aliases"].items())
    assert set(document) == MEMBERS


def test_t02_engine_document_differs_by_the_authorization_endpoint(psc: RelyingParty) -> None:
    wallet, engine = psc.api.get(WALLET).json(), psc.api.get(ENGINE).json()
    assert engine.pop("authorization_endpoint").endswith(f"{CONNECT}/auth")
    wallet.pop("authorization_endpoint")
    assert wallet == engine


def test_t03_levels_and_scopes_are_the_odd_ones_published(psc: RelyingParty) -> None:
    document = psc.api.get(WALLET).json()
    assert document["acr_values_supported"] == ["0", "0"]
    assert len(document["scopes_supported"]) == 20
    assert {"scope_all", "identity", "eidas1"} <= set(document["scopes_supported"])
    assert len(document["id_token_signing_alg_values_supported"]) == 13
    assert "none" in document["userinfo_signing_alg_values_supported"]
    assert len(document["backchannel_authentication_request_signing_alg_values_supported"]) == 10
    assert document["authorization_response_iss_parameter_supported"] is True


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
    "/ext/ciba/auth", "/ext/par/request", "/auth/device", "/login-status-iframe.html",
])
def test_endpoints_not_served_yet_say_so_in_their_dialect(psc: RelyingParty, path: str) -> None:
    answer = psc.back.post(f"{CONNECT}{path}", data={"scope": "openid"})
    assert answer.status_code == 404
    assert answer.json()["error"] == "not-found"
