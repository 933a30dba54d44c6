"""What an answer says, for people: the reason of a refusal, whatever its dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson


def content(response: httpx.Response) -> dict[str, Any]:
    """The JSON object, or an empty one."""
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def refusal(response: httpx.Response) -> str:
    """"403 DMPClosed : Le DMP de ce patient est fermé." from an OperationOutcome or our JSON."""
    body = content(response)
    if "issue" in body:
        reasons = [_issue(issue) for issue in body["issue"]]
    elif isinstance(body.get("erreur"), dict):
        error = body["erreur"]
        reasons = [f"{error.get('code', '')} : {_details(error)}"]
    elif "html" in response.headers.get("content-type", ""):
        reasons = ["une page, et non la réponse d'un service"]
    else:
        reasons = [response.text[:300]]
    return f"{response.status_code} " + " ; ".join(reasons)


def codes(body: Mapping[str, Any]) -> list[str]:
    """The codes of an OperationOutcome."""
    return [
        coding.get("code", "")
        for issue in body.get("issue", ())
        for coding in issue.get("details", {}).get("coding", ())
    ]


def _details(error: Mapping[str, Any]) -> str:
    details = error.get("details") or error.get("libelle", "")
    if not isinstance(details, list):
        return str(details)
    return " ; ".join(f"{each.get('emplacement', '')} {each.get('message', '')}"
                      for each in details)


def _issue(issue: Mapping[str, Any]) -> str:
    details = issue.get("details", {})
    code = next((c.get("code", "") for c in details.get("coding", ())), issue.get("code", ""))
    text = issue.get("diagnostics") or details.get("text", "")
    return f"{code} : {text}"
