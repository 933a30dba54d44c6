"""The FHIR dialect of a declared base: refusals in the format asked for, and what is not offered
named as FHIR names it."""

from __future__ import annotations

from services.fhir.api.call import segments_of, unsupported
from services.fhir.declaration import FhirApi
from services.fhir.dialect import FHIR
from services.fhir.formats import rendered, wanted_by_refusal
from services.kernel import errors
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange


class ApiDialect:
    """Renders the refusals of one base."""

    name = "fhir"
    errors = FHIR.errors

    def __init__(self, api: FhirApi) -> None:
        self._api = api

    def refuse(self, refusal: Refusal, exchange: Exchange | None) -> Answer:
        if exchange is not None and refusal.error in (
            errors.UNKNOWN_PATH, errors.METHOD_NOT_ALLOWED
        ):
            refusal = unsupported(
                self._api, exchange.method, segments_of(self._api, exchange.path)
            )
            exchange.error = refusal.error
        return rendered(FHIR.refuse(refusal, exchange), wanted_by_refusal(exchange))
