"""Mail addresses: domains, and the patients' built from the matricule INS."""

from __future__ import annotations

from services.population.matricule import PATIENT_DOMAIN, has_right_key


def domain_of(address: str) -> str:
    """What follows the last `@`, lower case."""
    return address.rpartition("@")[2].lower()


def is_patient(address: str) -> bool:
    return domain_of(address) == PATIENT_DOMAIN


def names_a_matricule(address: str) -> bool:
    """Whether the local part is a matricule of 15 characters with its right key."""
    local = address.rpartition("@")[0].upper()
    return len(local) == 15 and has_right_key(local[:13], local[13:])
