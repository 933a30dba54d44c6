"""Whatever is sent, reading and checking it end in a refusal or in a list of issues."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.fhir import structure
from services.fhir.criteria import Parameter
from services.fhir.cursor import Position, open_cursor, seal_cursor
from services.fhir.errors import CURSOR_INVALID
from services.fhir.resource import parse
from services.fhir.search import read_query
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange

SAME_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
keys = st.sampled_from([
    "resourceType", "entry", "resource", "contained", "parameter", "part", "name", "extension",
    "url", "response", "outcome", "value",
]) | st.text()
leaves = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([
    "Bundle", "Patient", "Parameters", "DocumentReference",
])
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
PARAMETERS = (
    Parameter("status", "token"), Parameter("patient", "reference", targets=("Patient",)),
    Parameter("title", "string"), Parameter("date", "date"),
)


@SAME_FIXTURE
@given(st.binary())
def test_any_bytes(exchange: Callable[..., Exchange], body: bytes) -> None:
    with contextlib.suppress(Refusal):
        parse(exchange(body=body))


@given(
    st.dictionaries(keys, trees, max_size=5), st.sampled_from(["Bundle", "Parameters", "Patient"])
)
def test_any_json_object(content: dict[str, Any], rtype: str) -> None:
    for issue in structure.check(content | {"resourceType": rtype}):
        assert issue.message
        orjson.dumps(issue.expression)


@SAME_FIXTURE
@given(
    st.sampled_from(["status", "patient", "patient.identifier", "title", "date", "_id", "_count",
                     "_lastUpdated", "status:missing", "patient:Patient", "_sort", "_total"]),
    st.text() | st.from_regex(r"(ge|le|eb)?\d{4}(-\d\d){0,2}(T\d\d:\d\d)?", fullmatch=True),
)
def test_any_search(exchange: Callable[..., Exchange], name: str, value: str) -> None:
    with contextlib.suppress(Refusal):
        read_query(exchange("GET", query=f"{name}={quote(value)}"), PARAMETERS, "http://x")


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")),
       st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True))
def test_any_cursor(cursor: str, rid: str) -> None:
    context = ("espace~0", "dmp", "Doc", "[]")
    sealed = seal_cursor(Position(7, rid), context)
    assert open_cursor(sealed, context) == Position(7, rid)
    with pytest.raises(Refusal) as caught:
        open_cursor(cursor, context)
    assert caught.value.error is CURSOR_INVALID
