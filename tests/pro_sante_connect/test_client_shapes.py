"""The requests of the public clients of Pro Santé Connect, replayed as they spell them (case 45).

What each needs is taken from its source or its documentation; none of its code is here.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlencode

import httpx
import pytest

from pro_sante_connect.codes import CONNECT, REALM
from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, callback, claims

CLIENT, SECRET = "logiciel-bas-psc", "s3cr&t+é %"
REDIRECT = "https://logiciel.test/retour"
WALLET, WALLET_SLASH = "/psc/auth", "/psc/auth/"
VERIFIER = "v" * 50
CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())
SPRING_NONCE = base64url(hashlib.sha256(b"nonce").digest())
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
EIDAS1 = {"acr_values": "eidas1"}
Proof = Literal["basic", "encoded basic", "post", "both"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one client logs in. query: beside response_type, client_id and redirect_uri, in order;
    spaces: how it spells one in `scope`; prefix: what its address already holds; proof: where it
    puts the secret, percent-encoded or raw; userinfo: its method, "" when it calls none; needs:
    what it reads in the ID token.
    """

    client: str
    scope: str = "openid scope_all"
    query: dict[str, str] = field(default_factory=dict)
    path: str = WALLET
    prefix: str = ""
    spaces: str = "%20"
    redirect_uri: str = REDIRECT
    proof: Proof = "post"
    certificate: bool = False
    userinfo: str = "GET"
    needs: tuple[str, ...] = ("sub", "acr", "preferred_username")


SHAPES = (
    Shape("ansforge/keycloak-prosanteconnect", query=EIDAS1 | {"state": "s.t", "nonce": "0a" * 32},
          spaces="+", redirect_uri="https://kc.test/auth/realms/r/broker/psc/endpoint"),
    Shape("ansforge/PSC-POC, mod_auth_openidc", query=EIDAS1 | PKCE | {"state": "s", "nonce": "n"},
          proof="basic", certificate=True, needs=("at_hash", "azp", "iss", "nonce", "exp")),
    Shape("ansforge/DRIM-M_DRIMbox", query=EIDAS1 | {"state": "s", "nonce": "n"}, proof="post",
          userinfo="POST", needs=("nonce", "auth_time", "sid", "session_state", "aud", "at_hash")),
    Shape("prosanteconnect/psc-client-app, Spring Security",
          query={"state": "s=", "nonce": SPRING_NONCE}, proof="encoded basic",
          needs=("nonce", "preferred_username")),
    Shape("Mediboard, jumbojett", query=EIDAS1 | {"nonce": "n", "state": "s"}, spaces="+",
          proof="basic", needs=("acr", "exp")),
    Shape("doctolib/omniauth-pro-sante-connect", query={"acr_values": "eidas2", "state": "s",
                                                        "nonce": "n"}, needs=()),
    Shape("hostolab/covidliste", query={"state": "s", "nonce": "n"}, proof="basic"),
    Shape("skezi/nodejs-pro-sante-connect", query=EIDAS1 | {"state": "s", "nonce": "n",
                                                            "max_age": "300"}),
    Shape("Drupal OpenIDConnectProsanteconnectClient", query={"state": "s"}, path=WALLET_SLASH,
          prefix="acr_values=eidas1"),
    Shape("openiddict/openiddict-core", query=EIDAS1 | PKCE | {
        "response_mode": "query", "nonce": "n", "state": "s"}, certificate=True),
    Shape("ad2ien/prosante-connect-synapse-module", query=EIDAS1 | {"state": "s", "nonce": "n"},
          proof="basic", spaces="+"),
    Shape("LemonLDAP::NG", query={"acr_values": "eidas2", "state": "s=", "nonce": "n",
                                  "display": ""}, spaces="%20",
          redirect_uri="https://auth.test/?openidconnectcallback=1"),
    Shape("shoreline, caos/oidc", query=EIDAS1 | {"state": "s"}, spaces="+", proof="encoded basic",
          needs=("iss", "iat")),
    Shape("TankerHQ", query={"state": "s", "nonce": "n"}, userinfo="",
          needs=("iss", "aud", "nonce")),
    Shape("1024pix/pix, openid-client", query=EIDAS1 | {"state": "s", "nonce": "n"}, spaces="+",
          proof="encoded basic"),
    Shape("Jolene, jose", query=EIDAS1 | PKCE | {"state": "s", "nonce": "n", "prompt": "login"},
          spaces="+", needs=("aud", "nonce", "sub")),
    Shape("CNAM Web-DMP", query=EIDAS1, path=WALLET_SLASH, proof="both"),
)
"""Those of the code flow; pmsipilot, CIBA and introspection are apart."""


