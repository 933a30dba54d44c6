"""Search on declared types, over the wire: kinds, modifiers, chains, orders, parts."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from services.fhir import structure
from tests.fhir.conftest import Essai
from tests.fhir.essai import CARD

UCUM = "http://unitsofmeasure.org"


def observation(rid: str, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": rid, "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Masse"}],
            "text": "Poids du corps",
        }, **members,
    }


@pytest.fixture
def people(essai: Essai) -> Essai:
    """Two organisations, three practitioners' patients, and what was measured."""
    essai.put({
        "resourceType": "Organization", "id": "chu", "name": "CHU de Créteil",
        "identifier": [{"system": "urn:finess", "value": "940000001"}],
    })
    essai.put({
        "resourceType": "Organization", "id": "service", "name": "Cardiologie",
        "partOf": {"reference": "Organization/chu"},
    })
    essai.put({
        "resourceType": "Patient", "id": "zoe", "gender": "female", "birthDate": "1980-05-04",
        "name": [{"family": "Évrard", "given": ["Zoé", "ZOÉ"]}], "active": True,
        "identifier": [{"system": "urn:ins", "value": "280",
                        "type": {"coding": [{"system": "urn:type", "code": "INS-NIR"}]}}],
        "managingOrganization": {"reference": "Organization/service"},
        "generalPractitioner": [
            {"identifier": {"system": "urn:rpps", "value": "810"}, "display": "Dr Un"},
        ],
        "telecom": [{"system": "phone", "value": "0102"}],
        "address": [{"city": "Saint-Étienne", "postalCode": "42000"}],
        "extension": [{"url": CARD, "valueString": "Vitale"}],
        "meta": {"profile": ["http://fr/a/patient"], "security": [{"code": "R"}]},
    })
    essai.put({
        "resourceType": "Patient", "id": "max", "gender": "male", "birthDate": "1980",
        "name": [{"text": "Max Évrardin"}], "active": False,
        "identifier": [{"value": "180"}],
        "managingOrganization": {"reference": "Organization/chu"},
    })
    essai.put({"resourceType": "Patient", "id": "nul"})
    for rid, members in {
        "m1": {"subject": {"reference": "Patient/zoe"}, "effectiveDateTime": "2024-01-15",
               "valueQuantity": {"value": 72.5, "unit": "kg", "system": UCUM, "code": "kg"},
               "performer": [{"reference": "Organization/chu"}]},
        "m2": {"subject": {"reference": "Patient/zoe"},
               "effectivePeriod": {"start": "2024-02-01", "end": "2024-03-01"},
               "valueQuantity": {"value": 5, "comparator": "<", "unit": "comprimés"}},
        "m3": {"subject": {"reference": f"{essai.base}/Patient/max"}, "effectiveDateTime": "2025",
               "valueInteger": 3},
        "m4": {"subject": {"identifier": {"system": "urn:ins", "value": "999"}},
               "valueRange": {"low": {"value": 1}, "high": {"value": 2}}},
    }.items():
        essai.put(observation(rid, **members))
    return essai


