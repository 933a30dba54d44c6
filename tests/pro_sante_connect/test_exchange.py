"""The exchange of a token of Pro Santé Connect against one of an API (case 33)."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from tests.confiance import ACCESS, CLIENT, JWT, PSC, Software, realm
from tests.pro_sante_connect.conftest import DOCTOR, START, RelyingParty, claims

ACTOR = {
    "iss": "https://lps.example", "exp": 4_000_000_000, "sub": "lps-1", "lps_nom": "Dossier",
    "lps_id": "LPS-1", "lps_version": "3.2", "situation_exercice": "10C",
}


@pytest.fixture
def edc(software: Software) -> Software:
    software.register()
    return software


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def actor(**changes: Any) -> str:
    key = OctKey.import_key("s" * 32)
    content = {name: value for name, value in (ACTOR | changes).items() if value is not None}
    return jwt.encode({"alg": "HS256"}, content, key)


def test_33_a_live_token_gives_four_hours_of_the_api(edc: Software) -> None:
    by = edc.secure()
    psc = edc.log_in(by)
    answer = edc.exchange(by, psc["access_token"], "signsessiondata", scope=None)
    content = answer.json()
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert (content["expires_in"], content["refresh_expires_in"]) == (14400, 1800)
    assert content["issued_token_type"] == ACCESS
    assert set(content) == {
        "access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type",
        "id_token", "not-before-policy", "session_state", "scope", "issued_token_type",
    }
    read = claims(content["access_token"])
    assert read["SubjectNameID"] == DOCTOR
    assert read["exp"] - read["iat"] == 14400
    assert read["aud"] == ["account", CLIENT]
    assert (read["typ"], read["azp"], read["acr"]) == ("Bearer", CLIENT, "1")
    assert read["session_state"] == content["session_state"] != psc["session_state"]
    assert read["scope"] == "openid email profile"
    assert DOCTOR not in read["sub"]


def test_33_the_token_verifies_with_the_published_key(edc: Software) -> None:
    by = edc.secure()
    read = by.get("/psc/edc/realms/dmp/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(edc.api.get(f"{realm('dmp')}/certs").json())
    token = jwt.decode(edc.token(by, "dmp"), keys, algorithms=["RS256"])
    assert token.claims["iss"] == read["issuer"]
    assert token.claims["sub"] == DOCTOR
    assert read["tls_client_certificate_bound_access_tokens"] is True


def test_33_a_dead_token_is_refused(edc: Software, psc: RelyingParty) -> None:
    psc.at(0)
    by = edc.secure()
    token = edc.log_in(by)
    other = edc.exchange(by, token["access_token"], "dmp").json()["access_token"]
    for dead in (token["refresh_token"], token["id_token"], other, "x", "a.b.c"):
        assert said(edc.exchange(by, dead, "dmp")) == (400, "invalid_token")
    psc.at(120)
    assert said(edc.exchange(by, token["access_token"], "dmp")) == (400, "invalid_token")
    psc.at(0)
    by.post(f"{PSC}/logout", data={"id_token_hint": token["id_token"]})
    assert said(edc.exchange(by, token["access_token"], "dmp")) == (400, "invalid_token")


def test_33_a_token_of_another_certificate_is_refused(edc: Software) -> None:
    by, other = edc.secure(), edc.secure()
    token = edc.log_in(by)["access_token"]
    answer = edc.exchange(other, token, "dmp")
    assert said(answer) == (400, "invalid_token")
    assert "another client certificate" in answer.json()["error_description"]


def test_33_the_ci_sis_wants_a_scope(edc: Software) -> None:
    by = edc.secure()
    token = edc.log_in(by)["access_token"]
    answer = edc.exchange(by, token, "dmp", scope=None)
    assert answer.json() == {
        "error": "invalid_request", "error_description": "Missing parameter: scope"}
    edc.api.put("/sandbox/psc", json={"api_form": "keycloak"})
    assert edc.exchange(by, token, "dmp", scope=None).status_code == 200
    edc.api.put("/sandbox/psc", json={"api_form": "ci-sis"})
    assert said(edc.exchange(by, token, "signsessiondata", scope=None)) == (400, "invalid_request")


def test_the_engine_wants_to_know_who_issued_the_token(edc: Software) -> None:
    by = edc.secure()
    token = edc.log_in(by)["access_token"]
    wanted = "signsessiondata"
    nameless = edc.exchange(by, token, wanted, scope=None, subject_issuer=None)
    assert said(nameless) == (400, "invalid_token")
    wrong = edc.exchange(by, token, wanted, scope=None, subject_issuer="autre")
    assert said(wrong) == (400, "invalid_issuer")
    as_jwt = edc.exchange(by, token, wanted, scope=None, subject_issuer=None,
                          subject_token_type=JWT)
    assert as_jwt.status_code == 200
    assert edc.exchange(by, token, "dmp", subject_issuer=None).status_code == 200


@pytest.mark.parametrize(("changes", "error"), [
    ({"grant_type": None}, (400, "invalid_request")),
    ({"grant_type": "authorization_code"}, (400, "unsupported_grant_type")),
    ({"subject_token": None}, (400, "invalid_request")),
    ({"subject_token_type": None}, (400, "invalid_request")),
    ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, (400, "invalid_request")),
    ({"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"}, (400, "invalid_request")),
    ({"scope": "openid mssante"}, (400, "invalid_scope")),
    ({"client_id": "inconnu"}, (401, "unauthorized_client")),
    ({"actor_token": "x"}, (400, "invalid_request")),
    ({"actor_token_type": JWT}, (400, "invalid_request")),
    ({"actor_token": "x", "actor_token_type": ACCESS}, (400, "invalid_request")),
], ids=lambda value: "-".join(value) if isinstance(value, dict) else value[1])
def test_a_wrong_request_says_why(
    edc: Software, changes: dict[str, str | None], error: tuple[int, str]
) -> None:
    by = edc.secure()
    assert said(edc.exchange(by, edc.log_in(by)["access_token"], "dmp", **changes)) == error


def test_an_unknown_api_has_no_server(edc: Software) -> None:
    answer = edc.secure().post(f"{realm('autre')}/token", data={"grant_type": "x"})
    assert said(answer) == (404, "Realm does not exist")


def test_only_certified_clients_of_the_espace_de_confiance_exchange(
    edc: Software, psc: RelyingParty
) -> None:
    token = edc.log_in(edc.secure())["access_token"]
    for by in (edc.secure(variant=""), edc.secure("autre"), edc.secure(variant="revoked")):
        assert said(edc.exchange(by, token, "dmp")) == (401, "invalid_client")
    plain = psc.tokens()["access_token"]
    demo = edc.exchange(edc.secure("socle-demo"), plain, "dmp", client_id="socle-demo")
    assert said(demo) == (403, "access_denied")


def test_a_client_is_enrolled_api_by_api(software: Software) -> None:
    software.register(api_scopes=["mssante"])
    by = software.secure()
    token = software.log_in(by)["access_token"]
    assert software.exchange(by, token, "mssante").status_code == 200
    assert said(software.exchange(by, token, "dmp")) == (403, "access_denied")


def test_another_clients_token_is_reported_then_refused(
    edc: Software, psc: RelyingParty
) -> None:
    token, by = psc.tokens()["access_token"], edc.secure()
    assert edc.exchange(by, token, "dmp").status_code == 200
    (entry,) = edc.api.get("/sandbox/journal?transaction=psc.as_token&limit=1").json()["entries"]
    assert "EDC-ECHANGE-PORTEUR" in {each["rule"] for each in entry["findings"]}
    psc.strict()
    assert said(edc.exchange(by, token, "dmp")) == (403, "access_denied")


def test_a_second_exchange_at_the_same_api_is_reported(edc: Software) -> None:
    by = edc.secure()
    token = edc.log_in(by)["access_token"]

    def rules(api: str) -> set[str]:
        assert edc.exchange(by, token, api).status_code == 200
        found = edc.api.get("/sandbox/journal?transaction=psc.as_token&limit=1").json()
        return {each["rule"] for each in found["entries"][0]["findings"]}

    assert "EDC-ECHANGE-UNIQUE" not in rules("dmp")
    assert "EDC-ECHANGE-UNIQUE" not in rules("ins")
    assert "EDC-ECHANGE-UNIQUE" in rules("dmp")


def test_the_actor_is_told(edc: Software) -> None:
    by = edc.secure()
    token = edc.log_in(by)["access_token"]
    answer = edc.exchange(by, token, "dmp", actor_token=actor(), actor_token_type=JWT)
    read = claims(answer.json()["access_token"])["act"]
    assert read == {name: value for name, value in ACTOR.items() if name != "exp"}
    late = edc.exchange(by, token, "dmp", actor_token=actor(exp=1), actor_token_type=JWT)
    assert said(late) == (400, "invalid_request")
    head, body, _ = actor().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    for forged in (f"{none}.{body}.x", f"{head}.{body}.", f"{head}.x.y", f"{head}.é.y"):
        unsigned = edc.exchange(by, token, "dmp", actor_token=forged, actor_token_type=JWT)
        assert said(unsigned) == (400, "invalid_request")
    edc.exchange(by, token, "dmp", actor_token=actor(lps_nom=None), actor_token_type=JWT)
    (entry,) = edc.api.get("/sandbox/journal?transaction=psc.as_token&limit=1").json()["entries"]
    assert "actor_token.lps_nom" in {each["at"] for each in entry["findings"]}


def test_both_encodings_of_cnf(edc: Software) -> None:
    by = edc.secure()
    seen = {}
    for encoding in ("ans", "rfc8705"):
        edc.api.put("/sandbox/psc", json={"quirks": {"cnf": encoding}})
        seen[encoding] = claims(edc.token(by, "dmp"))["cnf"]["x5t#S256"]
    hexadecimal = base64.b64decode(seen["ans"]).decode()
    assert base64.urlsafe_b64decode(seen["rfc8705"] + "=").hex() == hexadecimal


def test_lifetimes_are_on_the_tenants_clock(edc: Software, psc: RelyingParty) -> None:
    psc.at(0)
    edc.api.put("/sandbox/psc", json={"api_seconds": 3600})
    by = edc.secure()
    content = edc.exchange(by, edc.log_in(by)["access_token"], "dmp").json()
    assert content["expires_in"] == 3600
    assert claims(content["access_token"])["iat"] == int(START.timestamp())

    def active() -> bool:
        return bool(by.post(f"{realm('dmp')}/token/introspect", data={
            "client_id": CLIENT, "token": content["access_token"]}).json()["active"])

    psc.at(3599)
    assert active()
    psc.at(3600)
    assert not active()


def test_introspection_and_revocation(edc: Software) -> None:
    by, own = edc.secure(), {"client_id": CLIENT}
    content = edc.exchange(by, edc.log_in(by)["access_token"], "dmp").json()

    def introspect(token: str, api: str = "dmp") -> dict[str, Any]:
        found: dict[str, Any] = by.post(
            f"{realm(api)}/token/introspect", data=own | {"token": token}).json()
        return found

    shown = introspect(content["access_token"])
    assert (shown["active"], shown["username"], shown["client_id"]) == (True, DOCTOR, CLIENT)
    assert shown["cnf"]
    assert introspect(content["refresh_token"])["active"]
    assert introspect(content["id_token"]) == {"active": False}
    assert introspect(content["access_token"], "ins") == {"active": False}
    assert introspect("x") == {"active": False}
    assert by.post(f"{PSC}/token/introspect", data=own | {
        "token": content["access_token"]}).json() == {"active": False}
    assert said(by.post(f"{realm('dmp')}/token/introspect", data=own)) == (400, "invalid_request")
    assert by.post(f"{realm('dmp')}/revoke", data=own | {
        "token": content["access_token"]}).status_code == 200
    assert introspect(content["access_token"]) == {"active": False}
    assert introspect(content["refresh_token"]) == {"active": False}


def test_a_renewal_is_of_the_same_certificate_and_once(edc: Software, psc: RelyingParty) -> None:
    psc.at(0)
    by = edc.secure()
    content = edc.exchange(by, edc.log_in(by)["access_token"], "dmp").json()
    form = {"grant_type": "refresh_token", "client_id": CLIENT,
            "refresh_token": content["refresh_token"]}

    def renew(client: httpx.Client, api: str = "dmp", **changes: str) -> httpx.Response:
        return client.post(f"{realm(api)}/token", data=form | changes)

    assert said(renew(edc.secure())) == (400, "unauthorized_client")
    assert said(renew(by, "ins")) == (400, "invalid_grant")
    assert said(renew(by, refresh_token="x")) == (400, "invalid_grant")
    assert said(renew(by, refresh_token="")) == (400, "invalid_request")
    psc.at(1799)
    fresh = renew(by).json()
    assert fresh["session_state"] == content["session_state"]
    assert fresh["expires_in"] == 14400 - 1799
    assert said(renew(by)) == (400, "invalid_grant")
    assert said(renew(by, refresh_token=fresh["refresh_token"])) == (400, "invalid_grant")


def test_a_late_renewal_is_refused(edc: Software, psc: RelyingParty) -> None:
    psc.at(0)
    by = edc.secure()
    content = edc.exchange(by, edc.log_in(by)["access_token"], "dmp").json()
    psc.at(1800)
    late = by.post(f"{realm('dmp')}/token", data={
        "grant_type": "refresh_token", "client_id": CLIENT,
        "refresh_token": content["refresh_token"]})
    assert said(late) == (400, "invalid_grant")
    assert late.json()["error_description"] == "Token is not active"


def test_the_dmp_has_its_own_address(edc: Software) -> None:
    by = edc.secure()
    answer = by.post("/dmp/api-lps/oauth/token", data={
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "client_id": CLIENT,
        "subject_token": edc.log_in(by)["access_token"], "subject_token_type": ACCESS,
        "scope": "dmp",
    })
    assert answer.status_code == 200
    assert "id_token" not in answer.json()
    assert claims(answer.json()["access_token"])["iss"].endswith("/psc/edc/realms/dmp")


def test_an_exchange_outlives_the_session_but_not_a_reset(
    edc: Software, psc: RelyingParty
) -> None:
    by, own = edc.secure(), {"client_id": CLIENT}
    logged = edc.log_in(by)
    token = edc.exchange(by, logged["access_token"], "dmp").json()["access_token"]
    by.post(f"{PSC}/logout", data={"id_token_hint": logged["id_token"]})

    def active() -> bool:
        return bool(by.post(
            f"{realm('dmp')}/token/introspect", data=own | {"token": token}).json()["active"])

    assert active()
    edc.api.post("/sandbox/reset", json={})
    edc.register()
    assert not active()


def test_another_tenant_knows_nothing_of_it(edc: Software, software: Software) -> None:
    by = edc.secure()
    token = edc.token(by, "dmp")
    with httpx.Client(
        base_url=f"{edc.server.url}/t/{edc.tenant}-autre", trust_env=False, timeout=30
    ) as other:
        answer = other.post(
            f"{realm('dmp')}/token/introspect", data={"token": token},
            auth=("socle-demo", "socle-demo"))
        assert answer.json() == {"active": False}
        assert other.get("/dmp/fhir/DocumentReference", headers={
            "Authorization": f"Bearer {token}"}).status_code == 401
