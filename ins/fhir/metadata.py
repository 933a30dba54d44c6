"""What the façade declares about itself."""

from __future__ import annotations

from ins import codes
from ins.fhir import BASE
from ins.fhir.definitions import BATCH, VERIFY
from services.fhir.capability import Operation, ResourceType, capability_statement
from services.fhir.dialect import FHIR
from services.fhir.formats import BOTH
from services.fhir.resource import answer
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

_TYPES = (
    ResourceType(
        "Patient",
        operations=(
            Operation(
                "match", "http://hl7.org/fhir/OperationDefinition/Patient-match",
                "Recherche par traits : nom de naissance, prénom, sexe, date, lieu facultatif.",
            ),
            VERIFY.operation,
        ),
        profiles=(codes.PROFIL_PATIENT_INS,),
        documentation="La recherche par paramètres (ITI-78) est refusée : 403.",
    ),
    ResourceType("OperationDefinition", ("read",)),
)


@transaction(
    "ins.metadata", name="Déclaration de capacités de la façade INSi",
    spec="FHIR R4, capabilities", dialect=FHIR, routes=(f"GET {BASE}/metadata",),
    fidelity="default",
)
async def metadata(exchange: Exchange) -> Answer:
    made = capability_statement(
        exchange, BASE, "Socle : façade FHIR du téléservice INSi",
        "Façade propre à Socle : le vrai téléservice ne parle que SOAP. Mêmes règles, mêmes codes.",
        _TYPES,
        operations=(BATCH.operation,),
        guides=(
            "https://profiles.ihe.net/ITI/PDQm/ImplementationGuide/ihe.iti.pdqm",
            f"{codes.FR_CORE}/ImplementationGuide/hl7.fhir.fr.core",
        ),
        formats=BOTH,
    )
    return answer(made)
