"""Resources on the wire: reading a body as one FHIR resource, answering one."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from typing import Any

import orjson

from services.fhir import errors
from services.fhir.dialect import FHIR_JSON
from services.fhir.splice import insert_id_and_meta
from services.kernel import errors as kernel_errors
from services.kernel.clock import SECOND
from services.kernel.exchange import Answer, Exchange

__all__ = ["FHIR_JSON", "answer", "insert_id_and_meta", "negotiate", "parse"]

MAX_DEPTH = 60
MAX_VALUES = 100_000
"""Values of one body: more would hold everyone's requests while they are read."""
_JSON_TYPES = ("application/fhir+json", "application/json")
_JSON_FORMATS = ("json", "application/json", "application/fhir+json", "text/json")
_XML_TYPES = ("application/fhir+xml", "application/xml", "text/xml")

Resource = dict[str, Any]


def parse(exchange: Exchange, *types: str) -> Resource:
    """The body as one resource whose `resourceType` is among `types` (any when none is given).

    Raises UNSUPPORTED_MEDIA_TYPE, MALFORMED (with the place), TOO_DEEP, TOO_MANY_VALUES or
    WRONG_TYPE.
    """
    _require_json(exchange)
    resource = load(exchange.body)
    if not isinstance(resource, dict):
        raise kernel_errors.MALFORMED(
            "Une ressource FHIR est un objet JSON.", expected="{…}", found=_kind(resource)
        )
    found = resource.get("resourceType")
    if not isinstance(found, str) or (types and found not in types):
        raise errors.WRONG_TYPE(
            at="http.body", expected=" ou ".join(types) or "resourceType",
            found=str(found) if found is not None else "(absent)",
        )
    return resource


def load(body: bytes) -> Any:
    """JSON from outside: bounded, and without what cannot be stored.

    Raises MALFORMED (with the place), TOO_DEEP or TOO_MANY_VALUES.
    """
    _require_few_values(body)
    value = _load(body)
    if isinstance(value, (dict, list)):
        _require_shallow(value)
        if b"\\" in body and b"\\u0000" in body:
            _require_no_nul(value)
    return value


def answer(
    resource: Resource | bytes,
    status: int = 200,
    *,
    version: int | None = None,
    updated: int | None = None,
    location: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """One resource, or its stored bytes as they are.

    version: becomes `ETag: W/"…"`; updated: microseconds, becomes `Last-Modified`.
    """
    body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
    if version is not None:
        headers += (("ETag", f'W/"{version}"'),)
    if updated is not None:
        headers += (("Last-Modified", _http_date(updated // SECOND)),)
    if location:
        headers += (("Location", location),)
    return Answer(status, body, FHIR_JSON, headers)


@lru_cache(maxsize=1024)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def negotiate(exchange: Exchange) -> None:
    """Refuse with NOT_ACCEPTABLE when the client takes no JSON (`Accept`, or `_format`)."""
    accept = exchange.header("accept")
    if accept and "json" not in accept and "*/*" not in accept and "application/*" not in accept:
        raise errors.NOT_ACCEPTABLE(at="Accept", expected=FHIR_JSON, found=accept)
    if b"_format" not in exchange.query_string:
        return
    for name, value in exchange.query:
        asked = value.split(";")[0].strip().replace(" ", "+")
        if name == "_format" and asked and asked not in _JSON_FORMATS:
            raise errors.NOT_ACCEPTABLE(at="http._format", expected="json", found=value)


def _require_json(exchange: Exchange) -> None:
    media_type = exchange.media_type
    if media_type in _XML_TYPES:
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            "Le format XML de FHIR n'est pas encore admis : envoyez du JSON.",
            at="Content-Type", expected=FHIR_JSON, found=media_type,
        )
    if media_type not in _JSON_TYPES:
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            at="Content-Type", expected=FHIR_JSON, found=media_type or "(absent)"
        )
    require_utf8(exchange)


def require_utf8(exchange: Exchange) -> None:
    """FHIR is always in UTF-8, in XML as in JSON (R4, RESTful API, Content Types and encodings).

    Raises UNSUPPORTED_MEDIA_TYPE.
    """
    charset = _parameter(exchange.header("content-type"), "charset")
    if charset not in ("", "utf-8", "utf8"):
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            at="Content-Type", expected="charset=utf-8", found=charset
        )


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(body, error) from error


def _malformed(body: bytes, error: orjson.JSONDecodeError) -> Exception:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as invalid:
        return kernel_errors.MALFORMED(
            "Le corps n'est pas de l'UTF-8.", at=f"octet {invalid.start}", expected="UTF-8"
        )
    if not body.strip():
        return kernel_errors.MALFORMED("Le corps est vide.", expected="une ressource FHIR")
    return kernel_errors.MALFORMED(
        f"JSON illisible : {error.msg.split(': line')[0]}.",
        at=f"ligne {error.lineno}, colonne {error.colno}",
    )


def _require_few_values(body: bytes) -> None:
    """Every value but the first stands after one of these signs; base64 has none of them."""
    if len(body) > MAX_VALUES:
        signs = sum(_occurrences(body, sign) for sign in (b",", b"[", b"{"))
        if signs > MAX_VALUES:
            raise errors.TOO_MANY_VALUES(expected=f"{MAX_VALUES} valeurs au plus")


def _occurrences(body: bytes, sign: bytes) -> int:
    """At most MAX_VALUES + 1. `find` skips a document in no time, where `count` reads it."""
    found, at = 0, body.find(sign)
    while at >= 0 and found <= MAX_VALUES:
        found += 1
        at = body.find(sign, at + 1)
    return found


def _require_shallow(value: Resource | list[Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            value for holder in level
            for value in (holder.values() if type(holder) is dict else holder)
            if type(value) is dict or type(value) is list
        ]
        if not level:
            return
    raise errors.TOO_DEEP(expected=f"{MAX_DEPTH} niveaux au plus", found="davantage")


def _require_no_nul(value: Any, at: str = "") -> None:
    """FHIR strings hold no U+0000, and PostgreSQL cannot store it."""
    if isinstance(value, dict):
        at = at or str(value.get("resourceType", ""))
        for name, child in value.items():
            _require_no_nul(name, at)
            _require_no_nul(child, f"{at}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _require_no_nul(child, f"{at}[{index}]")
    elif isinstance(value, str) and "\0" in value:
        raise kernel_errors.MALFORMED("Le caractère U+0000 est interdit dans FHIR.", at=at)


def _parameter(content_type: str, name: str) -> str:
    for part in content_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"').lower()
    return ""


def _kind(value: object) -> str:
    return {list: "tableau", str: "texte", bool: "booléen", type(None): "null"}.get(
        type(value), "nombre"
    )
