"""OperationOutcome: the one place that writes issues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from services.kernel.rules import Finding

Issue = dict[str, Any]

FINDING_SYSTEM = "urn:socle:constat"
LONG = 300
"""What a client sent is quoted up to this length."""

_HEADER = re.compile(r"Accept|Authorization|Prefer|[A-Z][A-Za-z]*(?:-[A-Za-z]+)+")
_FHIRPATH = re.compile(r"[A-Z][A-Za-z]*(?:[.\[]\S*)?")


def issue(
    severity: str,
    code: str,
    *,
    text: str,
    coding: tuple[str, str] | None = None,
    diagnostics: str = "",
    at: str = "",
) -> Issue:
    """One issue.

    severity: fatal, error, warning or information; code: FHIR issue type; text: French, shown to
    people; coding: (system, code) of a catalogue; at: where. A FHIRPath becomes `expression`, an
    HTTP header or `http.<parameter>` becomes `location`; another place joins the diagnostics.
    """
    details: dict[str, Any] = {"text": text}
    if coding:
        details["coding"] = [{"system": coding[0], "code": coding[1], "display": text}]
    made: Issue = {"severity": severity, "code": code, "details": details}
    if at.startswith("http."):
        made["location"] = [at]
    elif _HEADER.fullmatch(at):
        made["location"] = [f"http.{at}"]
    elif _FHIRPATH.fullmatch(at):
        made["expression"] = [at]
    elif at:
        diagnostics = f"{diagnostics} ({at})" if diagnostics else at
    if diagnostics:
        made["diagnostics"] = diagnostics
    return made


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource. FHIR wants at least one issue."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def findings_outcome(findings: Iterable[Finding]) -> dict[str, Any]:
    """Findings as an OperationOutcome, or one that says all is well."""
    issues = [finding_issue(finding) for finding in findings]
    if not issues:
        issues = [issue("information", "informational", text="Aucun constat.")]
    return operation_outcome(issues)


def finding_issue(finding: Finding) -> Issue:
    """One finding: the message, its rule as coding, and what was expected and found."""
    return issue(
        finding.severity, "business-rule", text=finding.message,
        coding=(FINDING_SYSTEM, finding.rule), at=finding.at,
        diagnostics=comparison(f"Source : {finding.source}.", finding.expected, finding.found),
    )


def comparison(text: str, expected: str, found: str) -> str:
    """`text`, then what was expected and what was found, as far as they are known."""
    parts = [text] if text else []
    if expected:
        parts.append(f"Attendu : {expected}.")
    if found:
        parts.append(f"Trouvé : {found if len(found) <= LONG else found[:LONG] + '…'}.")
    return " ".join(parts)
