"""What the FHIR door declares about itself."""

from __future__ import annotations

from services.apcv.codes import FR_CORE
from services.apcv.fhir import BASE
from services.apcv.fhir.definitions import READ
from services.fhir.capability import ResourceType, capability_statement
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

_TYPES = (ResourceType(
    "Patient", profiles=(f"{FR_CORE}/StructureDefinition/fr-core-patient-ins",),
    documentation="Rendu par $apcv-read ; ni lecture ni recherche.",
), ResourceType("OperationDefinition", ("read",)))


@transaction(
    "apcv.metadata", name="Déclaration de capacités de la façade apCV",
    spec="FHIR R4, capabilities", dialect=FHIR, routes=(f"GET {BASE}/metadata",),
    fidelity="default",
)
async def metadata(exchange: Exchange) -> Answer:
    negotiate(exchange)
    return answer(capability_statement(
        exchange, BASE, "Socle : façade FHIR de l'appli carte Vitale",
        "Façade propre à Socle : le vrai service ne parle que SOAP. Mêmes codes, mêmes règles.",
        _TYPES, guides=(f"{FR_CORE}/ImplementationGuide/hl7.fhir.fr.core",),
        operations=(READ.operation,),
    ))
