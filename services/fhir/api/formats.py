"""JSON and XML on the wire of a declared base: what is asked for, what is received.

Inside, everything is FHIR JSON: a request in XML is read as JSON first, an answer is written in
XML last.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

from services.fhir import errors
from services.fhir.dialect import FHIR_JSON
from services.fhir.xml_reader import read_xml
from services.fhir.xml_writer import write_xml
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange

FHIR_XML = "application/fhir+xml"
XML_TYPES = (FHIR_XML, "application/xml", "text/xml")
_FORMATS = {
    "json": FHIR_JSON, "application/json": FHIR_JSON, "text/json": FHIR_JSON,
    FHIR_JSON: FHIR_JSON, "xml": FHIR_XML, **dict.fromkeys(XML_TYPES, FHIR_XML),
}
_ANY = {"*/*", "application/*", ""}


def wanted(exchange: Exchange) -> str:
    """FHIR_JSON or FHIR_XML, by `_format`, then `Accept`. Raises NOT_ACCEPTABLE."""
    if b"_format" in exchange.query_string:
        for name, value in parse_qsl(exchange.query_string.decode("latin-1")):
            asked = value.split(";")[0].strip().replace(" ", "+").lower()
            if name == "_format" and asked not in _FORMATS:
                raise errors.NOT_ACCEPTABLE(
                    at="http._format", expected="json ou xml", found=value
                )
            if name == "_format":
                return _FORMATS[asked]
    return _accepted(exchange.header("accept"))


def wanted_by_refusal(exchange: Exchange | None) -> str:
    """The format of a refusal: what is asked for, JSON when that is not understood."""
    try:
        return wanted(exchange) if exchange is not None else FHIR_JSON
    except Refusal:
        return FHIR_JSON


def in_json(exchange: Exchange) -> Exchange:
    """The same request with a JSON body. Raises MALFORMED or INVALID_STRUCTURE."""
    if exchange.media_type not in XML_TYPES or not exchange.body:
        return exchange
    return with_json(exchange, read_xml(exchange.body))


def with_json(exchange: Exchange, body: bytes) -> Exchange:
    """The same request with another body, in JSON."""
    headers = [pair for pair in exchange.raw_headers if pair[0] != b"content-type"]
    headers.append((b"content-type", FHIR_JSON.encode()))
    return replace(exchange, raw_headers=headers, body=body)


def rendered(answer: Answer, media_type: str) -> Answer:
    """The answer in the format asked for; what is no FHIR JSON stays."""
    if media_type != FHIR_XML or answer.media_type != FHIR_JSON:
        return answer
    return replace(answer, body=write_xml(answer.body), media_type=FHIR_XML)


def _accepted(accept: str) -> str:
    """By quality, then by place; JSON when anything will do."""
    ranked = []
    for rank, part in enumerate(accept.split(",")):
        name, *parameters = [each.strip().lower() for each in part.split(";")]
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        if quality.strip("0.") or not quality:
            ranked.append((-_number(quality), rank, name))
    for _, _, name in sorted(ranked):
        if name in _ANY:
            return FHIR_JSON
        if name in _FORMATS:
            return _FORMATS[name]
    raise errors.NOT_ACCEPTABLE(
        at="Accept", expected=f"{FHIR_JSON} ou {FHIR_XML}", found=accept
    )


def _number(quality: str) -> float:
    try:
        return float(quality)
    except ValueError:
        return 0.0
