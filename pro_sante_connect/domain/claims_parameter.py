"""The parameter `claims` (OpenID Connect Core §5.5): read, and its level taken as `acr_values`.

The other claims that it asks for change nothing: every client is given the same ones.
"""

from __future__ import annotations

from typing import Any

import orjson

from pro_sante_connect.domain.parameters import Parameters


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