@pytest.mark.parametrize(("search", "expected"), [
    ("Patient", "nul max zoe"), ("Patient?gender=female", "zoe"),
    ("Patient?gender=http://hl7.org/fhir/administrative-gender|male", "max"),
    ("Patient?gender=|male", ""), ("Patient?gender:not=female", "nul max"),
    ("Patient?gender:not=female,male", "nul"), ("Patient?gender:missing=true", "nul"),
    ("Patient?active=true", "zoe"), ("Patient?active=false", "max"),
    ("Patient?identifier=urn:ins|280", "zoe"), ("Patient?identifier=urn:ins|", "zoe"),
    ("Patient?identifier:of-type=urn:type|INS-NIR|280", "zoe"),
    ("Patient?identifier:of-type=urn:type|INS-NIR|180", ""),
    ("Observation?code:text=POIDS&_id=m1", "m1"), ("Observation?code:text=mass&_id=m1", "m1"),
    ("Observation?code:text=corps", ""), ("Observation?subject.identifier:of-type=a|b|c", ""),
    ("Patient?general-practitioner:missing=true", "nul max"),
    ("Patient?general-practitioner:missing=false", "zoe"),
    ("Observation?subject:missing=true", ""), ("Patient?organization:missing=true", "nul"),
    ("Patient?identifier=|180", "max"), ("Patient?identifier=280,180", "max zoe"),
    ("Patient?telecom=0102", "zoe"),
    ("Patient?name=evrard", "zoe"), ("Patient?family=évrard", "zoe"),
    ("Patient?name=max", "max"), ("Patient?name=rard", ""),
    ("Patient?name:contains=RARD", "max zoe"),
    ("Patient?name:contains=rardin", "max"), ("Patient?name:contains=%25", ""),
    ("Patient?given:exact=Zoé", "zoe"), ("Patient?given:exact=ZOÉ", "zoe"),
    ("Patient?given:exact=zoe", ""), ("Patient?given=zoe&family=evr", "zoe"),
    ("Patient?address-city=saint-etienne", "zoe"), ("Patient?card=vitale", "zoe"),
    ("Patient?birthdate=1980", "max zoe"), ("Patient?birthdate=1980-05-04", "zoe"),
    ("Patient?birthdate=gt1980-06", "max"), ("Patient?birthdate=sa1980-05-03", "zoe"),
    ("Patient?birthdate=ap1980-05-04", "max zoe"), ("Patient?birthdate=ne1980-05-04", "max"),
    ("Patient?profile=http://fr/a/patient", "zoe"), ("Patient?profile:below=http://fr/", "zoe"),
    ("Patient?profile:above=http://fr/a/patient/b", "zoe"), ("Patient?profile=http://fr/", ""),
    ("Patient?organization=service", "zoe"), ("Patient?organization=Organization/chu", "max"),
    ("Patient?organization:Organization=chu", "max"),
    ("Patient?general-practitioner:identifier=urn:rpps|810", "zoe"),
    ("Observation?date=2024", "m2 m1"), ("Observation?date=ge2024-03", "m3"),
    ("Observation?date=ap2024-02-15", "m2 m1"),
    ("Observation?date=lt2024-02", "m1"), ("Observation?date=eb2024-02-01", "m1"),
    ("Observation?value-quantity=72.5", "m1"), ("Observation?value-quantity=72.50", "m1"),
    ("Observation?value-quantity=73", "m1"), ("Observation?value-quantity=73.0", ""),
    (f"Observation?value-quantity=gt70|{UCUM}|kg", "m1"),
    ("Observation?value-quantity=gt70||kg", "m1"), (f"Observation?value-quantity=70|{UCUM}|g", ""),
    ("Observation?value-quantity=lt5", "m4 m2"),
    ("Observation?value-quantity=lt5||comprimés", "m2"),
    ("Observation?value-quantity=ap80", "m1"), ("Observation?value-quantity=ge2,le1", "m4 m2 m1"),
    ("Observation?value-quantity=ne72.5", "m4 m2"),
    ("Observation?value-quantity:missing=true", "m3"),
    ("Observation?count=3", "m3"), ("Observation?count=gt3", ""),
    ("Observation?subject=Patient/max", "m3"), ("Observation?subject:Patient=zoe", "m2 m1"),
])
def test_what_matches(people: Essai, search: str, expected: str) -> None:
    assert people.ids(search) == expected.split()


def test_a_reference_is_found_however_it_is_spelled(people: Essai) -> None:
    here = f"{people.base}/Patient/max"
    for rid, spelled in (("n1", "Patient/max/_history/3"), ("n2", f"{here}/_history/1"),
                         ("n3", "https://ailleurs.test/Patient/max")):
        people.put(observation(rid, subject={"reference": spelled}))
    for asked in ("max", "Patient/max", "Patient/max/_history/2", here, f"{here}/_history/9"):
        assert people.ids(f"Observation?subject={asked}") == ["n2", "n1", "m3"]
    assert people.ids("Observation?subject=https://ailleurs.test/Patient/max") == ["n3"]
    assert people.ids("Observation?subject:Device=max") == []


