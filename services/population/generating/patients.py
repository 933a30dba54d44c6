"""Patients from a seed: invented matricules that no two of them share."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from functools import cache
from typing import Any

from services.population.generating.draws import Draws, Permutation
from services.population.generating.lists import communes, names
from services.population.matricule import FIRST_ORDER, OID_NIR_TEST, invented, key_of
from services.population.searching import plain

FIRST_YEAR, YEARS = 1930, 96
"""Fewer than a hundred: the matricule has two digits of the year."""
MINOR_FROM = 2009
ORDERS = 1000 - FIRST_ORDER
GIVEN_NAMES = (1, 1, 2, 2, 3)

Members = dict[str, Any]


def patients(seed: int, start: int = 0) -> Iterator[Members]:
    """The patients of that seed from the start-th on, in the shape of `/sandbox/patients`."""
    place = Permutation(seed, "patient", capacity())
    for index in range(start, place.size):
        yield _patient(seed, index, place(index))


@cache
def capacity() -> int:
    """How many different patients one seed gives."""
    return 2 * YEARS * 12 * len(communes()) * ORDERS


def _patient(seed: int, index: int, slot: int) -> Members:
    slot, order = divmod(slot, ORDERS)
    slot, where = divmod(slot, len(communes()))
    slot, month = divmod(slot, 12)
    woman, year = divmod(slot, YEARS)
    sexe, year, month = "F" if woman else "M", FIRST_YEAR + year, month + 1
    draws = Draws(seed, "patient", index)
    date = f"{year}-{month:02d}-{draws.below(monthrange(year, month)[1]) + 1:02d}"
    commune, known = communes()[where], names()
    matricule = invented(sexe, date, commune.code, FIRST_ORDER + order)
    given = [draws.early_of(known.given(sexe, year)) for _ in range(draws.one_of(GIVEN_NAMES))]
    members: Members = {
        "id": f"patient-{seed}-{index}", "matricule": matricule, "cle": key_of(matricule),
        "oid": OID_NIR_TEST, "nom_naissance": _plain(draws.early_of(known.noms)),
        "prenoms": [_plain(name) for name in dict.fromkeys(given)], "sexe": sexe,
        "date_naissance": date, "lieu_naissance": commune.code,
    }
    if woman and year < 1995 and draws.below(5) < 2:
        members["nom_utilise"] = _plain(draws.early_of(known.noms))
    if year >= MINOR_FROM:
        members["dmp"] = {"minor": True}
    elif draws.below(12) == 0:
        members["dmp"] = {"status": "none"}
    return members


_plain = cache(plain)
