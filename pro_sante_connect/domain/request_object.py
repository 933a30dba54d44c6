"""Request objects (OpenID Connect Core §6.1), signed with the client's secret and nothing else.

No key is taken from the object's own header: with `none`, with an asymmetric algorithm or with a
key of its own, it is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

import orjson

from pro_sante_connect import errors
from pro_sante_connect.domain.parameters import Parameters
from services.kernel.errors import Refusal
from services.population import Client

LONGEST = 16 * 1024
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
ABOUT_ITSELF = ("iss", "aud", "exp", "iat", "nbf", "jti", "sub", "typ")
NESTED = ("request", "request_uri")


def unwrapped(parameters: Parameters, client: Client, issuer: str, now: int) -> Parameters:
    """What the request asks once its object is read, which prevails. Raises REQUEST_OBJECT.

    now: seconds, tenant's clock.
    """
    text = parameters.get("request")
    if not text:
        return parameters
    claims = _claims(text, client.client_secret)
    _check(claims, client, issuer, now)
    inside = {
        name: _text(value) for name, value in claims.items() if name not in ABOUT_ITSELF
    }
    for name in ("client_id", "response_type"):
        if inside.get(name, parameters.get(name)) != parameters.get(name):
            raise _refused(f"request.{name}", found=inside[name])
    outside = {name: value for name, value in parameters.values.items() if name != "request"}
    return Parameters(outside | inside, parameters.duplicated)


def is_unsigned(text: str) -> bool:
    """Whether it says `alg: none`. Raises REQUEST_OBJECT when its header cannot be read."""
    return _json(text[:LONGEST].partition(".")[0]).get("alg") == "none"


def _claims(text: str, secret: str) -> dict[str, Any]:
    parts = text.split(".")
    if len(text) > LONGEST or len(parts) != 3:
        raise _refused("request", found=f"{len(text)} caractères, {len(parts)} parties")
    header, claims = _json(parts[0]), _json(parts[1])
    algorithm = header.get("alg")
    digest = DIGESTS.get(algorithm) if isinstance(algorithm, str) else None
    if digest is None or "crit" in header:
        raise _refused("request (alg)", found=str(algorithm))
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not secret or not hmac.compare_digest(
        hmac.digest(secret.encode(), signed, digest), _bytes(parts[2])
    ):
        raise _refused("request (signature)", found="autre signature")
    return claims


def _check(claims: dict[str, Any], client: Client, issuer: str, now: int) -> None:
    if any(claims.get(name) for name in NESTED):
        raise _refused("request.request", found="objet dans un objet")
    if claims.get("iss", client.client_id) != client.client_id:
        raise _refused("request.iss", found=str(claims["iss"]))
    audience = claims.get("aud", issuer)
    if issuer not in (audience if isinstance(audience, list) else [audience]):
        raise _refused("request.aud", found=str(audience))
    for name, fallback in (("exp", now + 1), ("nbf", now)):
        instant = claims.get(name, fallback)
        if not isinstance(instant, int | float) or (instant <= now if name == "exp"
                                                    else instant > now):
            raise _refused(f"request.{name}", found=str(instant))


def _json(part: str) -> dict[str, Any]:
    try:
        content = orjson.loads(_bytes(part))
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise _refused("request", found="JSON illisible")
    return content


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused("request", found="base64url illisible") from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _refused(at: str, found: str) -> Refusal:
    return errors.REQUEST_OBJECT(
        at=at, expected="objet signé en HS256 avec le secret du client", found=found[:200]
    )
