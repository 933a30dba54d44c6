"""What the app shows: a text in the layout of the public sample, sealed under the sandbox's key.

Layout, from that one sample: Base45 of ASCII `APCV0101A`, a P-256 point (uncompressed, 65 bytes),
then bytes that only the service can read. Ours are AES-GCM under a key agreed between a fresh key
and the installation's, with the patient, the tenant, the instant and a nonce inside.
The NFC surrogate is the same text behind `NFC:`; the real exchange of the chip is not public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
MAGIC: Final = b"APCV0101A"
NFC: Final = "NFC:"
MOST: Final = 4096
"""Characters of a code: ours have some 300, the public sample 773."""
_POINT, _NONCE = 65, 12
_VALUES: Final[Mapping[str, int]] = {letter: value for value, letter in enumerate(ALPHABET)}


class Unreadable(Exception):
    """Not a code of this installation; the message is for the journal, French."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code says. tenant: key of the tenant that made it; issued: microseconds, its clock;
    nonce: read once."""

    patient: str
    tenant: str
    issued: int
    nonce: str


def seal(shown: Shown, key: ec.EllipticCurvePrivateKey, fresh: ec.EllipticCurvePrivateKey) -> str:
    """The text of a code. key: the installation's; fresh: of this code alone."""
    point = fresh.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    cipher = AESGCM(_agreed(fresh, key.public_key()))
    content = orjson.dumps([shown.patient, shown.tenant, shown.issued, shown.nonce])
    # Each key serves once: its nonce may be fixed.
    return encode45(MAGIC + point + cipher.encrypt(bytes(_NONCE), content, MAGIC + point))


def unseal(text: str, key: ec.EllipticCurvePrivateKey) -> Shown:
    """What a code says, whole and untouched. Raises Unreadable."""
    raw = decode45(text.removeprefix(NFC))
    if not raw.startswith(MAGIC):
        raise Unreadable("l'en-tête n'est pas APCV0101A")
    head = raw[:len(MAGIC) + _POINT]
    try:
        fresh = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), head[len(MAGIC):])
    except ValueError as error:
        raise Unreadable("le point n'est pas sur la courbe P-256") from error
    try:
        content = AESGCM(_agreed(key, fresh)).decrypt(bytes(_NONCE), raw[len(head):], head)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("le code n'est pas de ce bac à sable, ou a été altéré") from error
    said: list[Any] = orjson.loads(content)
    return Shown(*said)


def encode45(content: bytes) -> str:
    """Base45 (RFC 9285)."""
    made = []
    for at in range(0, len(content), 2):
        pair = content[at:at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(3 if len(pair) == 2 else 2):
            value, digit = divmod(value, 45)
            made.append(ALPHABET[digit])
    return "".join(made)


def decode45(text: str) -> bytes:
    """Base45 (RFC 9285). Raises Unreadable, with the character at fault."""
    if len(text) > MOST:
        raise Unreadable(f"plus de {MOST} caractères")
    made = bytearray()
    for at in range(0, len(text), 3):
        digits = [_VALUES.get(letter, -1) for letter in text[at:at + 3]]
        if -1 in digits:
            raise Unreadable(f"caractère {at + digits.index(-1) + 1} hors de l'alphabet Base45")
        value = sum(digit * 45**rank for rank, digit in enumerate(digits))
        size = len(digits) - 1
        if not size or value >= 256**size:
            raise Unreadable(f"caractère {at + 1} : un caractère manque ou est de trop")
        made += value.to_bytes(size, "big")
    return bytes(made)


def _agreed(own: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, MAGIC).derive(own.exchange(ec.ECDH(), other))
