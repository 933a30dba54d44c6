"""Whatever is sent, the answer is a clear one: never a fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.population.doors import DOORS
from services.population.importing import columns

NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=30),
    st.sampled_from([
        "", " ", "\u0000", "\u202e", "é" * 201, "2600155050990", "1990200016", "899900000011",
        "cabinet-exemplaire", "medecin-exemplaire", "a@b.mssante.fr", "@", "1960-01-01", "10",
        "../..", "%00", "{}", "A" * 64, "٣" * 11, "2A", "CPE", "PER", "S", "F", "hopital_ej",
    ]),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.sampled_from(["id", "code", "address", "status", "x"]), st.text(max_size=5)),
)


def bodies(door: Any) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(sorted(door.shape.model_fields))
    return st.dictionaries(names, NASTY, max_size=12)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.kind.plural)
def test_any_members_are_answered(api: httpx.Client, door: Any) -> None:
    path = f"/sandbox/{door.kind.plural}"
    known = {
        "patients": "pat-trois-dominique", "professionals": "899900000011",
        "structures": "hopital-fictiville", "clients": "socle-demo",
        "mailboxes": "claire.exemplaire@medecin.socle.mssante.fr",
    }[door.kind.plural]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(bodies(door), bodies(door))
    def answered(new: dict[str, Any], change: dict[str, Any]) -> None:
        for answer in (
            api.post(path, json=new), api.put(f"{path}/{known}", json=new),
            api.patch(f"{path}/{known}", json=change),
        ):
            assert answer.status_code in (200, 201, 409, 422), answer.text
        assert api.get(f"{path}/{known}").status_code == 200

    answered()


@pytest.mark.parametrize("id", [
    "a/b", "..", "%2e%2e", "%00", "x" * 3000, "é", "' OR 1=1 --", "%", "_", "899900000011/../x",
])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.kind.plural)
def test_any_id_is_answered(api: httpx.Client, door: Any, id: str) -> None:
    for method in ("GET", "DELETE"):
        assert api.request(method, f"/sandbox/{door.kind.plural}/{id}").status_code in (404, 405)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_file_is_answered(server: Any, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(columns.COLUMNS)))
    names = data.draw(st.lists(st.sampled_from(columns.columns_of(kind)), unique=True))
    cell = st.one_of(st.text(max_size=10), st.sampled_from(['"', ";", "\n", "10", "oui", "1/1/1"]))
    lines = data.draw(st.lists(st.lists(cell, max_size=8), max_size=5))
    text = "\n".join([";".join(names), *(";".join(cells) for cells in lines)])
    answer = httpx.post(
        f"{server.url}/t/hostile/sandbox/identities/import", trust_env=False, timeout=30,
        json={"format": "csv", "kind": kind, "content": text, "simulation": True},
    )
    assert answer.status_code in (201, 422), answer.text
