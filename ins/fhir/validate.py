"""`$validate` on `/ins/fhir`."""

from __future__ import annotations

from ins import codes
from ins.fhir import BASE
from services.fhir.validating import validation

validate = validation("ins", BASE, {"Patient": (codes.PROFIL_PATIENT_INS,)})
