"""RS256 or ES256, and that no token chooses its own algorithm, key or proof."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, RSAKey

from pro_sante_connect.codes import CONNECT
from pro_sante_connect.domain import jws as own_jws
from pro_sante_connect.domain.keys import base64url
from tests.pro_sante_connect.conftest import EXACT, RelyingParty, callback, claims
from tests.pro_sante_connect.openid import Party

BOTH = ("RS256", "ES256")


def key_set(psc: RelyingParty) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = psc.api.get(f"{CONNECT}/certs").json()["keys"]
    return [each for each in keys if each["use"] == "sig"]


def header(token: str) -> dict[str, Any]:
    return jws.extract_compact(token.encode()).headers()


def test_es256_is_chosen_and_the_former_key_stays_published(psc: RelyingParty) -> None:
    before = psc.tokens()
    assert psc.served(signature="ES256")["signature"] == "ES256"
    after = psc.tokens()
    current, former = key_set(psc)
    assert {name: current[name] for name in ("kty", "crv", "alg")} == {
        "kty": "EC", "crv": "P-256", "alg": "ES256"}
    assert set(current) == {"kid", "kty", "alg", "use", "crv", "x", "y", "x5c", "x5t", "x5t#S256"}
    assert (former["kid"], former["alg"]) == (header(before["access_token"])["kid"], "RS256")
    keys = KeySet.import_key_set({"keys": [current]})
    for name in ("access_token", "id_token"):
        assert header(after[name]) == {"alg": "ES256", "typ": "JWT", "kid": current["kid"]}
        jws.deserialize_compact(after[name], keys, algorithms=["ES256"])
    for tokens in (before, after):
        assert psc.userinfo(tokens["access_token"]).status_code == 200
        assert psc.introspect(tokens["access_token"]).json()["active"] is True
        assert psc.refresh(tokens["refresh_token"]).status_code == 200
    assert psc.logout(id_token_hint=before["id_token"]).status_code == 200


def test_rotation_keeps_the_algorithm_and_one_may_come_back(psc: RelyingParty) -> None:
    first = key_set(psc)[0]["kid"]
    psc.served(signature="ES256")
    assert psc.api.post("/sandbox/psc/keys", json={}).status_code == 201
    assert [each["alg"] for each in key_set(psc)] == ["ES256", "RS256", "ES256"]
    assert psc.served(signature="ES256")["signature"] == "ES256", "asked twice, nothing changes"
    assert len(key_set(psc)) == 3
    assert psc.served(signature="RS256")["signature"] == "RS256"
    assert key_set(psc)[0]["kid"] == first
    assert psc.served(profile="2026")["signature"] == "RS256"


def test_every_signed_thing_follows(op: Party, psc: RelyingParty) -> None:
    """Signed answers and the plain face; its metadata tell both algorithms."""
    psc.served(signature="ES256")
    given = callback(psc.authorize(response_mode="jwt", client_id=EXACT[0]))
    assert header(given["response"])["alg"] == "ES256"
    tokens = op.redeem(op.log_in()["code"]).json()
    assert header(tokens["id_token"])["alg"] == "ES256"
    assert op.userinfo(tokens["access_token"])["sub"]
    assert op.discover()["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]


@pytest.mark.parametrize("algorithm", ["HS256", "none", "EdDSA", 1])
def test_no_other_algorithm_can_be_chosen(psc: RelyingParty, algorithm: object) -> None:
    answer = psc.api.put("/sandbox/psc", json={"signature": algorithm})
    assert answer.status_code == 422


def part(content: object) -> str:
    return base64url(json.dumps(content).encode())


def secrets_of(jwk: dict[str, Any]) -> list[bytes]:
    """What a forger may take a published key for: PEM, DER, JSON, its number."""
    key = (RSAKey if jwk["kty"] == "RSA" else ECKey).import_key(jwk).public_key
    pem, der = (
        key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)
    )
    number = jwk.get("n") or jwk["x"]
    return [pem, pem.strip(), der, json.dumps(jwk).encode(), number.encode(),
            jwk["kid"].encode(), base64.b64decode(jwk["x5c"][0]), b""]


def forged(genuine: str, jwk: dict[str, Any]) -> list[str]:
    """Tokens that say the same, or more, with proofs that the published key does not give."""
    head, payload, signature = genuine.split(".")
    said, kid = header(genuine), jwk["kid"]
    other = "ES256" if said["alg"] == "RS256" else "RS256"
    longer = part(claims(genuine) | {"exp": 9_999_999_999, "azp": "socle-exact"})
    by_secret = []
    for name, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        for secret in secrets_of(jwk):
            text = f"{part({'alg': name, 'typ': 'JWT', 'kid': kid})}.{longer}"
            by_secret.append(
                f"{text}.{base64url(hmac.digest(secret, text.encode(), digest))}")
    mine, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    by_key = []
    for key, name in ((mine, "RS256"), (curve, "ES256")):
        public = (RSAKey if name == "RS256" else ECKey).import_key(key).as_dict(private=False)
        for extra in ({}, {"jwk": public}, {"x5c": jwk["x5c"]}, {"jku": "http://127.0.0.1/k"}):
            text = f"{part({'alg': name, 'kid': kid, **extra})}.{longer}"
            by_key.append(f"{text}.{base64url(own_jws.sign(key, text.encode()))}")
    headers: list[object] = [
        {"alg": "none"}, {"alg": "none", "kid": kid}, {"alg": "NONE", "kid": kid},
        {"alg": other, "kid": kid}, {"alg": said["alg"]}, {"kid": kid},
        {**said, "crit": ["exp"]}, {**said, "crit": []}, {**said, "alg": [said["alg"]]},
        {**said, "kid": [kid]}, {**said, "kid": "../signing.pem"}, {**said, "b64": False}, [], 1,
    ]
    return [
        *by_secret, *by_key,
        *(f"{part(each)}.{payload}.{signature}" for each in headers),
        *(f"{part(each)}.{longer}." for each in headers[:3]),
        f"{head}.{longer}.{signature}", f"{head}.{payload}.", f"{head}..{signature}",
        f"{head}.{payload}.{base64url(bytes(64))}", f"{head}.{payload}.{base64url(bytes(256))}",
        f"{head}.{payload}.{signature}=", f"{head}.{payload}.{signature}.x",
        f"{head}.{payload}\n.{signature}", f"{head}.{payload}.é", "..", "", "a.b.c",
    ]


@pytest.mark.parametrize("algorithm", BOTH)
def test_no_token_chooses_its_own_proof(psc: RelyingParty, algorithm: str) -> None:
    psc.served(signature=algorithm)
    tokens = psc.tokens()
    genuine = tokens["access_token"]
    jwk = key_set(psc)[0]
    assert jwk["alg"] == algorithm
    bad = [each for each in forged(genuine, jwk) if each]
    for each in bad:
        live = psc.introspect(each)
        assert live.json() == {"active": False}, each
    for each in [one for one in bad if one.isascii() and one.isprintable()][::7]:
        assert psc.userinfo(each).status_code == 401, each
    for each in forged(tokens["id_token"], jwk)[::9]:
        assert psc.logout(id_token_hint=each).status_code == 400 or not each
    assert psc.userinfo(genuine).status_code == 200


def test_a_token_of_one_kind_is_none_of_another(psc: RelyingParty) -> None:
    """Signed with the right key all the same: by `typ`, and by who signs what."""
    tokens = psc.tokens()
    for name in ("id_token", "refresh_token"):
        assert psc.userinfo(tokens[name]).status_code == 401
    for name in ("id_token", "access_token"):
        assert psc.refresh(tokens[name]).json()["error"] == "invalid_grant"
    for name in ("access_token", "refresh_token"):
        assert psc.logout(id_token_hint=tokens[name]).status_code == 400


def test_a_refresh_token_is_not_made_with_what_is_published(psc: RelyingParty) -> None:
    genuine = psc.tokens()["refresh_token"]
    said = header(genuine)
    for secret in secrets_of(key_set(psc)[0])[:-1]:
        text = f"{part(said)}.{part(claims(genuine))}"
        made = f"{text}.{base64url(hmac.digest(secret, text.encode(), 'sha512'))}"
        assert psc.refresh(made).json()["error_description"] == "Invalid refresh token"
    payload = genuine.split(".")[1]
    assert psc.refresh(f"{part({'alg': 'none'})}.{payload}.").json()["error"] == "invalid_grant"
    weaker = f"{part(said | {'alg': 'HS256'})}.{payload}"
    assert psc.refresh(f"{weaker}.{base64url(bytes(32))}").json()["error"] == "invalid_grant"


def test_what_is_written_is_read_by_another_library() -> None:
    for key, algorithm in ((ec.generate_private_key(ec.SECP256R1()), "ES256"),
                           (rsa.generate_private_key(65537, 2048), "RS256")):
        token = own_jws.written(
            {"alg": algorithm}, b'{"a":1}', lambda text, key=key: own_jws.sign(key, text))
        read = own_jws.parts(token)
        assert read is not None
        assert own_jws.is_signed(key.public_key(), read.signature, read.signed)
        assert not own_jws.is_signed(key.public_key(), read.signature[:-1], read.signed)
        theirs = (ECKey if algorithm == "ES256" else RSAKey).import_key(key)
        assert jws.deserialize_compact(token, theirs, algorithms=[algorithm]).payload == b'{"a":1}'
        made = jws.serialize_compact({"alg": algorithm}, b"{}", theirs)
        again = own_jws.parts(made)
        assert again is not None
        assert own_jws.is_signed(key.public_key(), again.signature, again.signed)
    assert own_jws.claims_of(b"[]") is None
    assert own_jws.claims_of(b"{") is None
