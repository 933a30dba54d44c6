"""Bodies read as resources: what is refused, with which code, and where."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from services.fhir import errors
from services.fhir.resource import MAX_DEPTH, answer, negotiate, parse
from services.kernel import errors as kernel_errors
from services.kernel.errors import CatalogueError, Refusal
from services.kernel.exchange import Exchange

MakeExchange = Callable[..., Exchange]
PATIENT = b'{"resourceType":"Patient"}'


def nested(depth: int) -> bytes:
    return b'{"resourceType":"Patient","a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize("content_type", [
    "application/fhir+json", "application/json", "application/json; charset=UTF-8",
    'application/fhir+json;charset="utf-8"', "APPLICATION/FHIR+JSON; fhirVersion=4.0",
])
def test_json_is_accepted(exchange: MakeExchange, content_type: str) -> None:
    assert parse(exchange(body=PATIENT, content_type=content_type), "Patient") == {
        "resourceType": "Patient"
    }


@pytest.mark.parametrize("content_type", [
    "", "text/plain", "application/x-www-form-urlencoded", "application/fhir+xml", "text/xml",
    "application/json; charset=iso-8859-1", "application/fhir+json, text/html",
])
def test_another_content_type_is_415(exchange: MakeExchange, content_type: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse(exchange(body=PATIENT, content_type=content_type), "Patient")
    assert caught.value.error is kernel_errors.UNSUPPORTED_MEDIA_TYPE
    assert caught.value.at == "Content-Type"


@pytest.mark.parametrize(("body", "error", "at"), [
    (b"", kernel_errors.MALFORMED, ""),
    (b'{"resourceType":"Patient",\n "a":}', kernel_errors.MALFORMED, "ligne 2, colonne 6"),
    (b'{"resourceType":"Patient"} x', kernel_errors.MALFORMED, "ligne 1, colonne 28"),
    (b'{"resourceType":"Pat\xff"}', kernel_errors.MALFORMED, "octet 20"),
    (b'{"resourceType":"Patient","a":NaN}', kernel_errors.MALFORMED, "ligne 1, colonne 31"),
    (b'{"resourceType":"Patient","a":"\\ud800"}', kernel_errors.MALFORMED, None),
    (b"\xef\xbb\xbf" + PATIENT, kernel_errors.MALFORMED, "ligne 1, colonne 1"),
    (b"[]", kernel_errors.MALFORMED, ""), (b'"a"', kernel_errors.MALFORMED, ""),
    (b"null", kernel_errors.MALFORMED, ""), (b"1", kernel_errors.MALFORMED, ""),
    (b"{}", errors.WRONG_TYPE, "http.body"), (b'{"resourceType":1}', errors.WRONG_TYPE, None),
    (b'{"resourceType":"Bundle"}', errors.WRONG_TYPE, "http.body"),
    (nested(MAX_DEPTH + 1), errors.TOO_DEEP, ""), (nested(900), errors.TOO_DEEP, ""),
    (nested(5_000), kernel_errors.MALFORMED, None),
    (nested(100_002), errors.TOO_MANY_VALUES, ""),
    (b'{"resourceType":"Patient","a":[' + b"1," * 100_000 + b"1]}", errors.TOO_MANY_VALUES, ""),
    (b'{"resourceType":"Patient","a":[' + b"{}," * 60_000 + b"1]}", errors.TOO_MANY_VALUES, ""),
    (b'{"resourceType":"Patient","name":[{"family":"a\\u0000"}]}', kernel_errors.MALFORMED,
     "Patient.name[0].family"),
])
def test_a_bad_body_is_refused(
    exchange: MakeExchange, body: bytes, error: CatalogueError, at: str | None
) -> None:
    with pytest.raises(Refusal) as caught:
        parse(exchange(body=body), "Patient", "Parameters")
    assert caught.value.error is error
    assert at is None or caught.value.at == at


def test_deep_but_admitted_and_an_escaped_backslash_before_u0000(exchange: MakeExchange) -> None:
    assert parse(exchange(body=nested(MAX_DEPTH)))
    assert parse(exchange(body=b'{"resourceType":"Patient","a":"\\\\u0000"}'))["a"] == "\\u0000"


@pytest.mark.parametrize(("accept", "query", "admitted"), [
    ("", "", True), ("*/*", "", True), ("application/fhir+json", "", True),
    ("text/html, application/json;q=0.5", "", True), ("application/*", "", True),
    ("application/fhir+xml", "", False), ("text/turtle", "", False),
    ("", "_format=json", True), ("", "_format=application/fhir%2Bjson", True),
    ("", "_format=application/fhir+json", True), ("", "_format=xml", False),
    ("", "_format=", True),
])
def test_only_json_is_answered(
    exchange: MakeExchange, accept: str, query: str, admitted: bool
) -> None:
    asked = exchange("GET", query=query, accept=accept)
    if admitted:
        negotiate(asked)
        return
    with pytest.raises(Refusal) as caught:
        negotiate(asked)
    assert caught.value.error is errors.NOT_ACCEPTABLE


def test_an_answer_carries_its_version_and_bytes() -> None:
    given = answer(PATIENT, 201, version=3, updated=1_700_000_000_000_000, location="http://x/1")
    assert (given.status, given.body, given.media_type) == (201, PATIENT, "application/fhir+json")
    assert dict(given.headers) == {
        "ETag": 'W/"3"', "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT",
        "Location": "http://x/1",
    }
    assert orjson.loads(answer({"resourceType": "Patient"}).body) == orjson.loads(PATIENT)
