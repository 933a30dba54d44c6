"""Compact JWS (RFC 7515 §3.1) of our own tokens: one algorithm per key, whatever a header says.

Written out for the token endpoint, where it is most of the work: prepared keys and no step between
them and the bytes. `joserfc` and Authlib read these tokens in the tests.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

Claims = dict[str, Any]
DIGESTS = {"HS256": "sha256", "HS512": "sha512"}
HALF = 32
"""Bytes of each of the two numbers of an ES256 signature (RFC 7518 §3.4)."""
_PKCS1, _SHA256 = padding.PKCS1v15(), hashes.SHA256()
_ECDSA = ec.ECDSA(_SHA256)


@dataclass(frozen=True, slots=True)
class Parts:
    """A token taken apart, nothing proved. signed: what the signature is over."""

    signed: bytes
    header: Claims
    payload: bytes
    signature: bytes

    def is_of(self, algorithm: str, kid: str) -> bool:
        """Whether it says to be of this key, with this algorithm, and nothing more to obey."""
        known = self.header
        return known.get("alg") == algorithm and known.get("kid") == kid and "crit" not in known


def parts(token: str) -> Parts | None:
    """None for what is no compact JWS; the payload may be anything."""
    try:
        head, payload, signature = token.encode("ascii").split(b".")
        header = orjson.loads(_bytes(head))
        if not isinstance(header, dict):
            return None
        signed = head + b"." + payload
        return Parts(signed, header, _bytes(payload), _bytes(signature))
    except ValueError:  # also binascii.Error, JSONDecodeError, UnicodeEncodeError
        return None


def written(header: Claims, payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The token."""
    signed = _text(orjson.dumps(header)) + b"." + _text(payload)
    return (signed + b"." + _text(sign(signed))).decode("ascii")


def claims_of(payload: bytes) -> Claims | None:
    """The payload as a JSON object, else None."""
    try:
        content = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def mac(secret: bytes, message: bytes, algorithm: str) -> bytes:
    """HS256 or HS512."""
    return hmac.digest(secret, message, DIGESTS[algorithm])


def is_mac(secret: bytes, given: bytes, message: bytes, algorithm: str) -> bool:
    """Whether `given` is what `mac` makes, compared in constant time."""
    return hmac.compare_digest(given, mac(secret, message, algorithm))


def sign(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """RS256 or ES256, as the key is."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _PKCS1, _SHA256)
    numbers = decode_dss_signature(key.sign(message, _ECDSA))
    return b"".join(number.to_bytes(HALF, "big") for number in numbers)


def is_signed(
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, signature: bytes, message: bytes
) -> bool:
    """Whether the signature is of the key, RS256 or ES256."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _PKCS1, _SHA256)
        elif len(signature) == 2 * HALF:
            first, second = signature[:HALF], signature[HALF:]
            key.verify(encode_dss_signature(
                int.from_bytes(first, "big"), int.from_bytes(second, "big")), message, _ECDSA)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _text(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    if b"+" in text or b"/" in text or b"=" in text:
        raise binascii.Error("not base64url")
    return base64.b64decode(text + b"=" * (-len(text) % 4), b"-_", validate=True)
