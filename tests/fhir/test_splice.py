"""Textual edits of a JSON object, judged by a JSON parser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fhir.splice import insert_id_and_meta

names = st.sampled_from(["id", "meta", "", "resourceType", "é", 'a"b', "\\", "{"]) | st.text()
leaves = (
    st.none() | st.booleans() | st.integers(-(2**40), 2**40)
    | st.text() | st.sampled_from(["id", "meta", "}", "],", '\\"', "{"])
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(names, values, max_size=6)
layouts = st.sampled_from([
    {}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" , ", " : ")},
])
META = {"versionId": "1"}


@given(objects, layouts, st.booleans(), st.sampled_from(["", " ", "\n\t"]))
def test_only_id_and_meta_change(
    given_object: dict[str, Any], layout: dict[str, Any], ascii_only: bool, space: str
) -> None:
    text = json.dumps(given_object, ensure_ascii=ascii_only, **layout)
    raw = (space + text + space).encode("utf-8", "surrogatepass")
    edited = json.loads(insert_id_and_meta(raw, "nouveau", META))
    others = {k: v for k, v in given_object.items() if k not in ("id", "meta")}
    assert edited == {"id": "nouveau", "meta": META, **others}
    assert list(edited)[:2] == ["id", "meta"]


@given(objects)
def test_every_other_byte_is_kept(given_object: dict[str, Any]) -> None:
    given_object.pop("id", None)
    given_object.pop("meta", None)
    raw = json.dumps(given_object).encode()
    assert insert_id_and_meta(raw, "n", {}).endswith(raw[1:])


@pytest.mark.parametrize("raw", [
    b'{"v":72.50,"id":"a","t":"2026-01-01T10:00:00.000Z"}',
    b'{"id":"a","v":72.50,"id":"b","t":"2026-01-01T10:00:00.000Z"}',
    b'{"v":72.50,"t":"2026-01-01T10:00:00.000Z","\\u0069d":"a","meta":{"x":[{"id":1}]}}',
])
def test_numbers_and_instants_keep_their_spelling(raw: bytes) -> None:
    assert insert_id_and_meta(raw, "n", {}) == (
        b'{"id":"n","meta":{},"v":72.50,"t":"2026-01-01T10:00:00.000Z"}'
    )


def test_an_empty_object_gets_both() -> None:
    assert insert_id_and_meta(b" { } ", "n", {}) == b'{"id":"n","meta":{} }'
