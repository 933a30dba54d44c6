"""Replacement (RPLC): the old document is superseded, the new one is in force."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import Cda, Json, attachment, lot, new_oid, subject


def replacing(reference: str) -> list[Json]:
    return [{"code": "replaces", "target": {"reference": reference}}]


def patch(id: str, value: str = "superseded") -> Json:
    """The PATCH that the draft PDSM4DMP sends along with a replacement."""
    return {
        "fullUrl": "urn:uuid:00000007-1111-4222-8333-444444444444",
        "resource": {"resourceType": "Parameters", "parameter": [{
            "name": "operation", "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "DocumentReference.status"},
                {"name": "value", "valueCode": value},
            ],
        }]},
        "request": {"method": "PATCH", "url": f"DocumentReference/{id}"},
    }


@pytest.mark.parametrize("designated", ["address", "absolute address", "uniqueId"])
def test_t_the_old_is_deprecated_and_the_new_has_its_own_logical_id(
    dmp: Dmp, designated: str
) -> None:
    """Dossier §14: RPLC, old Deprecated, new logicalId version 1."""
    oid = new_oid()
    old = dmp.deposit(lot(unique_id=oid))
    before = dmp.documents()[0]
    target: Any = {
        "address": replacing(f"DocumentReference/{old}"),
        "absolute address": replacing(f"{dmp.api.base_url}dmp/fhir/DocumentReference/{old}"),
        "uniqueId": [{"code": "replaces", "target": {
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{oid}"},
        }}],
    }[designated]

    new = dmp.deposit(lot(relatesTo=target))

    assert [one["id"] for one in dmp.documents()] == [new]
    gone = dmp.documents(status="superseded")
    assert [(one["id"], one["meta"]["versionId"]) for one in gone] == [(old, "2")]
    kept = {name: value for name, value in gone[0].items() if name not in ("meta", "status")}
    assert kept == {k: v for k, v in before.items() if k not in ("meta", "status")}
    current = dmp.documents()[0]
    assert current["meta"]["versionId"] == "1"
    assert current["identifier"] != gone[0]["identifier"]
    assert dmp.get(f"DocumentReference/{old}").headers["etag"] == 'W/"2"'
    assert dmp.get(f"Binary/{old}").status_code == 200


def test_a_replaced_document_is_found_through_its_successor(dmp: Dmp) -> None:
    old = dmp.deposit(lot())
    new = dmp.deposit(lot(relatesTo=replacing(f"DocumentReference/{old}")))
    found = dmp.documents(relatesto=f"DocumentReference/{old}", relation="replaces")
    assert [one["id"] for one in found] == [new]


def test_a_document_is_replaced_once(dmp: Dmp) -> None:
    old = dmp.deposit(lot())
    new = dmp.deposit(lot(relatesTo=replacing(f"DocumentReference/{old}")))
    again = dmp.post(lot(relatesTo=replacing(f"DocumentReference/{old}")))
    issue = dmp.refused(again, 409, "XDSRegistryError")
    assert issue["expression"] == ["Bundle.entry[1].resource.relatesTo"]
    assert [one["id"] for one in dmp.documents()] == [new]


def test_one_of_simultaneous_replacements_wins(dmp: Dmp) -> None:
    old = dmp.deposit(lot())
    bodies = [lot(relatesTo=replacing(f"DocumentReference/{old}")) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(dmp.post, bodies))
    assert statuses == [200] + [409] * 5
    assert len(dmp.documents()) == 1


def test_a_document_may_be_named_twice_by_its_replacement(dmp: Dmp) -> None:
    oid = new_oid()
    old = dmp.deposit(lot(unique_id=oid))
    twice = [*replacing(f"DocumentReference/{old}"), {"code": "replaces", "target": {
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{oid}"},
    }}]
    new = dmp.deposit(lot(relatesTo=twice))
    assert [one["id"] for one in dmp.documents()] == [new]


def test_two_fiches_of_a_lot_do_not_replace_one_document(dmp: Dmp) -> None:
    old = dmp.deposit(lot())
    both = [lot(relatesTo=replacing(f"DocumentReference/{old}")) for _ in range(2)]
    body = both[0]
    for entry in both[1]["entry"][1:]:
        entry["fullUrl"] = entry["fullUrl"].replace("1111", "2222")
        body["entry"].append(entry)
    attachment(body["entry"][3]["resource"])["url"] = body["entry"][4]["fullUrl"]
    issue = dmp.refused(dmp.post(body), 409, "XDSRegistryError")
    assert issue["expression"] == ["Bundle.entry[3].resource.relatesTo"]
    assert [one["id"] for one in dmp.documents()] == [old]


def test_simultaneous_deposits_of_one_unique_id_store_one(dmp: Dmp) -> None:
    oid = new_oid()
    dmp.bearer("899900000011")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(dmp.post, [lot(unique_id=oid) for _ in range(6)]))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(dmp.documents()) == 1


def test_another_patients_document_is_not_replaced(dmp: Dmp) -> None:
    old = dmp.deposit(lot(subject=subject("277076322082910")))
    issue = dmp.refused(
        dmp.post(lot(relatesTo=replacing(f"DocumentReference/{old}"))), 422,
        "XDSPatientIdDoesNotMatch",
    )
    assert issue["expression"] == ["Bundle.entry[1].resource.relatesTo"]
    assert dmp.documents() == []


def test_the_draft_of_the_dmp_sends_a_patch_along(dmp: Dmp) -> None:
    old = dmp.deposit(lot())
    body = lot(relatesTo=replacing(f"DocumentReference/{old}"))
    body["entry"].insert(2, patch(old))

    answer = dmp.post(body)

    assert answer.status_code == 200, answer.text
    assert [one["response"]["status"] for one in answer.json()["entry"]] == [
        "201 Created", "201 Created", "200 OK", "201 Created",
    ]
    assert answer.json()["entry"][2]["response"]["location"] == f"DocumentReference/{old}"
    assert [one["id"] for one in dmp.documents(status="superseded")] == [old]


@pytest.mark.parametrize("value", ["current", "superseded"])
def test_another_patch_is_refused(dmp: Dmp, value: str) -> None:
    old, other = dmp.deposit(lot()), dmp.deposit(lot())
    body = lot(relatesTo=replacing(f"DocumentReference/{old}"))
    body["entry"].append(patch(old if value == "current" else other, value))
    issue = dmp.refused(dmp.post(body), 400, "invalid")
    assert issue["expression"] == ["Bundle.entry[3].resource"]
    assert len(dmp.documents()) == 2


def test_a_cda_that_replaces_without_saying_so_is_a_finding(dmp: Dmp, findings: Any) -> None:
    oid = new_oid()
    dmp.deposit(lot(Cda(oid, replaces="1.2.3").encode(), oid))
    assert findings() == ["SOCLE-DMP-CDA-REMPLACEMENT"]
