"""What is there before any call: the default persona pair is authorised for the default patient."""

from __future__ import annotations

import re
from functools import cache

from dmp.domain import Declaration
from services.population import Patient
from services.population.base import base

DEFAULT_MATRICULE = "2790351215189"
"""PAT-TROIS, whose documents are the official CDA examples."""
DEFAULT_PROFESSIONS = ("10", "21")
"""Doctor and pharmacist: the first of each in the base population."""


@cache
def default_readers() -> tuple[str, ...]:
    """`id_nat` of the default persona pair."""
    everyone = base().professionals.values()
    return tuple(
        next(one.id_nat for one in everyone if one.profession == profession)
        for profession in DEFAULT_PROFESSIONS
    )


def reads_by_default(patient: Patient, id_nat: str) -> bool:
    """Whether this professional is authorised in every fresh tenant."""
    return patient.matricule.value == DEFAULT_MATRICULE and id_nat in default_readers()


def default_declarations(patient: Patient) -> list[Declaration]:
    """The authorisations of every fresh tenant, since for ever."""
    return [
        Declaration(default_id(patient, id_nat), patient.id, id_nat, active=True, since=0)
        for id_nat in default_readers() if reads_by_default(patient, id_nat)
    ]


def default_id(patient: Patient, id_nat: str) -> str:
    """Id of what nobody declared in the tenant: a default authorisation, or a block."""
    return f"{patient.id}.{re.sub('[^0-9A-Za-z]', '-', id_nat)}"
