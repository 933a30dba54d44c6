"""The patient's authorisation: who has it, who declares it, who is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dmp.conftest import Dmp
from tests.dmp.messages import (
    DOCTOR,
    HOSPITAL_DOCTOR,
    INS,
    OID,
    PATIENT_ID,
    PHARMACIST,
    SECRETARY,
    STRANGER,
    Json,
    lot,
    subject,
)

OPPOSED = "opposante-solange"


def consent(
    status: str = "active", *, patient: Json | None = None, id_nat: str = "", end: str = ""
) -> Json:
    provision: Json = {"type": "permit"}
    if end:
        provision["period"] = {"end": end}
    if id_nat:
        provision["actor"] = [{
            "role": {"coding": [{"code": "IRCP"}]},
            "reference": {"identifier": {
                "system": "urn:oid:1.2.250.1.71.4.2.1", "value": id_nat,
            }},
        }]
    return {
        "resourceType": "Consent", "status": status,
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": patient or subject(), "provision": provision,
    }


def search(dmp: Dmp, by: str, patient: str = PATIENT_ID) -> httpx.Response:
    answer: httpx.Response = dmp.get(
        "DocumentReference", by=by, patient=patient, status="current"
    )
    return answer


@pytest.mark.parametrize("id_nat", [DOCTOR, PHARMACIST])
def test_the_default_pair_reads_the_default_patient(dmp: Dmp, id_nat: str) -> None:
    assert search(dmp, id_nat).status_code == 200


def test_t_no_authorisation_no_search_and_no_document(dmp: Dmp) -> None:
    """Dossier §14: no authorisation, ITI-18 FindDocuments: refused."""
    id = dmp.deposit(lot())
    for answer in (
        search(dmp, STRANGER), dmp.get(f"Binary/{id}", by=STRANGER),
        dmp.get(f"DocumentReference/{id}", by=STRANGER),
        dmp.get("List", by=STRANGER, patient=PATIENT_ID, code="submissionset", status="current"),
    ):
        issue = dmp.refused(answer, 403, "DMPAccessDeniedByRightsService")
        assert "NON_EXISTE" in issue["diagnostics"]
        assert "POST /dmp/fhir/Consent" in issue["diagnostics"]


def test_the_default_pair_reads_nobody_else(dmp: Dmp) -> None:
    dmp.refused(search(dmp, DOCTOR, "nessi-ruth"), 403, "DMPAccessDeniedByRightsService")


def test_a_declared_professional_reads_and_then_no_more(dmp: Dmp) -> None:
    id = dmp.deposit(lot())

    declared = dmp.post(consent(), "Consent", by=STRANGER)

    assert declared.status_code == 201, declared.text
    assert declared.headers["x-sandbox-fidelity"] == "derived"
    location = declared.headers["location"]
    read = dmp.api.get(location, headers=dmp.bearer(STRANGER))
    assert read.json() == declared.json()
    assert dmp.get(f"Binary/{id}", by=STRANGER).status_code == 200

    ended = dmp.post(consent("inactive"), "Consent", by=STRANGER)

    assert ended.status_code == 201
    dmp.refused(dmp.get(f"Binary/{id}", by=STRANGER), 403, "DMPAccessDeniedByRightsService")


def test_the_default_authorisation_can_be_ended_and_declared_again(dmp: Dmp) -> None:
    dmp.post(consent("inactive"), "Consent").raise_for_status()
    dmp.refused(search(dmp, DOCTOR), 403, "DMPAccessDeniedByRightsService")
    dmp.post(consent(), "Consent").raise_for_status()
    assert search(dmp, DOCTOR).status_code == 200


def test_an_authorisation_ends_by_itself(dmp: Dmp, api: httpx.Client) -> None:
    """Dossier §14: expired authorisation."""
    dmp.post(consent(end="2001-01-01"), "Consent", by=STRANGER).raise_for_status()
    issue = dmp.refused(search(dmp, STRANGER), 403, "DMPAccessDeniedByRightsService")
    assert "EXPIRE" in issue["diagnostics"]
    dmp.post(consent(end="2100-01-01"), "Consent", by=STRANGER).raise_for_status()
    assert search(dmp, STRANGER).status_code == 200


@pytest.mark.parametrize(("end", "last"), [
    ("9999", "9999-12-31T23:59:59.999Z"), ("9999-12-31", "9999-12-31T23:59:59.999Z"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"),
    ("0999-01-01", "0999-01-01T23:59:59.999Z"),
    ("2100-01-01", "2100-01-01T23:59:59.999Z"),
    ("2100-01-01T00:00:00+02:00", "2099-12-31T22:00:00.999Z"),
])
def test_an_authorisation_has_its_end_as_an_instant(dmp: Dmp, end: str, last: str) -> None:
    declared = dmp.post(consent(end=end), "Consent", by=STRANGER)
    assert declared.status_code == 201, declared.text
    assert declared.json()["provision"]["period"]["end"] == last
    assert dmp.get("Consent", patient=PATIENT_ID).json()["total"] == 3
    assert (search(dmp, STRANGER).status_code == 200) is (end > "2026")


@pytest.mark.parametrize(("params", "status", "code"), [
    ({"_id": "x"}, 400, "parameter-unknown"), ({"_lastUpdated": "2026"}, 400, "parameter-unknown"),
])
def test_a_list_of_authorisations_takes_the_patient_alone(
    dmp: Dmp, params: dict[str, str], status: int, code: str
) -> None:
    dmp.refused(dmp.get("Consent", patient=PATIENT_ID, **params), status, code)
    counted = dmp.get("Consent", patient=PATIENT_ID, _count="0").json()
    assert (counted["total"], "entry" in counted) == (2, False)


def test_t_a_blocked_professional_is_refused(dmp: Dmp) -> None:
    """Dossier §14: blocked professional."""
    patient = {"reference": f"Patient/{OPPOSED}"}
    blocked = dmp.post(consent(patient=patient), "Consent", by=HOSPITAL_DOCTOR)
    dmp.refused(blocked, 403, "DMPAccessForbidden")
    issue = dmp.refused(search(dmp, HOSPITAL_DOCTOR, OPPOSED), 403, "DMPAccessForbidden")
    assert "INTERDIT" in issue["diagnostics"]
    dmp.post(consent(patient=patient), "Consent", by=STRANGER).raise_for_status()
    assert search(dmp, STRANGER, OPPOSED).status_code == 200


def states(dmp: Dmp, patient: str) -> dict[str, tuple[str, str]]:
    body: Any = dmp.get("Consent", patient=patient).json()
    found = {}
    for entry in body.get("entry", []):
        one = entry["resource"]
        actor = one["provision"]["actor"][0]["reference"]["identifier"]["value"]
        found[actor] = (one["status"], one["provision"]["type"])
    return found


def test_everyone_declared_or_blocked_is_listed(dmp: Dmp) -> None:
    assert states(dmp, PATIENT_ID) == {
        DOCTOR: ("active", "permit"), PHARMACIST: ("active", "permit"),
    }
    assert states(dmp, OPPOSED) == {HOSPITAL_DOCTOR: ("active", "deny")}
    dmp.post(consent("inactive"), "Consent").raise_for_status()
    dmp.post(consent(), "Consent", by=STRANGER).raise_for_status()
    assert states(dmp, PATIENT_ID) == {
        DOCTOR: ("inactive", "permit"), PHARMACIST: ("active", "permit"),
        STRANGER: ("active", "permit"),
    }
    by_ins = dmp.get("Consent", patient__identifier=f"urn:oid:{OID}|{INS}").json()
    assert by_ins["total"] == 3


def test_every_listed_consent_is_read_by_its_address(dmp: Dmp) -> None:
    for patient in (PATIENT_ID, OPPOSED):
        for entry in dmp.get("Consent", patient=patient).json()["entry"]:
            answer = dmp.api.get(entry["fullUrl"], headers=dmp.bearer(DOCTOR))
            assert answer.json() == entry["resource"]


def test_nobody_declares_for_another(dmp: Dmp) -> None:
    answer = dmp.post(consent(id_nat=PHARMACIST), "Consent", by=STRANGER)
    issue = dmp.refused(answer, 403, "DMPAccessDeniedByRightsService")
    assert issue["expression"] == ["Consent.provision.actor"]


def test_a_secretary_declares_for_her_structure_and_reads_nothing(dmp: Dmp) -> None:
    """PDT-INF-526 v1.8: TD0.3 and TD3.1 of a CPE."""
    declared = dmp.post(consent(id_nat=HOSPITAL_DOCTOR), "Consent", by=SECRETARY)
    assert declared.status_code == 201, declared.text
    assert search(dmp, HOSPITAL_DOCTOR).status_code == 200
    for refused in (
        dmp.post(consent(id_nat=STRANGER), "Consent", by=SECRETARY),
        dmp.post(consent("inactive", id_nat=HOSPITAL_DOCTOR), "Consent", by=SECRETARY),
        search(dmp, SECRETARY), dmp.get("Consent", by=SECRETARY, patient=PATIENT_ID),
    ):
        dmp.refused(refused, 403, "DMPAccessDeniedByRightsService")


@pytest.mark.parametrize(("ins", "status", "code"), [
    ("299999999999999", 404, "XDSUnknownPatientId"),
    ("153078987658513", 404, "XDSUnknownPatientId"),
    ("202096615708958", 403, "DMPClosed"),
])
def test_an_authorisation_wants_an_open_dmp(
    dmp: Dmp, ins: str, status: int, code: str
) -> None:
    issue = dmp.refused(dmp.post(consent(patient=subject(ins)), "Consent"), status, code)
    assert issue["expression"] == ["Consent.patient"]


@pytest.mark.parametrize("body", [
    consent("draft"), {"resourceType": "Consent"}, consent(end="2026-02-30"),
], ids=["draft", "empty", "impossible date"])
def test_a_consent_that_says_nothing_clear_is_refused(dmp: Dmp, body: Json) -> None:
    dmp.refused(dmp.post(body, "Consent", by=STRANGER), 400, "invalid")
    dmp.refused(search(dmp, STRANGER), 403, "DMPAccessDeniedByRightsService")


def test_authorisations_stay_in_their_tenant(dmp: Dmp, tenant: str, token: Any) -> None:
    dmp.post(consent(), "Consent", by=STRANGER).raise_for_status()
    there = str(dmp.api.base_url).rstrip("/") + "-autre"
    foreign = token(STRANGER, tenant_name=f"{tenant}-autre")
    answer = httpx.get(
        f"{there}/dmp/fhir/DocumentReference", trust_env=False,
        params={"patient": PATIENT_ID, "status": "current"},
        headers={"Authorization": f"Bearer {foreign}"},
    )
    dmp.refused(answer, 403, "DMPAccessDeniedByRightsService")
