"""`$validate` on `/apcv/fhir`."""

from __future__ import annotations

from services.apcv.codes import FR_CORE
from services.apcv.fhir import BASE
from services.fhir.validating import validation

validate = validation("apcv", BASE, {
    "Patient": (f"{FR_CORE}/StructureDefinition/fr-core-patient-ins|2.2.0",),
})
