"""Log in to Pro Santé Connect as a vendor does: authorization code flow with PKCE.

The e-CPS is virtual: in its `auto` mode the wallet redirects at once to whoever the `login_hint`
names. Everything else is the real flow: state, nonce, signature, issuer and audience are verified.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.scenarios.vendor import Vendor, open_vendor

DISCOVERY = "/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
REDIRECT_URI = "http://127.0.0.1:9/retour"
"""Never opened: the code is read from the redirect."""
SCOPE = "openid scope_all"
REDIRECTS = 10


class LoginRefused(Exception):
    """The log-in did not give a verified session; the message says at which point."""


@dataclass(frozen=True, slots=True)
class Session:
    """A verified log-in. userinfo: the claims of the userinfo endpoint."""

    id_nat: str
    access_token: str
    id_token: str
    expires_at: int
    userinfo: dict[str, Any]

    @property
    def who(self) -> str:
        """Given and family name."""
        return f"{self.userinfo.get('given_name', '')} {self.userinfo.get('family_name', '')}"


def access_token(url: str, tenant: str, id_nat: str) -> str:
    """A professional's access token, without a browser. Raises LoginRefused."""
    vendor = open_vendor(url, tenant)
    with contextlib.closing(vendor):
        return log_in(vendor, id_nat).access_token


def log_in(vendor: Vendor, id_nat: str) -> Session:
    """The whole flow for that professional. Raises LoginRefused."""
    provider = _json(vendor.call("GET", DISCOVERY), "découverte")
    verifier, state, nonce = (vendor.ids.token(32) for _ in range(3))
    code = _authorize(vendor, provider, id_nat, verifier, state, nonce)
    answer = vendor.call("POST", provider["token_endpoint"], data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI,
        "code_verifier": verifier,
    }, auth=(vendor.client, vendor.client))
    tokens = _json(answer, "jetons")
    keys = _json(vendor.call("GET", provider["jwks_uri"]), "clés")
    claims = _verified(tokens["id_token"], keys, provider["issuer"], nonce, vendor)
    userinfo = _json(
        vendor.call("GET", provider["userinfo_endpoint"], token=tokens["access_token"]),
        "userinfo",
    )
    if userinfo.get("sub") != claims["sub"]:
        raise LoginRefused("userinfo et id_token ne désignent pas la même personne")
    if userinfo.get("SubjectNameID") != id_nat:
        raise LoginRefused(
            f"{id_nat} attendu, {userinfo.get('SubjectNameID')} connecté"
        )
    expires_at = vendor.clock.seconds() + int(tokens.get("expires_in", 0))
    return Session(id_nat, tokens["access_token"], tokens["id_token"], expires_at, userinfo)


def _authorize(
    vendor: Vendor, provider: dict[str, Any], id_nat: str, verifier: str, state: str, nonce: str
) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    response = vendor.call("GET", provider["authorization_endpoint"], params={
        "response_type": "code", "client_id": vendor.client, "redirect_uri": REDIRECT_URI,
        "scope": SCOPE, "acr_values": "eidas1", "state": state, "nonce": nonce,
        "code_challenge": challenge.rstrip(b"=").decode(), "code_challenge_method": "S256",
        "login_hint": id_nat,
    })
    for _ in range(REDIRECTS):
        location = response.headers.get("location", "")
        if not response.is_redirect or location.startswith(REDIRECT_URI):
            break
        response = vendor.call("GET", str(response.url.join(location)))
    if not response.is_redirect:
        raise LoginRefused(
            f"la page de connexion n'a pas redirigé ({response.status_code}) : "
            f"{id_nat} est-il connu, et l'e-CPS virtuelle en mode auto ? (socle ecps auto)"
        )
    query = parse_qs(urlsplit(response.headers["location"]).query)
    if "error" in query:
        raise LoginRefused(f"{query['error'][0]} : {query.get('error_description', [''])[0]}")
    if query.get("state") != [state]:
        raise LoginRefused("le state rendu n'est pas celui envoyé")
    if query.get("iss", [provider["issuer"]]) != [provider["issuer"]]:
        raise LoginRefused("l'émetteur de la réponse n'est pas celui découvert (RFC 9207)")
    return query["code"][0]


def _verified(
    id_token: str, keys: dict[str, Any], issuer: str, nonce: str, vendor: Vendor
) -> dict[str, Any]:
    registry = jwt.JWTClaimsRegistry(
        now=vendor.clock.seconds(), leeway=5,
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": vendor.client},
        nonce={"essential": True, "value": nonce}, exp={"essential": True},
        sub={"essential": True},
    )
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=["RS256", "ES256"])  # type: ignore[arg-type]
        registry.validate(token.claims)
    except (JoseError, ValueError) as error:
        raise LoginRefused(f"id_token refusé : {error}") from error
    return token.claims


def _json(response: httpx.Response, what: str) -> dict[str, Any]:
    if response.status_code != 200:
        raise LoginRefused(f"{what} : {response.status_code} {response.text[:300]}")
    content: dict[str, Any] = orjson.loads(response.content)
    return content
