"""The parameter `claims` (OpenID Connect Core §5.5): read, and its level taken as `acr_values`.

On PSC's own face the other claims change nothing: every client is given the same ones. The plain
face gives what is asked for, and to the person who is asked for.
"""

from __future__ import annotations

from typing import Any

import orjson

from pro_sante_connect import codes
from pro_sante_connect.domain.parameters import Parameters

IN_ID_TOKEN = "id_token:"
"""Before the name of a claim that is asked for in the ID token, not in userinfo."""


def requested_claims(text: str) -> dict[str, dict[str, Any]] | None:
    """`{"userinfo": {…}, "id_token": {…}}`, or None when it is something else."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict):
        return None
    if any(each is not None and not isinstance(each, dict) for each in content.values()):
        return None
    return {name: each or {} for name, each in content.items()}


def with_level(parameters: Parameters) -> Parameters:
    """The same, with the `acr` asked for in `claims` as `acr_values` when there are none."""
    asked = requested_claims(parameters.get("claims")) if parameters.get("claims") else None
    acr = (asked or {}).get("id_token", {}).get("acr")
    if parameters.get("acr_values") or not isinstance(acr, dict):
        return parameters
    values = acr.get("values") or [acr.get("value")]
    levels = [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
    if not levels:
        return parameters
    return Parameters(
        {**parameters.values, "acr_values": " ".join(levels)}, parameters.duplicated
    )


def asked_claims(parameters: Parameters) -> tuple[str, ...]:
    """Standard claims asked for by name: of userinfo, then of the ID token with its prefix."""
    asked = _read(parameters)
    of_userinfo = asked.get("userinfo", {})
    of_id_token = asked.get("id_token", {})
    return (
        *(name for name in codes.STANDARD_CLAIMS if name in of_userinfo),
        *(IN_ID_TOKEN + name for name in codes.STANDARD_CLAIMS if name in of_id_token),
    )


def wanted_subject(parameters: Parameters) -> str:
    """The `sub` that the ID token must have, or ""."""
    wanted = _read(parameters).get("id_token", {}).get("sub")
    value = wanted.get("value") if isinstance(wanted, dict) else ""
    return value if isinstance(value, str) else ""


def is_level_out_of_reach(parameters: Parameters) -> bool:
    """Whether a level is essential that is not ours (OpenID Connect Core §5.5.1.1)."""
    wanted = _read(parameters).get("id_token", {}).get("acr")
    if not isinstance(wanted, dict) or wanted.get("essential") is not True:
        return False
    values = wanted.get("values", [wanted["value"]] if "value" in wanted else [])
    return bool(values) and (not isinstance(values, list) or codes.EIDAS1 not in values)


def _read(parameters: Parameters) -> dict[str, dict[str, Any]]:
    text = parameters.get("claims")
    return (requested_claims(text) if text else None) or {}
