"""Histories, over the wire: of a resource, of a type, of the whole base."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from services.fhir import structure
from tests.fhir.conftest import Essai

PATIENT = {"resourceType": "Patient", "name": [{"family": "Évrard", "given": ["Zoé"]}]}
INSTANTS = ("2020-01-01T00:00:00Z", "2021-02-01T00:00:00Z", "2022-01-01T00:00:00Z")


def versions(found: Any) -> list[tuple[str, str]]:
    """(Type/id, number) of each version, in order."""
    return [
        ("/".join(entry["fullUrl"].split("/")[-2:]), entry["response"]["etag"][3:-1])
        for entry in found.get("entry", [])
    ]


def at(essai: Essai, instant: str) -> None:
    """The tenant's clock stands still there."""
    essai.client.put(
        f"{essai.url}/t/{essai.tenant}/sandbox/clock", json={"freeze": instant}
    ).raise_for_status()


@pytest.fixture
def years(essai: Essai) -> Essai:
    """Two patients in 2020, the first changed in 2021, deleted in 2022; an organisation in 2021."""
    at(essai, INSTANTS[0])
    for rid in ("p", "q"):
        essai.put({**PATIENT, "id": rid})
    at(essai, INSTANTS[1])
    essai.put({**PATIENT, "id": "p", "gender": "male"})
    essai.put({"resourceType": "Organization", "id": "o"})
    at(essai, INSTANTS[2])
    essai("DELETE", "Patient/p", status=204)
    return essai


def test_the_history_of_a_resource(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    essai.put({**PATIENT, "id": "p", "gender": "male"})
    essai("DELETE", "Patient/p", status=204)
    found = essai("GET", "Patient/p/_history", status=200).json()
    Bundle.model_validate(found)
    assert structure.check(found) == []
    assert (found["type"], found["total"]) == ("history", 3)
    assert [entry["request"]["method"] for entry in found["entry"]] == ["DELETE", "PUT", "POST"]
    assert [entry["response"]["etag"] for entry in found["entry"]] == [
        'W/"3"', 'W/"2"', 'W/"1"'
    ]
    assert "resource" not in found["entry"][0]
    assert found["entry"][1]["resource"]["gender"] == "male"
    essai("GET", "Patient/jamais/_history", status=404)


@pytest.mark.parametrize("place", ["Patient/p0/_history", "Patient/_history"])
def test_histories_are_paged(essai: Essai, place: str) -> None:
    for n in range(3):
        for _ in range(3):
            essai.put({**PATIENT, "id": f"p{n}"})
    essai("DELETE", "Patient/p0", status=204)
    url, seen = f"{place}?_count=2", []
    while url:
        found = essai("GET", url, status=200).json()
        Bundle.model_validate(found)
        seen += [(e["fullUrl"].rpartition("/")[2], e["response"]["etag"]) for e in found["entry"]]
        essai.put({**PATIENT, "id": "autre"})
        url = {link["relation"]: link["url"] for link in found["link"]}.get("next", "")
    assert len(seen) == len(set(seen)) == (4 if "p0" in place else 10)
    assert seen[0] == ("p0", 'W/"4"')


def test_a_history_since(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    updated = essai.put({**PATIENT, "id": "p"})["meta"]["lastUpdated"]
    recent = essai("GET", f"Patient/p/_history?_since={updated}", status=200).json()
    assert len(recent["entry"]) >= 1
    assert "entry" not in essai("GET", "Patient/p/_history?_since=2999").json()
    for query in ("_since=hier", "_count=x", "_sort=date"):
        essai("GET", f"Patient/p/_history?{query}", status=400)


@pytest.mark.parametrize(("place", "expected"), [
    ("Patient/p/_history?_at=2020-06", "p1"), ("Patient/p/_history?_at=2021", "p2 p1"),
    ("Patient/p/_history?_at=2021-06-01T10:00:00Z", "p2"), ("Patient/p/_history?_at=2019", ""),
    ("Patient/p/_history?_at=2023", ""), ("Patient/p/_history?_since=2021", "p3 p2"),
    ("Patient/_history?_at=2020-06", "q1 p1"), ("Patient/_history?_at=2021-06", "p2 q1"),
    ("Patient/_history?_at=2022-06", "q1"), ("Patient/_history?_since=2021", "p3 p2"),
    ("_history", "p3 p2 o1 q1 p1"), ("_history?_at=2021-06", "p2 o1 q1"),
    ("_history?_since=2021", "p3 p2 o1"), ("_history?_since=2022", "p3"),
])
def test_versions_of_a_time(years: Essai, place: str, expected: str) -> None:
    found = years("GET", place, status=200).json()
    Bundle.model_validate(found)
    assert [name.split("/")[1] + number for name, number in versions(found)] == expected.split()
    assert found["total"] == len(expected.split())


@pytest.mark.parametrize("place", ["_history", "_history?_at=2021"])
def test_the_history_of_the_base_is_paged(years: Essai, place: str) -> None:
    whole = versions(years("GET", place, status=200).json())
    seen, url = [], f"{place}{'&' if '?' in place else '?'}_count=1"
    while url:
        found = years("GET", url, status=200).json()
        Bundle.model_validate(found)
        assert structure.check(found) == []
        seen += versions(found)
        url = {link["relation"]: link["url"] for link in found["link"]}.get("next", "")
    assert seen == whole


def test_a_history_goes_on_in_the_format_asked_for(years: Essai) -> None:
    links = years("GET", "_history?_count=1&_format=json&_pretty=true", status=200).json()["link"]
    assert all("_format=json&_pretty=true" in link["url"] for link in links)


@pytest.mark.parametrize(("query", "place"), [
    ("_at=2020&_since=2021", "http._at"), ("_at=hier", "http._at"), ("_list=x", "http._list"),
    ("_sort=_lastUpdated", "http._sort"), ("_count=-1", "http._count"),
])
@pytest.mark.parametrize("where", ["Patient/p/_history", "Patient/_history", "_history"])
def test_what_a_history_does_not_take_is_named(
    years: Essai, where: str, query: str, place: str
) -> None:
    assert years.issue(years("GET", f"{where}?{query}", status=400))["location"] == [place]


def test_the_cursor_of_a_history_is_of_one_tenant_and_place(years: Essai) -> None:
    links = years("GET", "_history?_count=1", status=200).json()["link"]
    cursor = links[1]["url"].partition("?")[2]
    other = f"{years.url}/t/{years.tenant}-autre/essai/fhir/_history?{cursor}"
    for url in (f"Patient/_history?{cursor}", f"Patient/p/_history?{cursor}", other):
        years("GET", url, status=400)


def test_who_sees_not_all_sees_no_version_of_what_is_hidden(essai: Essai) -> None:
    closed = essai.base.replace("/essai/", "/ferme/")
    essai("PUT", f"{closed}/Patient/q", {
        "resourceType": "Patient", "id": "q", "meta": {"security": [{"code": "R"}]},
    }, 201)
    essai("DELETE", f"{closed}/Patient/q", status=204)
    for place in ("q", "q/_history", "q/_history/1", "q/_history/2"):
        essai("GET", f"{closed}/Patient/{place}", status=404, x_restreint="1")
    essai("PATCH", f"{closed}/Patient/q", [], 404, x_restreint="1",
          content_type="application/json-patch+json")
    essai("GET", f"{closed}/Patient/q", status=410)
    assert len(versions(essai("GET", f"{closed}/Patient/q/_history").json())) == 2
