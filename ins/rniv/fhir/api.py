"""What the FHIR base of the store declares: Patient, its search, its versions, its operations."""

from __future__ import annotations

import functools
from dataclasses import replace

from ins import codes
from ins.fhir import fr_core
from ins.rniv.fhir import BASE
from ins.rniv.fhir.definitions import DEFINITIONS
from ins.rniv.fhir.ecriture import avant_ecriture, observer
from ins.rniv.fhir.parametres import PARAMETRES
from ins.rniv.store import RTYPE, SERVICE
from ins.rniv.wire.sortant import kick
from services.fhir.api import transactions_of
from services.fhir.declaration import FhirApi, Operation, ResourceType
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import Transaction

PATIENT = ResourceType(
    RTYPE,
    ("read", "vread", "search-type", "create", "update", "patch", "history-instance"),
    PARAMETRES,
    operations=(
        *(each.operation for each in DEFINITIONS),
        Operation("merge", "http://hl7.org/fhir/OperationDefinition/Patient-merge",
                  "Fusionne deux identités (opération de FHIR R5)."),
    ),
    profiles=(fr_core.profile("2.2.0", ins=False), codes.PROFIL_PATIENT_INS),
    documentation="Le matricule INS n'est rendu que pour une identité qualifiée. Une identité ne "
    "se supprime pas.",
    revincludes=("Patient:link",), includes=("Patient:link",),
    conditional=("create",), observe=observer, before_store=avant_ecriture,
)
API = FhirApi(
    SERVICE, BASE, "Socle : référentiel local d'identités (RNIV)",
    "Les identités d'un établissement ou d'un cabinet fictif, leur statut de confiance et ce qui "
    "les y a menées.",
    (PATIENT,), ("batch", "transaction"), spec="FHIR R4 (4.0.1), FR Core 2.2.0",
    guides=(f"{codes.FR_CORE}/ImplementationGuide/hl7.fhir.fr.core",), max_body=1024 * 1024,
    codes={"bundle": "rniv.bundle"},
)
_WRITES = ("rniv.create", "rniv.update", "rniv.patch", "rniv.bundle")


def interactions() -> tuple[Transaction, ...]:
    """Those of the FHIR machinery; what they write is told to whom it is to be told."""
    return tuple(_telling(each) if each.code in _WRITES else each for each in transactions_of(API))


def _telling(each: Transaction) -> Transaction:
    handler = each.handler
    assert handler is not None  # noqa: S101  (interactions have one)

    @functools.wraps(handler)
    async def handle(exchange: Exchange) -> Answer:
        made = await handler(exchange)
        kick(exchange.sandbox, exchange.tenant)
        return made

    return replace(each, handler=handle)
