"""The CapabilityStatement of `/dmp/fhir`."""

from __future__ import annotations

from dmp.fhir import BASE, consents, patient
from dmp.fhir.index import DOCUMENT_PARAMETERS, LIST_PARAMETERS
from services.fhir.capability import ResourceType, capability_statement
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

_PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm"
_PROFILES = f"{_PDSM}/StructureDefinition"

TYPES = (
    ResourceType(
        "DocumentReference", ("create", "read", "search-type"), DOCUMENT_PARAMETERS,
        profiles=(
            f"{_PROFILES}/pdsm-comprehensive-document-reference",
            f"{_PROFILES}/pdsm-simplified-publish",
        ),
    ),
    ResourceType(
        "List", ("read", "search-type"), LIST_PARAMETERS,
        profiles=(f"{_PROFILES}/pdsm-submissionset-comprehensive",),
    ),
    ResourceType("Binary", ("read",), documentation="Le document, dans son propre format."),
    ResourceType("Patient", ("read", "search-type"), patient.PARAMETERS),
    ResourceType(
        "Consent", ("create", "read", "search-type"), consents.PARAMETERS,
        documentation="Autorisation d'un professionnel : propre à Socle.",
    ),
)


@transaction(
    "dmp.metadata", name="Capacités du DMP en FHIR", spec="FHIR R4 §3.1.0.2", dialect=FHIR,
    routes=(f"GET {BASE}/metadata",), fidelity="derived",
)
async def capabilities(exchange: Exchange) -> Answer:
    """Open to all, without a token."""
    negotiate(exchange)
    return answer(capability_statement(
        exchange, BASE, "DMP (bac à sable)",
        "Partage de documents de santé en FHIR (PDSm). Le DMP réel n'a pas d'interface FHIR "
        "ouverte aux logiciels de professionnels : cette façade en est dérivée.",
        TYPES, guides=(f"{_PDSM}/ImplementationGuide/ans.fhir.fr.pdsm|3.1.1",),
        interactions=("transaction",),
    ))
