"""Requirements on what is deposited: one function each, on a `Depot`, whatever the dialect."""

from dmp.rules import (
    acteurs,
    cda,
    listes,
    metadonnees,
    patient,
    piece,
    presence,
    types,
    visibilite,
)
from services.kernel.rules import rules_of

PATIENT_RULES = rules_of(patient)
RULES = rules_of(presence, metadonnees, types, acteurs, patient, visibilite, piece, cda, listes)
