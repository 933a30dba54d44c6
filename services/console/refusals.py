"""Why a call was refused, as its answer says it: a FHIR, OAuth or Socle error in JSON."""

from __future__ import annotations

from typing import Any

import orjson


def reason(response: bytes) -> str:
    """The sentence beside the code, "" when the answer has none (or is no such JSON)."""
    try:
        content = orjson.loads(response.partition(b"\r\n\r\n")[2])
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(content, dict):
        return ""
    said = _outcome(content) or content.get("error_description") or _labelled(content)
    return said if isinstance(said, str) else ""


def _outcome(content: dict[str, Any]) -> object:
    """`diagnostics` of an OperationOutcome's first issue."""
    issues = content.get("issue")
    first = issues[0] if isinstance(issues, list) and issues else None
    return first.get("diagnostics") if isinstance(first, dict) else None


def _labelled(content: dict[str, Any]) -> object:
    """`details` of `{"erreur": …}`."""
    error = content.get("erreur")
    return error.get("details") if isinstance(error, dict) else None
