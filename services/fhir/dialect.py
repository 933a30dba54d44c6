"""The FHIR dialect: a refusal becomes an OperationOutcome."""

from __future__ import annotations

import orjson

from services.fhir import errors
from services.fhir.outcome import Issue, comparison, issue, operation_outcome
from services.kernel.errors import CatalogueError, Refusal, catalogue
from services.kernel.exchange import Answer, Exchange

FHIR_JSON = "application/fhir+json"


class FhirDialect:
    """FHIR R4 §2.36: every refusal carries an OperationOutcome."""

    name = "fhir"
    errors: tuple[CatalogueError, ...] = tuple(catalogue(errors))

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        body = orjson.dumps(operation_outcome(_issues(refusal, exchange)))
        return Answer(refusal.error.status, body, FHIR_JSON, tuple(refusal.headers.items()))


def error_system(exchange: Exchange | None) -> str:
    """Code system of a service's error codes, from the first segment of its paths."""
    service = exchange.path.lstrip("/").split("/", 1)[0] if exchange else ""
    return f"urn:socle:erreur:{service or 'socle'}"


def _issues(refusal: Refusal, exchange: Exchange | None) -> list[Issue]:
    """One for each thing that was wrong."""
    system = error_system(exchange)
    return [
        issue(
            "fatal" if each.error.issue == "exception" else "error", each.error.issue,
            text=each.error.label, coding=(system, each.error.code), at=each.at,
            diagnostics=comparison(each.details, each.expected, each.found),
        )
        for each in (refusal, *refusal.also)
    ]


FHIR = FhirDialect()
