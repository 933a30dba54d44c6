"""The installation's keys: made when first needed, private to it, never shipped.

It has a number of signing keys; which one signs in a tenant is told in `rotation`. Sets of them are
published by `certs`; clients must choose by `kid` and `use`.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from pro_sante_connect.codes import REALM_NAME
from services.kernel.clock import Clock
from services.kernel.ids import Ids
from services.kernel.pki import made_once, private_pem, write_private

DAYS = 3650
EC_FROM = 64
"""Numbers from here on are those of P-256 keys (ES256)."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Signing:
    """A key that signs, and what is published of it: RS256 for RSA, ES256 for P-256."""

    key: PrivateKey
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    jwk: dict[str, Any]
    algorithm: str
    kid: str


@dataclass(frozen=True, slots=True)
class Keys:
    """signing: the first of those that sign; symmetric: HS512 of refresh tokens, HS256 of log-in
    pages; encryption: public, RSA-OAEP."""

    signing: Signing
    symmetric: bytes
    symmetric_kid: str
    encryption: dict[str, Any]


def load_or_make(directory: Path) -> Keys:
    """Read the keys, or make them (mode 0600). Two RSA-2048 keys: a tenth of a second."""
    with made_once(directory):
        first = _signing(directory / "signing.pem", "RS256")
        _, encryption_jwk = _key_pair(directory / "encryption.pem", "enc", "RSA-OAEP")
        kid, secret = _secret(directory / "refresh.key")
    return Keys(first, secret, kid, encryption_jwk)


def signing_key(directory: Path, number: int) -> Signing:
    """The signing key of that number, made at its first use by whichever process comes first."""
    name = f"signing-{number}.pem" if number else "signing.pem"
    with made_once(directory):
        return _signing(directory / name, "ES256" if number >= EC_FROM else "RS256")


def _signing(path: Path, algorithm: str) -> Signing:
    key, jwk = _key_pair(path, "sig", algorithm)
    return Signing(key, key.public_key(), jwk, algorithm, jwk["kid"])


def numbers(directory: Path) -> list[int]:
    """Of the signing keys that are there beside the first."""
    return [
        int(number) for path in directory.glob("signing-*.pem")
        if (number := path.stem.removeprefix("signing-")).isdigit()
    ]


def _key_pair(path: Path, use: str, algorithm: str) -> tuple[PrivateKey, dict[str, Any]]:
    if not path.exists():
        key = _made(algorithm)
        certificate = _certificate(key).public_bytes(serialization.Encoding.PEM)
        write_private(path, private_pem(key) + certificate)
    pem = path.read_bytes()
    # Our own file, made above: the check of its primes would cost the start 100 ms.
    loaded = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds another kind of key")
    return loaded, _jwk(loaded, x509.load_pem_x509_certificate(pem), use, algorithm)


def _made(algorithm: str) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _secret(path: Path) -> tuple[str, bytes]:
    if not path.exists():
        ids = Ids(Clock())
        write_private(path, f"{ids.uuid4()} {ids.token(64)}".encode())
    kid, _, secret = path.read_text("ascii").partition(" ")
    return kid, secret.encode()


def _certificate(key: PrivateKey) -> x509.Certificate:
    name = x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, f"{REALM_NAME} (Socle, bac a sable, sans valeur)")
    ])
    now = Clock().datetime()
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=DAYS))
        .sign(key, hashes.SHA256())
    )


def _jwk(
    key: PrivateKey, certificate: x509.Certificate, use: str, algorithm: str
) -> dict[str, Any]:
    der = certificate.public_bytes(serialization.Encoding.DER)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "kid": base64url(hashlib.sha256(public).digest()), "alg": algorithm,
        "use": use, **_public(key.public_key()),
        "x5c": [base64.b64encode(der).decode()],
        "x5t": base64url(hashlib.sha1(der, usedforsecurity=False).digest()),
        "x5t#S256": base64url(hashlib.sha256(der).digest()),
    }


def _public(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> dict[str, str]:
    """The members of a JWK that its kind has (RFC 7518 §6)."""
    if isinstance(key, rsa.RSAPublicKey):
        rsa_numbers = key.public_numbers()
        return {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
    point = key.public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": base64url(point.x.to_bytes(32, "big")),
            "y": base64url(point.y.to_bytes(32, "big"))}


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """What `base64url` wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _integer(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
