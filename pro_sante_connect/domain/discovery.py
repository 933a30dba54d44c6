"""The discovery document, value by value as recorded at the end of 2024 (dossier §2.3).

The one of 2023 is a public copy of mid-2023; of 2021, only what it lacked is known.
"""

from __future__ import annotations

from typing import Any, Literal

from pro_sante_connect import codes

Date = Literal["2021", "2023", "2024"]


def document(realm: str, wallet_url: str, date: Date, *, wallet: bool) -> dict[str, Any]:
    """The metadata of the provider whose engine is at `realm`; `wallet`: of the PSC path.

    The engine's own document differs by `authorization_endpoint` only.
    """
    whole = _document(realm, wallet_url, wallet=wallet)
    if date == "2024":
        return whole
    return _before_2024(whole) if date == "2023" else _of_2021(_before_2024(whole))


def _before_2024(whole: dict[str, Any]) -> dict[str, Any]:
    """No EdDSA, no scope `basic`, no `iss` in the callback."""
    known = {
        name: tuple(each for each in value if each not in ("EdDSA", "basic"))
        if isinstance(value, tuple) else value for name, value in whole.items()
    }
    del known["authorization_response_iss_parameter_supported"]
    return known


def _of_2021(known: dict[str, Any]) -> dict[str, Any]:
    """Neither CIBA, nor device, nor pushed requests, nor the parameter `claims`."""
    later = ("backchannel_", "device_", "pushed_", "require_pushed_")
    logout = "backchannel_logout"

    def then(members: dict[str, Any]) -> dict[str, Any]:
        return {
            name: value for name, value in members.items()
            if name.startswith(logout) or not name.startswith(later)
        }

    return then(known) | {
        "grant_types_supported": codes.GRANT_TYPES[:5], "claims_parameter_supported": False,
        "mtls_endpoint_aliases": then(known["mtls_endpoint_aliases"]),
    }


def _document(realm: str, wallet_url: str, *, wallet: bool) -> dict[str, Any]:
    connect = realm + codes.CONNECT.removeprefix(codes.REALM)
    back_channel = {
        "token_endpoint": f"{connect}/token",
        "revocation_endpoint": f"{connect}/revoke",
        "introspection_endpoint": f"{connect}/token/introspect",
        "device_authorization_endpoint": f"{connect}/auth/device",
        "registration_endpoint": f"{realm}/clients-registrations/openid-connect",
        "userinfo_endpoint": f"{connect}/userinfo",
        "pushed_authorization_request_endpoint": f"{connect}/ext/par/request",
        "backchannel_authentication_endpoint": f"{connect}/ext/ciba/auth",
    }
    return {
        "issuer": realm,
        "authorization_endpoint": wallet_url if wallet else f"{connect}/auth",
        **back_channel,
        "end_session_endpoint": f"{connect}/logout",
        "jwks_uri": f"{connect}/certs",
        "check_session_iframe": f"{connect}/login-status-iframe.html",
        **_CAPABILITIES,
        # QUIRK(PSC): every alias equals the ordinary address, the certificate is optional there.
        "mtls_endpoint_aliases": back_channel,
    }


def _encryption(name: str) -> dict[str, tuple[str, ...]]:
    return {
        f"{name}_encryption_alg_values_supported": codes.KEY_ENCRYPTION,
        f"{name}_encryption_enc_values_supported": codes.CONTENT_ENCRYPTION,
    }


def _client_authentication(endpoint: str) -> dict[str, tuple[str, ...]]:
    return {
        f"{endpoint}_endpoint_auth_methods_supported": codes.CLIENT_AUTHENTICATION,
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": codes.SIGNATURES,
    }


_CAPABILITIES: dict[str, Any] = {
    "frontchannel_logout_session_supported": True,
    "frontchannel_logout_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "grant_types_supported": codes.GRANT_TYPES,
    # QUIRK(PSC): twice "0"; the eidas levels that clients must ask for are not advertised.
    "acr_values_supported": ("0", "0"),
    "response_types_supported": codes.RESPONSE_TYPES,
    "response_modes_supported": codes.RESPONSE_MODES,
    "subject_types_supported": ("public", "pairwise"),
    "id_token_signing_alg_values_supported": codes.SIGNATURES,
    "userinfo_signing_alg_values_supported": codes.SIGNATURES_OR_NONE,
    "request_object_signing_alg_values_supported": codes.SIGNATURES_OR_NONE,
    "authorization_signing_alg_values_supported": codes.SIGNATURES,
    "backchannel_authentication_request_signing_alg_values_supported":
        codes.ASYMMETRIC_SIGNATURES,
    **_encryption("id_token"), **_encryption("userinfo"), **_encryption("request_object"),
    **_encryption("authorization"),
    **_client_authentication("token"), **_client_authentication("introspection"),
    **_client_authentication("revocation"),
    "claims_supported": (
        "aud", "sub", "iss", "auth_time", "name", "given_name", "family_name",
        "preferred_username", "email", "acr",
    ),
    "claim_types_supported": ("normal",),
    "claims_parameter_supported": True,
    "scopes_supported": codes.SCOPES,
    "request_parameter_supported": True,
    "request_uri_parameter_supported": True,
    "require_request_uri_registration": True,
    "code_challenge_methods_supported": codes.CHALLENGE_METHODS,
    "tls_client_certificate_bound_access_tokens": True,
    "require_pushed_authorization_requests": False,
    "backchannel_token_delivery_modes_supported": ("poll", "ping"),
    "authorization_response_iss_parameter_supported": True,
}
