"""Cards and families that publications name. The people are the population's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.apcv.domain.carte import Beneficiaire, Carte, carte_par_defaut
from services.population.base import base

PUBLISHED = (
    Carte("468929507", (
        Beneficiaire("nessi-ruth"), Beneficiaire("de-vinci-donatello", "6"),
    ), type="V1SCOT", apcv="946892950700"),
    Carte("900000001", (
        Beneficiaire("adrquatre-adrien"), Beneficiaire("roco-lucienne", "2"),
    ), apcv="000464100004"),
    Carte("900000002", (
        Beneficiaire("desmaux-nathalie"), Beneficiaire("desmaux-paul", "6"),
    ), nature="demo", apcv="900000000002"),
)
"""Test card "INSi 01", the test user of the apCV, the demonstration card. Of the second only the
number of the app is public, of the third neither."""

CARTES: Mapping[str, Carte] = MappingProxyType({
    each.patient: carte for carte in PUBLISHED for each in carte.beneficiaires
})
"""By the sandbox id of everyone who is on one."""


def by_serial(serial: str) -> Carte | None:
    """A default card of the base population, by its number."""
    for carte in PUBLISHED:
        if carte.serial == serial:
            return carte
    every = (carte_par_defaut(one, CARTES) for one in base().patients.values())
    return next((carte for carte in every if carte.serial == serial), None)
