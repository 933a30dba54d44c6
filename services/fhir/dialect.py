"""The FHIR dialect: a refusal becomes an OperationOutcome."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from services.fhir import errors
from services.fhir.outcome import Issue, comparison, issue, operation_outcome
from services.kernel.errors import CatalogueError, Refusal, catalogue
from services.kernel.exchange import Answer, Exchange

FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class Place:
    """One of several faults of the same refusal: FHIRPath and French sentence."""

    at: str
    details: str


class ManyFaults(Refusal):
    """A refusal that names several places; other dialects show the first."""

    __slots__ = ("places",)

    def __init__(self, error: CatalogueError, places: tuple[Place, ...]) -> None:
        super().__init__(error, places[0].details, places[0].at)
        self.places = places


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
    error, system = refusal.error, error_system(exchange)
    if isinstance(refusal, ManyFaults):
        places = refusal.places
    else:
        text = comparison(refusal.details, refusal.expected, refusal.found)
        places = (Place(refusal.at, text),)
    return [
        issue(
            "fatal" if error.issue == "exception" else "error", error.issue, text=error.label,
            coding=(system, error.code), diagnostics=place.details, at=place.at,
        )
        for place in places
    ]


FHIR = FhirDialect()
