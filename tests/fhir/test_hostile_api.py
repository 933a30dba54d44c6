"""Whatever is sent to a declared base ends in an answer or in a refusal, never in a bug."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.fhir.api.bundles import bundle
from services.fhir.api.call import call_of
from services.fhir.api.dispatch import one_answer
from services.fhir.formats import in_json, rendered, wanted
from services.fhir.patch import fhirpath_patch, json_patch
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from tests.fhir.essai import API

MakeExchange = Callable[..., Exchange]
SLOW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150,
)
PATIENT = {
    "resourceType": "Patient", "id": "p", "active": True, "telecom": [{"value": "1"}, {}],
    "name": [{"given": ["a", None, "b"]}], "extension": [{"url": "u", "valueString": "x"}],
}
words = st.sampled_from([
    "Patient", "Observation", "Organization", "Basic", "Device", "p", "_history", "_search", "1",
    "$match", "metadata", "", "é", "a" * 65, "%00", "..", "Bundle", "_", "urn:uuid:1",
]) | st.text(max_size=8)
members = st.sampled_from([
    "resourceType", "id", "meta", "name", "given", "telecom", "extension", "url", "value",
    "valueQuantity", "entry", "request", "method", "resource", "fullUrl", "type", "parameter",
    "part", "valueString", "path", "op", "from", "valueCode", "index", "subject", "reference",
    "identifier", "system", "code", "coding", "birthDate", "valueInteger", "low", "high",
])
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=5),
    max_leaves=25,
)
queries = st.lists(st.tuples(
    st.sampled_from([
        "name", "identifier", "gender", "birthdate", "organization", "organization.name",
        "general-practitioner:identifier", "_has:Observation:subject:code", "_sort", "_count",
        "_include", "_revinclude", "_elements", "_summary", "_total", "_cursor", "_id", "profile",
        "_lastUpdated", "_format", "value-quantity", "subject:Patient.name", "_since", "",
    ]) | st.text(max_size=5),
    st.sampled_from(["", ":exact", ":not", ":missing", ":contains", ":below", ":iterate", ":x"]),
    words | st.sampled_from(["-name", "gt2024", "5|u|c", "a,b", "s|c", "true", "*", "xml", "||"]),
), max_size=4)


async def run(exchange: Exchange) -> None:
    """What the kernel would do, but for what it would log as a bug."""
    with contextlib.suppress(Refusal):
        plain = in_json(exchange)
        if plain.path == API.base and plain.method == "POST":
            answer = await bundle(API, plain)
        else:
            answer = await one_answer(call_of(API, plain))
        rendered(answer, wanted(exchange))


@pytest.fixture
async def stored(exchange: MakeExchange) -> MakeExchange:
    body = orjson.dumps(PATIENT)
    await run(exchange("PUT", f"{API.base}/Patient/p", body=body))
    return exchange


@SLOW
@given(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]), st.lists(words, max_size=4),
       queries, trees)
async def test_any_request(
    stored: MakeExchange, method: str, path: list[str], query: list[tuple[str, str, str]],
    body: Any,
) -> None:
    from urllib.parse import quote

    text = "&".join(f"{name}{modifier}={quote(value)}" for name, modifier, value in query)
    place = "/".join(quote(part, safe="$:.") for part in path)
    await run(stored(method, f"{API.base}/{place}", query=quote(text, safe="=&%:;,|*-_."),
               body=json.dumps(body).encode()))


@SLOW
@given(queries, st.sampled_from(["Patient", "Observation"]))
async def test_any_search(
    stored: MakeExchange, query: list[tuple[str, str, str]], rtype: str
) -> None:
    from urllib.parse import urlencode

    pairs = [(name + modifier, value) for name, modifier, value in query]
    await run(stored("GET", f"{API.base}/{rtype}", query=urlencode(pairs)))


@SLOW
@given(st.dictionaries(members, trees, max_size=6), st.sampled_from(["Patient", "Observation"]))
async def test_any_resource(stored: MakeExchange, content: dict[str, Any], rtype: str) -> None:
    await run(stored("POST", f"{API.base}/{rtype}", body=json.dumps(
        {**content, "resourceType": rtype}
    ).encode()))


@SLOW
@given(st.lists(st.fixed_dictionaries({}, optional={
    "fullUrl": words, "resource": st.dictionaries(members, trees, max_size=4).map(
        lambda one: {"resourceType": "Patient", **one}
    ),
    "request": st.fixed_dictionaries({}, optional={
        "method": st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]),
        "url": st.lists(words, max_size=3).map("/".join), "ifMatch": words, "ifNoneExist": words,
    }),
}), max_size=4), st.sampled_from(["batch", "transaction"]))
async def test_any_bundle(stored: MakeExchange, entries: list[dict[str, Any]], kind: str) -> None:
    await run(stored("POST", API.base, body=json.dumps(
        {"resourceType": "Bundle", "type": kind, "entry": entries}
    ).encode()))


pointers = st.lists(st.sampled_from(
    ["active", "telecom", "0", "1", "-", "value", "name", "given", "extension", "x", "~1", ""]
), max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))


@given(st.lists(st.fixed_dictionaries({}, optional={
    "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
    "path": pointers, "from": pointers, "value": trees,
}) | trees, max_size=6))
def test_any_json_patch(operations: list[Any]) -> None:
    with contextlib.suppress(Refusal):
        json_patch.apply(orjson.loads(orjson.dumps(PATIENT)), operations)


paths = st.lists(st.sampled_from([
    "Patient", ".telecom", ".name", ".given", "[0]", "[9]", ".value", ".where(value = '1')",
    ".extension('u')", ".first()", ".last()", ".ofType(string)", ".deceased", " and ", "(", "'",
]), max_size=5).map("".join) | st.text(max_size=10)
parts = st.builds(lambda name, value: {"name": name, **value}, st.sampled_from(
    ["type", "path", "name", "value", "index", "source", "destination"]
), st.one_of(
    st.sampled_from(["add", "insert", "delete", "replace", "move"]).map(
        lambda kind: {"valueCode": kind}
    ),
    paths.map(lambda path: {"valueString": path}), st.integers(0, 3).map(
        lambda number: {"valueInteger": number}
    ),
    st.just({"valueContactPoint": {"value": "2"}}),
    st.just({"part": [{"name": "value", "valueString": "3"}]}),
))
complete = st.builds(
    lambda kind, path, rest: [
        {"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}, *rest
    ],
    st.sampled_from(["add", "insert", "delete", "replace", "move"]), paths,
    st.lists(parts, max_size=4),
)


@given(st.lists(complete | st.lists(parts), max_size=3))
def test_any_fhirpath_patch(operations: list[list[dict[str, Any]]]) -> None:
    parameters = {"resourceType": "Parameters", "parameter": [
        {"name": "operation", "part": each} for each in operations
    ]}
    with contextlib.suppress(Refusal):
        fhirpath_patch.apply(orjson.loads(orjson.dumps(PATIENT)), parameters)
