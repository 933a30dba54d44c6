"""The plain face: metadata and claims as the OpenID specifications have them.

Sources: OpenID Connect Core 1.0 §2, §5.1, §5.4; OpenID Connect Discovery 1.0 §3; RFC 8414.
Nothing is advertised that is not served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pro_sante_connect import codes
from pro_sante_connect.domain.claims import Claims, Issue, subject
from pro_sante_connect.domain.claims_parameter import IN_ID_TOKEN
from services.population import Professional, Structure

CLAIMS_OF: Mapping[str, tuple[str, ...]] = {
    "profile": ("name", "given_name", "family_name", "preferred_username"),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified"),
    "address": ("address",),
}
"""What each standard scope gives; `scope_all` gives what PSC's userinfo has."""
GRANTS = ("authorization_code", "refresh_token")
AUTHENTICATION = ("client_secret_basic", "client_secret_post", "tls_client_auth")
REQUEST_SIGNATURES = ("HS256", "HS384", "HS512")


def document(issuer: str) -> dict[str, Any]:
    """The metadata of the provider whose issuer this is."""
    authentication = {
        f"{endpoint}_endpoint_auth_methods_supported": AUTHENTICATION
        for endpoint in ("token", "introspection", "revocation")
    }
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "end_session_endpoint": f"{issuer}/logout",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "scopes_supported": codes.PLAIN_SCOPES,
        "response_types_supported": ("code",),
        "response_modes_supported": codes.RESPONSE_MODES,
        "grant_types_supported": GRANTS,
        "subject_types_supported": ("public",),
        "acr_values_supported": (codes.EIDAS1,),
        "prompt_values_supported": codes.PROMPTS,
        "display_values_supported": ("page", "popup"),
        "id_token_signing_alg_values_supported": ("RS256", "ES256"),
        "authorization_signing_alg_values_supported": ("RS256", "ES256"),
        "request_object_signing_alg_values_supported": REQUEST_SIGNATURES,
        **authentication,
        "claim_types_supported": ("normal",),
        "claims_supported": (
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "azp", "sid",
            *codes.STANDARD_CLAIMS,
        ),
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": False,
        "code_challenge_methods_supported": ("S256",),
        "authorization_response_iss_parameter_supported": True,
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "ui_locales_supported": ("fr", "en"),
    }


def id_claims(issue: Issue, jti: str) -> Claims:
    """The ID token without its `at_hash`: who, when, how, for whom; the rest is userinfo's."""
    nonce = {"nonce": issue.nonce} if issue.nonce else {}
    return {
        "iss": issue.issuer, "sub": subject(issue.session.id_nat), "aud": issue.client_id,
        "exp": issue.now + issue.access_seconds, "iat": issue.now,
        "auth_time": issue.session.auth_time, "jti": jti, "typ": "ID", "azp": issue.client_id,
        **nonce, "acr": issue.profile.id_token_acr, "sid": issue.session.id,
        **{name: value for name, value in _names(issue.professional).items()
           if IN_ID_TOKEN + name in issue.asked},
    }


@dataclass(frozen=True, slots=True)
class Person:
    """A professional and where to reach them; place: of their first activity."""

    professional: Professional
    mailbox: str
    place: Structure | None


def userinfo(
    person: Person, scopes: Sequence[str], asked: Iterable[str], whole: dict[str, Any]
) -> dict[str, Any]:
    """asked: claims that the parameter `claims` names; whole: PSC's userinfo, given for
    `scope_all`. What is not known is left out.
    """
    wanted = {name for scope in scopes for name in CLAIMS_OF.get(scope, ())} | set(asked)
    known = _known(person)
    return {
        "sub": subject(person.professional.id_nat),
        **(whole if "scope_all" in scopes else {}),
        **{name: known[name] for name in codes.STANDARD_CLAIMS
           if name in wanted and known.get(name)},
        **{name: False for name in ("email_verified", "phone_number_verified")
           if name in wanted and known.get(name.removesuffix("_verified"))},
    }


def _known(person: Person) -> dict[str, Any]:
    one, place = person.professional, person.place
    return {
        **_names(one), "email": person.mailbox,
        "phone_number": _international(place.telephone) if place else "",
        "address": _address(place) if place else {},
    }


def _names(one: Professional) -> dict[str, str]:
    return {
        "name": f"{one.prenom} {one.nom}", "given_name": one.prenom, "family_name": one.nom,
        "preferred_username": one.id_nat,
    }


def _international(number: str) -> str:
    """E.164, as OpenID Connect Core §5.1 recommends."""
    return f"+33{number[1:]}" if number.startswith("0") else number


def _address(place: Structure) -> dict[str, str]:
    street = " ".join(filter(None, (place.voie_numero, place.voie_type, place.voie_libelle)))
    town = f"{place.code_postal} {place.commune}".strip()
    members = {
        "formatted": "\n".join(filter(None, (place.nom, street, town, "FRANCE"))),
        "street_address": street, "locality": place.commune, "postal_code": place.code_postal,
        "country": "FR",
    }
    return {name: value for name, value in members.items() if value}