def asked(psc: RelyingParty, shape: Shape) -> httpx.Response:
    """The authorization request, spelled as the client does."""
    scope = shape.spaces.join(shape.scope.split())
    rest = urlencode({
        "response_type": "code", "client_id": CLIENT, "redirect_uri": shape.redirect_uri,
        **shape.query, "login_hint": DOCTOR,
    })
    query = "&".join(filter(None, (shape.prefix, f"scope={scope}", rest)))
    return psc.api.get(f"{shape.path}?{query}")


def redeemed(psc: RelyingParty, shape: Shape, code: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": shape.redirect_uri}
    if "code_challenge" in shape.query:
        form["code_verifier"] = VERIFIER
    headers = {}
    if shape.proof in ("post", "both"):
        form |= {"client_id": CLIENT, "client_secret": SECRET}
    if shape.proof in ("basic", "both", "encoded basic"):
        pair = (CLIENT, SECRET)
        if shape.proof == "encoded basic":
            pair = (quote(CLIENT, safe=""), quote(SECRET, safe=""))
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(pair).encode()).decode()
    by = psc.secure(cn=CLIENT) if shape.certificate else psc.back
    return by.post(f"{CONNECT}/token", data=form, headers=headers)


def registered(psc: RelyingParty, *redirect_uris: str, **members: object) -> None:
    psc.register(CLIENT, **{
        "client_secret": SECRET, "redirect_uris": [*redirect_uris],
        "post_logout_redirect_uris": ["https://kc.test/broker/psc/endpoint/logout_response"],
        "flows": ["authorization_code", "refresh_token", "urn:openid:params:grant-type:ciba"],
    } | members)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.client)
def test_45_a_public_client_logs_in_as_it_does(psc: RelyingParty, shape: Shape) -> None:
    registered(psc, shape.redirect_uri)
    given = callback(asked(psc, shape))
    assert given.get("state") == shape.query.get("state")
    assert given["iss"] == psc.issuer
    if shape.redirect_uri.endswith("=1"):
        assert given["openidconnectcallback"] == "1"
    answer = redeemed(psc, shape, given["code"])
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    identity = claims(tokens["id_token"])
    assert set(shape.needs) <= set(identity)
    assert identity["aud"] == CLIENT
    assert identity.get("nonce") == shape.query.get("nonce")
    assert identity["acr"] == "eidas1"
    assert isinstance(tokens["refresh_expires_in"], int)
    if shape.userinfo:
        content = psc.userinfo(tokens["access_token"], shape.userinfo).json()
        assert content["SubjectNameID"] == DOCTOR
        assert content["sub"] == identity["sub"]
        assert content["SubjectRefPro"]["exercices"][0]["activities"]


def test_06_a_request_without_state_has_none_back(psc: RelyingParty) -> None:
    shape = SHAPES[-1]
    registered(psc, shape.redirect_uri)
    assert set(callback(asked(psc, shape))) == {"session_state", "iss", "code"}


def test_07_a_space_in_the_scope_may_be_spelled_both_ways(psc: RelyingParty) -> None:
    registered(psc, REDIRECT)
    for spaces in ("%20", "+"):
        assert "code" in callback(asked(psc, Shape("x", spaces=spaces)))


