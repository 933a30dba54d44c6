"""What the tokens say (cases 14, 17, 43), and that anyone can verify them."""

from __future__ import annotations

import hashlib
import re
import uuid

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import DOCTOR, RelyingParty, claims


def test_t14_the_subject_is_technical_and_the_same_everywhere(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    subjects = {
        claims(tokens["id_token"])["sub"], claims(tokens["access_token"])["sub"],
        claims(tokens["refresh_token"])["sub"],
        psc.userinfo(tokens["access_token"]).json()["sub"],
        psc.introspect(tokens["access_token"]).json()["sub"],
    }
    (subject,) = subjects
    assert re.fullmatch(r"f:[0-9a-f-]{36}:.+", subject)
    assert subject.endswith(f":{claims(tokens['id_token'])['SubjectNameID']}")


def test_t17_the_nonce_is_in_both_tokens_and_times_are_numbers(psc: RelyingParty) -> None:
    tokens = psc.tokens(nonce="c" * 64)
    access, identity = claims(tokens["access_token"]), claims(tokens["id_token"])
    assert access["nonce"] == identity["nonce"] == "c" * 64
    assert isinstance(access["auth_time"], int)
    assert isinstance(identity["auth_time"], int)
    assert identity["aud"] == "socle-demo"
    assert identity["sid"] == identity["session_state"] == tokens["session_state"]
    assert psc.userinfo(tokens["access_token"], "POST").status_code == 200


def test_the_access_token_has_its_claims_and_no_audience(psc: RelyingParty) -> None:
    read = claims(psc.tokens()["access_token"])
    assert set(read) == {
        "exp", "iat", "auth_time", "jti", "iss", "sub", "typ", "azp", "nonce", "session_state",
        "acr", "scope", "sid", "authMode", "otherIds", "SubjectNameID", "preferred_username",
    }
    assert read["typ"] == "Bearer"
    assert read["authMode"] == "MOBILE"
    assert read["otherIds"] == [{"identifiant": DOCTOR, "origine": "RPPS", "qualite": 1}]


def test_the_id_token_names_the_professional(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    read = claims(tokens["id_token"])
    assert (read["given_name"], read["family_name"]) == ("Claire", "EXEMPLAIRE")
    assert read["preferred_username"] == read["SubjectNameID"] == DOCTOR
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert read["at_hash"] == base64url(half)


def test_an_absent_nonce_is_absent_from_the_id_token(psc: RelyingParty) -> None:
    tokens = psc.tokens(nonce=None)
    assert "nonce" not in claims(tokens["id_token"])
    assert claims(tokens["access_token"])["nonce"] == ""


def test_t43_the_session_state_of_2026_is_no_uuid(psc: RelyingParty) -> None:
    state = psc.tokens()["session_state"]
    assert len(state) >= 24
    with pytest.raises(ValueError, match=r"badly formed|invalid literal"):
        uuid.UUID(state)


def test_the_published_key_verifies_both_tokens(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    published = psc.api.get(f"{CONNECT}/certs").json()
    keys = KeySet.import_key_set({"keys": [key for key in published["keys"]
                                           if key["use"] == "sig"]})
    for name in ("access_token", "id_token"):
        decoded = jwt.decode(tokens[name], keys, algorithms=["RS256"])
        assert decoded.claims["iss"] == psc.issuer
        header = jws.extract_compact(tokens[name].encode()).headers()
        assert header == {"alg": "RS256", "typ": "JWT", "kid": published["keys"][0]["kid"]}


def test_every_token_has_its_own_id(psc: RelyingParty) -> None:
    tokens = psc.tokens()
    ids = {claims(tokens[name])["jti"] for name in ("access_token", "id_token", "refresh_token")}
    assert len(ids) == 3
