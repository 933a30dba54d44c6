"""OperationOutcomes, judged by independent FHIR models and by HL7's schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from services.fhir import structure
from services.fhir.dialect import FHIR
from services.fhir.errors import INVALID_STRUCTURE
from services.fhir.outcome import findings_outcome, issue, operation_outcome
from services.kernel import errors
from services.kernel.errors import Refusal, together
from services.kernel.exchange import Exchange
from services.kernel.rules import Finding

FINDING = Finding(
    "R1", "warning", "Bundle.entry[0].resource", "12", "13", "Le titre est trop long.", "DMP §7"
)


@pytest.mark.parametrize(("at", "member", "value"), [
    ("Bundle.entry[0].resource.ofType(Patient).birthDate", "expression", None),
    ("Patient", "expression", None), ("Parameters.parameter[0]", "expression", None),
    ("Authorization", "location", "http.Authorization"),
    ("Content-Type", "location", "http.Content-Type"), ("http._count", "location", None),
    ("ligne 3, colonne 4", "diagnostics", "pourquoi (ligne 3, colonne 4)"),
])
def test_a_place_goes_where_fhir_wants_it(at: str, member: str, value: str | None) -> None:
    made = issue("error", "invalid", text="Non.", diagnostics="pourquoi", at=at)
    assert made[member] == (value or at if member == "diagnostics" else [value or at])
    OperationOutcome.model_validate(operation_outcome([made]))


def test_findings_are_issues() -> None:
    outcome = findings_outcome([FINDING])
    OperationOutcome.model_validate(outcome)
    assert structure.check(outcome) == []
    assert outcome["issue"] == [{
        "severity": "warning", "code": "business-rule",
        "details": {
            "text": "Le titre est trop long.",
            "coding": [{
                "system": "urn:socle:constat", "code": "R1", "display": "Le titre est trop long."
            }],
        },
        "expression": ["Bundle.entry[0].resource"],
        "diagnostics": "Source : DMP §7. Attendu : 12. Trouvé : 13.",
    }]
    assert findings_outcome([])["issue"][0]["severity"] == "information"


def refused(refusal: Refusal, exchange: Exchange | None = None) -> tuple[int, list[Any]]:
    answer = FHIR.refuse(refusal, exchange)
    outcome = orjson.loads(answer.body)
    assert answer.media_type == "application/fhir+json"
    OperationOutcome.model_validate(outcome)
    assert structure.check(outcome) == []
    return answer.status, outcome["issue"]


def test_a_refusal_names_service_code_label_and_place(
    exchange: Callable[..., Exchange]
) -> None:
    refusal = errors.MALFORMED("Détail.", at="Patient.name", expected="a", found="b")
    status, issues = refused(refusal, exchange(path="/ins/fhir/Patient/$match"))
    label = errors.MALFORMED.label
    assert status == 400
    assert issues == [{
        "severity": "error", "code": "structure",
        "details": {
            "text": label,
            "coding": [
                {"system": "urn:socle:erreur:ins", "code": "structure", "display": label}
            ],
        },
        "expression": ["Patient.name"], "diagnostics": "Détail. Attendu : a. Trouvé : b.",
    }]


def test_a_bug_of_ours_is_fatal_and_headers_are_kept() -> None:
    assert refused(errors.SANDBOX_BUG())[1][0]["severity"] == "fatal"
    answer = FHIR.refuse(errors.TOKEN_MISSING(headers={"WWW-Authenticate": "Bearer"}), None)
    assert (answer.status, dict(answer.headers)) == (401, {"WWW-Authenticate": "Bearer"})


def test_several_faults_are_several_issues() -> None:
    both = (("Patient.name", "Un."), ("Patient.gender", "Deux."))
    status, issues = refused(together(INVALID_STRUCTURE(said, at=at) for at, said in both))
    assert status == 400
    assert [i["expression"] for i in issues] == [["Patient.name"], ["Patient.gender"]]
    assert [i["diagnostics"] for i in issues] == ["Un.", "Deux."]
