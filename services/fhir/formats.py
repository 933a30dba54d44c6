"""JSON and XML on the wire: what is asked for, what is received.

Inside, everything is FHIR JSON: a request in XML is read as JSON first, an answer is written in
XML last.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import parse_qsl

from services.fhir import errors, exact
from services.fhir.dialect import FHIR_JSON
from services.fhir.resource import require_utf8
from services.fhir.xml_reader import read_xml
from services.fhir.xml_writer import write_xml
from services.kernel import errors as kernel_errors
from services.kernel.dialects import Dialect
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import Transaction

FHIR_XML = "application/fhir+xml"
BOTH = (FHIR_JSON, FHIR_XML, "json", "xml")
"""As a CapabilityStatement says it."""
XML_TYPES = (FHIR_XML, "application/xml", "text/xml")
_FORMATS = {
    "json": FHIR_JSON, "application/json": FHIR_JSON, "text/json": FHIR_JSON,
    FHIR_JSON: FHIR_JSON, "xml": FHIR_XML, **dict.fromkeys(XML_TYPES, FHIR_XML),
}
_ANY = {"*/*", "application/*", ""}
_FORM = "application/x-www-form-urlencoded"
_VERSIONS = ("4.0", "4.0.1")
LARGE = 256 * 1024
"""Bytes above which XML is read and written aside."""


class Format(NamedTuple):
    """How an answer is written. media_type: FHIR_JSON or FHIR_XML."""

    media_type: str = FHIR_JSON
    pretty: bool = False


def wanted(exchange: Exchange) -> Format:
    """By `_format` and `_pretty` (of the address, or of the form of a search), then `Accept`.

    Raises NOT_ACCEPTABLE or PARAMETER_INVALID.
    """
    asked = _controls(exchange.query_string)
    if exchange.body and exchange.media_type == _FORM:
        asked = {**_controls(exchange.body), **asked}
    pretty = asked.get("_pretty", "false")
    if pretty not in ("true", "false"):
        raise errors.PARAMETER_INVALID(
            at="http._pretty", expected="true ou false", found=pretty[:80]
        )
    if "_format" not in asked:
        return Format(_accepted(exchange.header("accept")), pretty == "true")
    name = asked["_format"].split(";")[0].strip().replace(" ", "+").lower()
    if name not in _FORMATS:
        raise errors.NOT_ACCEPTABLE(
            at="http._format", expected="json ou xml", found=asked["_format"]
        )
    return Format(_FORMATS[name], pretty == "true")


def wanted_by_refusal(exchange: Exchange | None) -> Format:
    """The format of a refusal: what is asked for, JSON when that is not understood."""
    try:
        return wanted(exchange) if exchange is not None else Format()
    except Refusal:
        return Format()


async def spoken(exchange: Exchange, act: Callable[[Exchange], Awaitable[Answer]]) -> Answer:
    """The exchange in JSON to `act`, its answer in the format asked for."""
    asked = wanted(exchange)
    if len(exchange.body) > LARGE and exchange.media_type in XML_TYPES:
        plain = await asyncio.to_thread(in_json, exchange)
    else:
        plain = in_json(exchange)
    try:
        made = await act(plain)
    finally:
        exchange.caller, exchange.outcome_note = plain.caller, plain.outcome_note
    if len(made.body) > LARGE and asked != Format():
        return await asyncio.to_thread(rendered, made, asked)
    return rendered(made, asked)


def in_both(each: Transaction) -> Transaction:
    """The same transaction, whose handler knows JSON alone, in JSON and XML."""
    handler = each.handler
    assert handler is not None  # noqa: S101  (FHIR is HTTP)

    @functools.wraps(handler)
    async def handle(exchange: Exchange) -> Answer:
        return await spoken(exchange, handler)

    return replace(each, handler=handle, dialect=BothDialect(each.dialect))


class BothDialect:
    """A FHIR dialect whose refusals come in the format asked for."""

    name = "fhir"

    def __init__(self, own: Dialect) -> None:
        self._own = own
        self.errors: tuple[CatalogueError, ...] = own.errors

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        return rendered(self._own.refuse(refusal, exchange), wanted_by_refusal(exchange))


def in_json(exchange: Exchange) -> Exchange:
    """The same request with a JSON body. Raises MALFORMED, INVALID_STRUCTURE, or
    UNSUPPORTED_MEDIA_TYPE for another version of FHIR, or another charset than UTF-8."""
    _, *parameters = exchange.header("content-type").split(";")
    if parameters and _version(parameters) not in _VERSIONS:
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            at="Content-Type", expected="fhirVersion=4.0", found=_version(parameters)[:80]
        )
    if exchange.media_type not in XML_TYPES:
        return exchange
    if parameters:
        require_utf8(exchange)
    return with_json(exchange, read_xml(exchange.body) if exchange.body else b"")


def with_json(exchange: Exchange, body: bytes) -> Exchange:
    """The same request with another body, in JSON."""
    headers = [pair for pair in exchange.raw_headers if pair[0] != b"content-type"]
    headers.append((b"content-type", FHIR_JSON.encode()))
    return replace(exchange, raw_headers=headers, body=body)


def rendered(answer: Answer, wanted: Format) -> Answer:
    """The answer in the format asked for; what is no FHIR JSON stays."""
    if wanted == Format() or answer.media_type != FHIR_JSON or not answer.body:
        return answer
    if wanted.media_type == FHIR_JSON:
        return replace(answer, body=exact.dumps(exact.loads(answer.body), pretty=True))
    return replace(
        answer, body=write_xml(answer.body, pretty=wanted.pretty), media_type=FHIR_XML
    )


def _controls(text: bytes) -> dict[str, str]:
    """The last `_format` and `_pretty` of a query string or form that have a value."""
    if b"_format" not in text and b"_pretty" not in text:
        return {}
    pairs = parse_qsl(text.decode("latin-1"))
    return {name: value for name, value in pairs if name in ("_format", "_pretty")}


def _accepted(accept: str) -> str:
    """By quality, then by place; JSON when anything will do."""
    ranked = []
    for rank, part in enumerate(accept.split(",")):
        name, *parameters = [each.strip().lower() for each in part.split(";")]
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if (quality.strip("0.") or not quality) and _version(parameters) in _VERSIONS:
            ranked.append((-_number(quality), rank, name))
    for _, _, name in sorted(ranked):
        if name in _ANY:
            return FHIR_JSON
        if name in _FORMATS:
            return _FORMATS[name]
    raise errors.NOT_ACCEPTABLE(
        at="Accept", expected=f"{FHIR_JSON} ou {FHIR_XML}", found=accept
    )


def _version(parameters: list[str]) -> str:
    """`fhirVersion` of a media type (FHIR R4 §3.1.0.1.10)."""
    named = (each.strip().lower().partition("=") for each in parameters)
    return next((value.strip('"') for name, _, value in named if name == "fhirversion"), "4.0")


def _number(quality: str) -> float:
    try:
        return float(quality)
    except ValueError:
        return 0.0
