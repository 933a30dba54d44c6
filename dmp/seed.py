"""What is there before any call: the default persona pair is authorised for the default patient."""

from __future__ import annotations

from dmp.domain import Declaration
from services.population import Patient, People

DEFAULT_MATRICULE = "2790351215189"
"""PAT-TROIS, whose documents are the official CDA examples."""
DEFAULT_PROFESSIONS = ("10", "21")
"""Doctor and pharmacist: the first of each in the population."""


async def default_declarations(who: People, patient: Patient) -> list[Declaration]:
    """The authorisations that this patient gives in every fresh tenant, since for ever."""
    if patient.matricule.value != DEFAULT_MATRICULE:
        return []
    professionals = await who.professionals()
    found = []
    for profession in DEFAULT_PROFESSIONS:
        first = next((one for one in professionals if one.profession == profession), None)
        if first is not None:
            id = default_id(patient, first.id_nat)
            found.append(Declaration(id, patient.id, first.id_nat, active=True, since=0))
    return found


def default_id(patient: Patient, id_nat: str) -> str:
    """Id of what nobody declared in the tenant: a default authorisation, or a block."""
    return f"{patient.id}-{id_nat}"
