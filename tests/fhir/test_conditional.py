"""Conditional create, update, patch and delete, over the wire."""

from __future__ import annotations

import threading

import httpx
import pytest

from tests.fhir.conftest import Essai

IDENTIFIER = [{"system": "urn:ins", "value": "1"}]
PATIENT = {"resourceType": "Patient", "identifier": IDENTIFIER}


def test_a_conditional_create_makes_one(essai: Essai) -> None:
    made = essai("POST", "Patient", PATIENT, 201, if_none_exist="identifier=urn:ins|1")
    again = essai("POST", "Patient", PATIENT, 200, if_none_exist="Patient?identifier=urn:ins|1")
    assert again.json() == made.json()
    assert again.headers["location"] == made.headers["location"]
    essai("POST", "Patient", PATIENT, 201)
    issue = essai.issue(essai("POST", "Patient", PATIENT, 412, if_none_exist="identifier=1"))
    assert issue["code"] == "multiple-matches"


def test_simultaneous_conditional_creates_make_one(essai: Essai) -> None:
    statuses: list[int] = []

    def create() -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            answer = Essai(essai.url, essai.tenant, client)(
                "POST", "Patient", PATIENT, if_none_exist="identifier=urn:ins|1"
            )
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=create) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 11 + [201]
    assert len(essai.ids("Patient?identifier=urn:ins|1")) == 1


@pytest.mark.parametrize(("criteria", "status", "code"), [
    ("", 201, ""), ("_count=1", 412, "required"), ("couleur=bleu", 400, "not-supported"),
    ("identifier=", 412, "required"), ("birthdate=hier", 400, "value"),
])
def test_criteria_that_say_nothing_are_refused(
    essai: Essai, criteria: str, status: int, code: str
) -> None:
    headers = {"if_none_exist": criteria, "prefer": "handling=lenient"} if criteria else {}
    answer = essai("POST", "Patient", PATIENT, status, **headers)
    assert not code or essai.issue(answer)["code"] == code


def test_a_type_that_does_not_offer_it_refuses(essai: Essai) -> None:
    essai("POST", "Organization", {"resourceType": "Organization"}, 501, if_none_exist="name=x")
    issue = essai.issue(essai("DELETE", "Organization?name=x", status=501))
    assert "delete" in issue["diagnostics"]


def test_a_conditional_update(essai: Essai) -> None:
    made = essai("PUT", "Patient?identifier=urn:ins|1", PATIENT, 201).json()
    updated = essai("PUT", "Patient?identifier=urn:ins|1", {**PATIENT, "gender": "male"}, 200)
    assert (updated.json()["id"], updated.headers["etag"]) == (made["id"], 'W/"2"')
    same = {**PATIENT, "id": made["id"]}
    essai("PUT", "Patient?identifier=urn:ins|1", same, 200)
    essai("PUT", "Patient?identifier=urn:ins|1", {**PATIENT, "id": "autre"}, 400)
    essai("PUT", "Patient?identifier=urn:ins|1", same, 412, if_match='W/"1"')
    essai("POST", "Patient", PATIENT, 201)
    essai("PUT", "Patient?identifier=urn:ins|1", PATIENT, 412)


def test_a_conditional_update_may_name_what_it_creates(essai: Essai) -> None:
    made = essai("PUT", "Patient?identifier=urn:ins|1", {**PATIENT, "id": "choisi"}, 201)
    assert made.json()["id"] == "choisi"
    issue = essai.issue(
        essai("PUT", "Patient?identifier=urn:ins|2", {**PATIENT, "id": "choisi"}, 400)
    )
    assert issue["code"] == "invariant"
    essai("DELETE", "Patient/choisi", status=204)
    again = essai("PUT", "Patient?identifier=urn:ins|1", {**PATIENT, "id": "choisi"}, 201)
    assert again.headers["etag"] == 'W/"3"'
    practitioner = {"resourceType": "Practitioner", "id": "choisi", "identifier": IDENTIFIER}
    essai("PUT", "Practitioner?identifier=1", practitioner, 405)


def test_a_conditional_delete(essai: Essai) -> None:
    for rid in ("a", "b"):
        essai.put({**PATIENT, "id": rid})
    essai("DELETE", "Patient?identifier=urn:ins|1", status=412)
    essai("DELETE", "Patient?identifier=urn:ins|1&_id=a", status=204)
    essai("GET", "Patient/a", status=410)
    essai("DELETE", "Patient?identifier=urn:ins|1&_id=a", status=204)
    essai("DELETE", "Patient", status=412)
    essai("GET", "Patient/b", status=200)


def test_simultaneous_updates_all_count(essai: Essai) -> None:
    essai.put({**PATIENT, "id": "p"})
    statuses: list[int] = []

    def update() -> None:
        with httpx.Client(timeout=30, trust_env=False) as client:
            answer = Essai(essai.url, essai.tenant, client)(
                "PUT", "Patient/p", {**PATIENT, "id": "p"}
            )
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=update) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    found = essai("GET", "Patient/p/_history", status=200).json()
    assert found["total"] == 1 + statuses.count(200)
