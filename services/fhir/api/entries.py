"""Entries of a batch or transaction: each is a request of its own on the same base."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.fhir import errors, exact
from services.fhir.api.call import Call, call_of
from services.fhir.api.patching import JSON_PATCH
from services.fhir.declaration import FhirApi, Json
from services.fhir.dialect import FHIR_JSON
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange

MOST = 1000
_METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
_HEADERS = {
    "ifMatch": "if-match", "ifNoneMatch": "if-none-match", "ifModifiedSince": "if-modified-since",
    "ifNoneExist": "if-none-exist",
}
_KEPT = (b"authorization", b"prefer")


@dataclass(frozen=True, slots=True)
class Asked:
    """One entry as it was sent. at: its FHIRPath; resource: None when it has none."""

    at: str
    full_url: str
    method: str
    url: str
    request: Json
    resource: Json | None


def asked_of(bundle: Json) -> list[Asked]:
    """The entries in order. Raises BUNDLE_ENTRY for one without method or URL, or too many."""
    entries = bundle.get("entry", [])
    if len(entries) > MOST:
        raise errors.BUNDLE_ENTRY(
            at="Bundle.entry", expected=f"{MOST} entrées au plus", found=str(len(entries))
        )
    made = []
    for rank, entry in enumerate(entries):
        at, request = f"Bundle.entry[{rank}]", entry.get("request", {})
        method, url = request.get("method", ""), request.get("url", "")
        if method not in _METHODS or not url:
            raise errors.BUNDLE_ENTRY(
                at=f"{at}.request", expected="method et url", found=f"{method} {url}".strip()
            )
        made.append(Asked(at, entry.get("fullUrl", ""), method, url, request,
                          entry.get("resource")))
    return made


def exchange_of(api: FhirApi, exchange: Exchange, asked: Asked) -> Exchange:
    """The entry as a request. Raises BUNDLE_ENTRY for an address elsewhere or a missing body."""
    root = exchange.base_url + api.base
    url = asked.url.removeprefix(f"{root}/").removeprefix("/")
    path, _, query = url.partition("?")
    if "://" in path:
        raise errors.BUNDLE_ENTRY(at=f"{asked.at}.request.url", expected=root, found=asked.url)
    headers = [pair for pair in exchange.raw_headers if pair[0] in _KEPT]
    headers += [
        (name.encode(), str(asked.request[each]).encode("utf-8", "replace"))
        for each, name in _HEADERS.items() if each in asked.request
    ]
    body = b""
    if asked.method in ("POST", "PUT", "PATCH"):
        media_type, body = _body(asked)
        headers.append((b"content-type", media_type.encode()))
    return replace(
        exchange, method="GET" if asked.method == "HEAD" else asked.method,
        path=f"{api.base}/{path}", query_string=query.encode("utf-8", "replace"),
        raw_headers=headers, body=body, path_params={},
    )


def call_of_entry(api: FhirApi, exchange: Exchange, asked: Asked) -> Call:
    """The interaction of an entry. Raises what `exchange_of` and `call_of` do."""
    call = call_of(api, exchange_of(api, exchange, asked))
    if asked.method == "POST" and call.interaction != "create":
        raise errors.BUNDLE_ENTRY(at=f"{asked.at}.request.url", found=f"POST {asked.url}",
                                  expected="POST sur un type : une création")
    return call


def located(refusal: Refusal, asked: Asked) -> Refusal:
    """The same refusal, its place told from the Bundle."""
    rtype = str((asked.resource or {}).get("resourceType", ""))
    for each in (refusal, *refusal.also):
        each.at = _placed(each.at, rtype, asked.at)
    return refusal


def _placed(at: str, rtype: str, entry: str) -> str:
    """FHIRPath from the Bundle: `Patient.name` is in its resource, a header in its request."""
    if at.startswith("Bundle.entry"):
        return at
    if rtype and re.match(rf"{rtype}(?![A-Za-z])", at):
        return f"{entry}.resource{at[len(rtype):]}"
    return f"{entry}.request" if at else entry


def _body(asked: Asked) -> tuple[str, bytes]:
    """(media type, bytes): the resource, or the JSON Patch that a Binary carries."""
    resource = asked.resource
    if resource is None:
        raise errors.BUNDLE_ENTRY(at=f"{asked.at}.resource", expected="une ressource")
    if asked.method != "PATCH" or resource.get("resourceType") != "Binary":
        return FHIR_JSON, exact.dumps(resource)
    return _patch(resource, asked.at)


def _patch(binary: Mapping[str, Any], at: str) -> tuple[str, bytes]:
    try:
        return (
            str(binary.get("contentType", JSON_PATCH)),
            base64.b64decode(str(binary.get("data", "")), validate=True),
        )
    except (binascii.Error, ValueError) as error:
        raise errors.BUNDLE_ENTRY(at=f"{at}.resource.data", expected="base64") from error