@pytest.mark.parametrize(("search", "expected"), [
    ("Observation?subject:Patient.gender=female", "m2 m1"),
    ("Observation?subject.gender=male", "m3"),
    ("Observation?subject:Patient.name:exact=Évrard", "m2 m1"),
    ("Observation?subject:Patient.gender:not=female", "m3"),
    ("Observation?subject.identifier=urn:ins|280", "m2 m1"),
    ("Observation?subject:Device.identifier=urn:ins|999", "m4"),
    ("Observation?subject.organization.name=chu", "m3"),
    ("Observation?subject.organization.partof.identifier=urn:finess|940000001", "m2 m1"),
    ("Observation?subject._id=max", "m3"),
    ("Observation?subject.birthdate=1980-05-04&status=final", "m2 m1"),
    ("Patient?organization.partof=chu", "zoe"),
    ("Patient?general-practitioner:Organization.name=x", ""),
    ("Patient?_has:Observation:subject:code=29463-7", "max zoe"),
    ("Patient?_has:Observation:subject:value-quantity=lt5", "zoe"),
    ("Patient?_has:Observation:subject:date=2025", "max"),
    ("Organization?_has:Patient:organization:_has:Observation:subject:count=3", "chu"),
    ("Patient?_has:Observation:subject:date=2024&gender=male", ""),
])
def test_chains(people: Essai, search: str, expected: str) -> None:
    assert people.ids(search) == expected.split()


@pytest.mark.parametrize(("search", "expected"), [
    ("Patient?_sort=birthdate", "max zoe nul"), ("Patient?_sort=-birthdate", "zoe max nul"),
    ("Patient?_sort=_lastUpdated", "zoe max nul"), ("Patient?_sort=-_lastUpdated", "nul max zoe"),
    ("Patient?_sort=name", "zoe max nul"), ("Patient?_sort=-family", "zoe max nul"),
    ("Patient?_sort=_id", "max nul zoe"), ("Patient?_sort=-_id", "zoe nul max"),
    ("Patient?_sort=gender,-_id", "zoe max nul"), ("Patient?_sort=-gender,_id", "max zoe nul"),
    ("Observation?_sort=value-quantity", "m2 m4 m1 m3"),
    ("Observation?_sort=-date&subject=Patient/zoe", "m2 m1"),
    ("Observation?_sort=status,date,-_lastUpdated", "m1 m2 m3 m4"),
    ("Observation?_sort=subject", "m3 m1 m2 m4"),
])
def test_orders(people: Essai, search: str, expected: str) -> None:
    assert people.ids(search) == expected.split()
    seen, url = [], f"{search}&_count=1"
    while url:
        found = people("GET", url, status=200).json()
        seen += [entry["resource"]["id"] for entry in found["entry"]]
        links = {link["relation"]: link["url"] for link in found["link"]}
        url = links.get("next", "")
    assert seen == expected.split()


def test_no_page_of_a_sorted_search_shows_what_was_stored_meanwhile(people: Essai) -> None:
    first = people("GET", "Patient?_sort=-_id&_count=1", status=200).json()
    people.put({"resourceType": "Patient", "id": "aaa"})
    people.put({"resourceType": "Patient", "id": "zoe", "gender": "other"})
    seen, link = [], first
    while "next" in (links := {one["relation"]: one["url"] for one in link["link"]}):
        link = people("GET", links["next"], status=200).json()
        seen += [entry["resource"]["id"] for entry in link["entry"]]
    assert seen == ["nul", "max"]


def test_a_long_list_is_paged_without_loss_in_every_order(essai: Essai) -> None:
    for n in range(25):
        essai.put({
            "resourceType": "Patient", "id": f"p{n:02d}", "birthDate": f"19{50 + n % 4}",
            "name": [{"family": f"Nom{n % 3}"}],
        })
    for order in ("_id", "birthdate", "-family,birthdate", "_lastUpdated", "-_lastUpdated"):
        whole = essai.ids(f"Patient?_sort={order}&_count=100")
        seen, url = [], f"Patient?_sort={order}&_count=7"
        while url:
            found = essai("GET", url, status=200).json()
            seen += [entry["resource"]["id"] for entry in found["entry"]]
            url = {one["relation"]: one["url"] for one in found["link"]}.get("next", "")
        assert seen == whole
        assert len(set(seen)) == 25


def included(essai: Essai, search: str) -> tuple[list[str], list[str]]:
    found = essai("GET", search, status=200).json()
    Bundle.model_validate(found)
    assert structure.check(found) == []
    modes: dict[str, list[str]] = {"match": [], "include": [], "outcome": []}
    for entry in found.get("entry", []):
        modes[entry["search"]["mode"]].append(entry["resource"].get("id", ""))
    return modes["match"], sorted(modes["include"])


