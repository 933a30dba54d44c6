"""Tokens bound to a certificate: `cnf`, in the encoding of ANS or in that of RFC 8705.

QUIRK(ANS): `x5t#S256` is the base64 of the hexadecimal text of the hash, not of the hash itself;
validators of RFC 8705 refuse it (dossier §12.4).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from pro_sante_connect.domain.keys import base64url
from pro_sante_connect.domain.profile import Cnf

MEMBER = "x5t#S256"


def confirmation(certificate: bytes, encoding: Cnf) -> dict[str, str]:
    """The claim `cnf` for a certificate (DER)."""
    return {MEMBER: thumbprint(certificate, encoding)}


def thumbprint(certificate: bytes, encoding: Cnf) -> str:
    """SHA-256 of the DER: base64 of its lower-case hexadecimal (ans), or base64url (rfc8705)."""
    hashed = hashlib.sha256(certificate)
    if encoding == "ans":
        return base64.b64encode(hashed.hexdigest().encode()).decode()
    return base64url(hashed.digest())


def bound_to(claims: dict[str, Any]) -> str:
    """SHA-256 (hexadecimal) of the certificate that a token is bound to, "" when to none."""
    given = claims.get("cnf")
    if given is None:
        return ""
    text = str(given.get(MEMBER, ""))
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return text
    return found.hex() if len(found) == 32 else found.decode("ascii", "replace")


def is_bound_elsewhere(claims: dict[str, Any], certificate: bytes) -> bool:
    """Whether a token is of another certificate than this one (DER, empty for none)."""
    given = claims.get("cnf")
    if given is None:
        return False
    if not certificate:
        return True
    return given.get(MEMBER) not in {thumbprint(certificate, each) for each in ("ans", "rfc8705")}
