"""Every resource that the DMP answers, before two judges: HL7's schema and fhir.resources."""

from __future__ import annotations

import importlib
from typing import Any

import httpx
import pytest

from services.fhir.structure import check
from tests.dmp.conftest import Dmp
from tests.dmp.messages import PATIENT_ID, lot, subject

SEARCHES = {
    "documents": ("DocumentReference", {"patient": PATIENT_ID, "status": "current"}),
    "lots": ("List", {"patient": PATIENT_ID, "status": "current", "code": "submissionset"}),
    "patients": ("Patient", {"identifier": "279035121518989"}),
    "consents": ("Consent", {"patient": PATIENT_ID}),
    "nothing": ("DocumentReference", {"patient": PATIENT_ID, "status": "superseded"}),
    "refusal": ("DocumentReference", {"patient": PATIENT_ID}),
    "capabilities": ("metadata", {}),
}


def judge(answer: httpx.Response) -> None:
    resource: dict[str, Any] = answer.json()
    assert check(resource) == []
    name = resource["resourceType"]
    module = importlib.import_module(f"fhir.resources.R4B.{name.lower()}")
    getattr(module, name).model_validate(resource)


@pytest.mark.parametrize("name", SEARCHES)
def test_what_is_found_is_valid(dmp: Dmp, name: str) -> None:
    dmp.deposit(lot())
    path, params = SEARCHES[name]
    judge(dmp.get(path, **params))


def test_what_is_answered_to_a_deposit_is_valid(dmp: Dmp) -> None:
    answer = dmp.post(lot())
    judge(answer)
    for one in answer.json()["entry"]:
        judge(dmp.get(
            one["response"]["location"], headers={"Accept": "application/fhir+json"}
        ))


def test_a_declared_consent_is_valid(dmp: Dmp) -> None:
    answer = dmp.post({
        "resourceType": "Consent", "status": "active", "patient": subject(),
        "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "DMP"}],
        "policyRule": {"text": "Accord du patient."}, "provision": {"period": {"end": "2100"}},
    }, "Consent")
    assert answer.status_code == 201
    judge(answer)