@pytest.mark.parametrize(("search", "others"), [
    ("Observation?_id=m1&_include=Observation:subject", "zoe"),
    ("Observation?_id=m1&_include=*", "chu zoe"),
    ("Observation?_id=m1&_include=Observation:*", "chu zoe"),
    ("Patient?_id=zoe&_revinclude=Observation:*", "m1 m2"),
    ("Observation?_id=m1&_include=Observation:subject:Device", ""),
    ("Observation?_include=Observation:subject", "max zoe"),
    ("Observation?_id=m1&_include=Observation:subject&_include:iterate=Patient:organization",
     "service zoe"),
    ("Observation?_id=m1&_include=Observation:subject&_include=Patient:organization"
     "&_include:iterate=Organization:partof", "chu service zoe"),
    ("Patient?_id=zoe&_revinclude=Observation:subject", "m1 m2"),
    ("Organization?_id=chu&_revinclude=Organization:partof", "service"),
    ("Patient?_id=nul&_include=Patient:organization&_revinclude=Observation:subject", ""),
    ("Patient?_id=zoe&_include=Patient:general-practitioner", ""),
])
def test_inclusions(people: Essai, search: str, others: str) -> None:
    assert included(people, search)[1] == others.split()


def test_what_is_included_and_matches_is_shown_once(people: Essai) -> None:
    matches, others = included(people, "Organization?_include=Organization:partof&_sort=_id")
    assert (matches, others) == (["chu", "service"], [])


def test_parts_of_resources(people: Essai) -> None:
    def shown(search: str) -> dict[str, Any]:
        found: dict[str, Any] = people("GET", search, status=200).json()
        Bundle.model_validate(found)
        resource: dict[str, Any] = found["entry"][0]["resource"]
        return resource

    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
           "code": "SUBSETTED", "display": "Resource encoded in summary mode"}
    elements = shown("Patient?_id=zoe&_elements=name,birthDate")
    assert set(elements) == {"resourceType", "id", "meta", "name", "birthDate"}
    assert elements["meta"]["tag"] == [tag]
    summary = shown("Patient?_id=zoe&_summary=true")
    assert {"identifier", "name", "managingOrganization"} <= set(summary)
    assert "extension" not in summary
    assert "generalPractitioner" not in summary
    assert set(shown("Observation?_id=m1&_summary=text")) == {
        "resourceType", "id", "meta", "status", "code"
    }
    value = shown("Observation?_id=m1&_elements=value")
    assert value["valueQuantity"]["value"] == 72.5
    assert shown("Patient?_id=zoe&_summary=data") == {
        **shown("Patient?_id=zoe"), "meta": shown("Patient?_id=zoe&_summary=data")["meta"]
    }
    assert "tag" not in shown("Patient?_id=zoe&_summary=false")["meta"]
    read = people("GET", "Patient/zoe?_elements=gender", status=200).json()
    assert set(read) == {"resourceType", "id", "meta", "gender"}
    counted = people("GET", "Patient?_summary=count", status=200).json()
    assert (counted["total"], "entry" in counted) == (3, False)


def test_totals(people: Essai) -> None:
    def total(search: str) -> int | None:
        found: int | None = people("GET", search, status=200).json().get("total")
        return found

    assert total("Patient?_count=1") is None
    assert total("Patient?_count=1&_total=none") is None
    assert total("Patient?_count=1&_total=accurate") == 3
    assert total("Patient?_count=1&_total=estimate") == 3
    assert total("Patient?gender:not=male&_count=0") == 2
    assert "entry" not in people("GET", "Patient?_summary=count&_count=5").json()
    assert total("Patient?_count=1&gender=male,female&name=zoe&_total=accurate") == 1
    assert total("Observation?subject.gender=female&_count=0") == 2