def test_17_drimbox_reads_ten_claims_of_the_refresh_token(psc: RelyingParty) -> None:
    tokens = psc.tokens(nonce="n" * 32)
    read = claims(tokens["refresh_token"])
    assert {"exp", "iat", "jti", "iss", "sub", "typ", "azp", "nonce", "session_state", "sid"} <= (
        set(read)
    )
    assert read["nonce"] == claims(tokens["access_token"])["nonce"]
    assert psc.userinfo(tokens["access_token"], "POST").status_code == 200


def test_18_mediboard_reads_the_end_of_the_refresh_token(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    read = claims(tokens["refresh_token"])
    assert read["exp"] - read["iat"] == tokens["refresh_expires_in"] == 1800
    assert claims(tokens["id_token"])["acr"] == "eidas1"


@pytest.mark.parametrize(("date", "status"), [("2021", 200), ("2026", 403)])
def test_19_pmsipilot_asks_scope_all_alone(psc: RelyingParty, date: str, status: int) -> None:
    psc.served(profile=date)
    registered(psc, REDIRECT)
    shape = Shape("pmsipilot", scope="scope_all", query={"state": "s"}, proof="basic")
    tokens = redeemed(psc, shape, callback(asked(psc, shape))["code"]).json()
    assert "id_token" not in tokens
    answer = psc.userinfo(tokens["access_token"])
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["SubjectNameID"] == DOCTOR
    for refused in (psc.token(None, grant_type="x"), psc.token(("a", "b"), grant_type="password"),
                    psc.userinfo("x"), psc.redeem("x")):
        assert refused.json()["error_description"]


def test_45_the_edc_proxy_and_eproxy_use_ciba_with_a_certificate(psc: RelyingParty) -> None:
    registered(psc, REDIRECT, space="edc")
    by = psc.secure(cn=CLIENT)
    asked = by.post(f"{CONNECT}/ext/ciba/auth", headers={"X-Correlation-Id": "c-1"}, data={
        "client_id": CLIENT, "scope": "openid scope_all", "login_hint": DOCTOR,
        "binding_message": "42", "acr_values": "eidas1", "channel": "CARD",
    })
    assert asked.json()["expires_in"] == 120
    tokens = by.post(f"{CONNECT}/token", data={
        "grant_type": "urn:openid:params:grant-type:ciba", "client_id": CLIENT,
        "auth_req_id": asked.json()["auth_req_id"],
    }).json()
    assert claims(tokens["id_token"])["SubjectNameID"] == DOCTOR
    closed = by.post(f"{CONNECT}/logout", data={"id_token_hint": tokens["id_token"]})
    assert closed.status_code == 200


def test_45_context_sharing_introspects_then_reads_the_identity(psc: RelyingParty) -> None:
    token = psc.tokens()["access_token"]
    content = psc.introspect(token).json()
    assert (content["active"], content["SubjectNameID"]) == (True, DOCTOR)
    assert psc.userinfo(token).json()["SubjectNameID"] == DOCTOR


def test_45_log_outs_as_clients_ask_them(psc: RelyingParty) -> None:
    registered(psc, REDIRECT)
    back = "https://kc.test/broker/psc/endpoint/logout_response"

    def hint() -> str:
        shape = Shape("x")
        code = callback(asked(psc, shape))["code"]
        return str(redeemed(psc, shape, code).json()["id_token"])

    keycloak = psc.logout(state="sess", id_token_hint=hint(), post_logout_redirect_uri=back)
    assert keycloak.headers["location"] == f"{back}?state=sess"
    spring = psc.back.get(f"{REALM}/protocol/openid-connect/logout?id_token_hint={hint()}")
    assert spring.status_code == 200
    hint()
    jolene = psc.logout(client_id=CLIENT, post_logout_redirect_uri=back)
    assert "Fermer la session" in jolene.text
