"""Who may prescribe, read and execute which kinds of line."""

from __future__ import annotations

from services.e_prescription.codes import (
    EXECUTANTS,
    PRESCRIPTEURS,
    SAVOIR_FAIRE_BIOLOGIE,
    SECTION_BIOLOGISTES,
    EprescType,
)
from services.population import Professional

NONE: frozenset[EprescType] = frozenset()


def prescriptible(profession: str) -> frozenset[EprescType]:
    """Kinds of line this profession may register."""
    return PRESCRIPTEURS.get(profession, NONE)


def executable(profession: str, professional: Professional | None) -> frozenset[EprescType]:
    """Kinds of line this profession may read and execute; biologists are doctors or pharmacists."""
    types = EXECUTANTS.get(profession, NONE)
    if professional is not None and is_biologist(professional):
        types |= {EprescType.BIOLOGIE}
    return types


def is_biologist(professional: Professional) -> bool:
    return any(
        exercice.savoir_faire == SAVOIR_FAIRE_BIOLOGIE for exercice in professional.exercices
    ) or any(
        activity.section_pharmacien == SECTION_BIOLOGISTES for activity in professional.activities
    )


def rpps_of(id_nat: str) -> str:
    """The 11 digits of an `8`+RPPS national id, or "" for another kind of id."""
    return id_nat[1:] if len(id_nat) == 12 and id_nat.startswith("8") else ""