def test_a_search_may_be_posted(people: Essai) -> None:
    answer = people(
        "POST", "Patient/_search?_count=1", b"gender=female", 200,
        content_type="application/x-www-form-urlencoded",
    )
    assert [entry["resource"]["id"] for entry in answer.json()["entry"]] == ["zoe"]
    assert people("POST", "Patient/_search?gender=male", status=200).json()["total"] == 1
    answer = people(
        "POST", "Patient/_search", b"gender=female&_format=xml", 200,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.headers["content-type"] == "application/fhir+xml"


def test_what_is_hidden_is_nowhere(essai_server: Any, people: Essai) -> None:
    closed = people.base.replace("/essai/", "/ferme/")
    for rid, labels in (("p", []), ("q", [{"code": "R"}])):
        people("PUT", f"{closed}/Patient/{rid}", {
            "resourceType": "Patient", "id": rid, "meta": {"security": labels},
        }, 201)
        people("POST", f"{closed}/Observation", {
            **observation("o"), "subject": {"reference": f"Patient/{rid}"}
        }, 201)

    def see(path: str, status: int = 200) -> Any:
        return people("GET", f"{closed}/{path}", status=status, x_restreint="1").json()

    assert see("Patient")["total"] == 1
    see("Patient/p")
    for path in ("Patient/q", "Patient/q/_history", "Patient/q/_history/1"):
        see(path, 404)
    see("Patient/_history", 501)
    found = see("Observation?_include=Observation:subject")["entry"]
    assert [e["resource"]["id"] for e in found if e["search"]["mode"] == "include"] == ["p"]
    people("DELETE", f"{closed}/Patient/q", status=204, x_restreint="1")
    people("GET", f"{closed}/Patient/q", status=200)


@pytest.mark.parametrize(("search", "code", "place"), [
    ("Patient?couleur=bleu", "not-supported", "http.couleur"),
    ("Patient?_filter=name eq x", "not-supported", "http._filter"),
    ("Patient?_text=x", "not-supported", "http._text"),
    ("Patient?gender:text=x", "not-supported", "http.gender:text"),
    ("Patient?gender:of-type=a|b|c", "not-supported", "http.gender:of-type"),
    ("Patient?identifier:of-type=a|b", "value", "http.identifier:of-type"),
    ("Patient?_pretty=oui", "value", "http._pretty"),
    ("Patient/zoe?couleur=bleu", "not-supported", "http.couleur"),
    ("Patient/zoe/_history/1?name=a", "not-supported", "http.name"),
    ("Patient?gender:in=x", "not-supported", "http.gender:in"),
    ("Patient?organization.couleur=x", "not-supported", "http.organization.couleur"),
    ("Patient?organization.name:missing=true", "not-supported", "http.organization.name:missing"),
    ("Patient?name.family=x", "not-supported", "http.name.family"),
    ("Patient?general-practitioner.name=x", "value", "http.general-practitioner.name"),
    ("Patient?_has:Observation:performer:code=x", "not-supported",
     "http._has:Observation:performer:code"),
    ("Patient?_has:Device:patient:code=x", "not-supported", "http._has:Device:patient:code"),
    ("Patient?_has:x=y", "not-supported", "http._has:x"),
    ("Patient?_sort=couleur", "value", "http._sort"),
    ("Patient?_include=Patient:link", "value", "http._include"),
    ("Patient?_include:tout=Patient:organization", "value", "http._include:tout"),
    ("Patient?_revinclude=Provenance:target", "value", "http._revinclude"),
    ("Patient?_elements=couleur", "value", "http._elements"),
    ("Patient?_summary=peut-etre", "value", "http._summary"),
    ("Patient?_total=beaucoup", "value", "http._total"),
    ("Patient?_count=-1", "value", "http._count"),
    ("Patient?birthdate=hier", "value", "http.birthdate"),
    ("Observation?value-quantity=lourd", "value", "http.value-quantity"),
    ("Patient?_cursor=x", "value", "http._cursor"),
])
def test_what_is_not_offered_is_named(
    people: Essai, search: str, code: str, place: str
) -> None:
    issue = people.issue(people("GET", search, status=400))
    assert (issue["code"], issue["location"]) == (code, [place])


def test_a_lenient_client_is_told_what_was_left_aside(people: Essai) -> None:
    found = people("GET", "Patient?couleur=bleu&gender=male", prefer="handling=lenient").json()
    modes = [entry["search"]["mode"] for entry in found["entry"]]
    assert modes == ["match", "outcome"]


