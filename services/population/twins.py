"""The rank of birth, by which a carte Vitale and INSi tell twins apart. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from services.population.models import Patient


def rank_of_birth(patient: Patient, others: Iterable[Patient]) -> int:
    """1 for who is no twin. others: everybody of that birth name, among whom twins are born on the
    same day in the same place.

    DEFAULT(vitale): who of twins was born first is not known: the order is that of the matricules.
    """
    twins = [
        one for one in others if (one.date_naissance, one.lieu_naissance) == (
            patient.date_naissance, patient.lieu_naissance
        )
    ]
    return 1 + sum(one.matricule.value < patient.matricule.value for one in twins)
