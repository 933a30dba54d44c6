"""`actor_token`: the software that acts for the professional (dossier §12.2).

Its signature is not verified: nothing public says with which key the server knows it. A token
that is not signed at all is refused.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

Claims = dict[str, Any]
MEMBERS = ("iss", "exp", "sub", "lps_nom", "lps_id", "lps_version", "situation_exercice")
SHOWN = tuple(name for name in MEMBERS if name != "exp")
LONGEST = 8192


def read(token: str) -> Claims | None:
    """Its claims, or None when it is no signed JWT with a date in seconds."""
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3 or not parts[2]:
        return None
    header, claims = _decoded(parts[0]), _decoded(parts[1])
    if header is None or claims is None or not isinstance(header.get("alg"), str):
        return None
    if header["alg"].lower() == "none" or not isinstance(claims.get("exp"), int):
        return None
    return claims


def missing(claims: Claims) -> tuple[str, ...]:
    """Members that the text asks for and the token has not."""
    return tuple(name for name in MEMBERS if not claims.get(name))


def act(claims: Claims) -> Claims:
    """The `act` claim of what is issued (RFC 8693 §4.1)."""
    return {name: claims[name] for name in SHOWN if isinstance(claims.get(name), str)}


def _decoded(part: str) -> Claims | None:
    try:
        content = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return None
    return content if isinstance(content, dict) else None
