"""`GET [base]/metadata`: the CapabilityStatement, from the declaration."""

from __future__ import annotations

from dataclasses import replace

from services.fhir.api.patching import JSON_PATCH
from services.fhir.capability import capability_statement
from services.fhir.declaration import ALWAYS, FhirApi
from services.fhir.dialect import FHIR_JSON
from services.fhir.formats import BOTH, FHIR_XML
from services.fhir.resource import answer
from services.kernel.exchange import Answer, Exchange


async def statement(api: FhirApi, exchange: Exchange) -> Answer:
    """Open to everyone, as FHIR wants it."""
    types = (
        replace(each, parameters=(*ALWAYS, *each.parameters))
        if "search-type" in each.interactions else each
        for each in api.types
    )
    made = capability_statement(
        exchange, api.base, api.title, api.description, types,
        guides=api.guides, interactions=api.interactions, formats=BOTH,
    )
    if any("patch" in each.interactions for each in api.types):
        made["patchFormat"] = [FHIR_JSON, FHIR_XML, JSON_PATCH]
    return answer(made)
