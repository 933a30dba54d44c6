"""Whatever JSON comes in, what goes out is a refusal that names a place, never a bug."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.e_prescription.wire.fields import Fields
from services.e_prescription.wire.reading import read_demande, read_prescription
from services.kernel.errors import Refusal
from tests.e_prescription.conftest import prescription

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.just("2026-03-02"), st.just("medicament"),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["lignes", "idLigne", "eprescType", "ins", "date", "structure"]), inner
    ), max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(prescription())), ANYTHING)
def test_any_value_of_any_field_is_read_or_refused(name: str, value: Any) -> None:
    for read in (read_prescription, lambda fields: read_demande(fields, date(2026, 3, 2))):
        try:
            read(Fields(prescription() | {name: value}))
        except Refusal as refusal:
            place = refusal.at
        else:
            place = "nowhere"
        assert place


def test_unread_fields_are_named_with_their_place() -> None:
    fields = Fields(prescription() | {"x": 1})
    read_prescription(fields)
    assert list(fields.unread()) == ["x"]


def test_the_place_of_a_nested_field() -> None:
    inner = Fields({"a": {"b": [{"c": 1}]}}).object("a").objects("b")[0]
    with pytest.raises(Refusal) as raised:
        inner.text("c")
    assert raised.value.at == "a.b[0].c"
    assert raised.value.found == "1"
