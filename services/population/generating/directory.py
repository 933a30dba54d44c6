"""Structures and professionals from a seed. The i-th professional works in a structure of the
same seed, of a kind that suits the profession."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from services.population.codes import WITHOUT_FINESS
from services.population.generating.draws import Draws, Permutation
from services.population.generating.lists import communes, names
from services.population.matricule import keyed
from services.population.searching import plain

KINDS = (
    ("cabinet", "CABINET MEDICAL"), ("cabinet", "CABINET DE SOINS"),
    ("cabinet", "CABINET DE REEDUCATION"), ("maison_sante", "MAISON DE SANTE"),
    ("pharmacie", "PHARMACIE"), ("hopital", "HOPITAL"), ("laboratoire", "LABORATOIRE"),
    ("ehpad", "EHPAD"),
)
"""A block of structures: what each is, and how its name begins."""
BLOCK = 16
"""Professionals for one block of structures."""
STRUCTURES = 100_000
"""Of one seed: as many as SIREN of five digits."""
STREETS = ("DE LA MAIRIE", "DE L'EGLISE", "DU MOULIN", "DES ECOLES", "DU LAVOIR", "DE LA GARE",
           "DU CHATEAU", "DES TILLEULS", "DE LA FONTAINE", "DU VERGER")
JOBS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    *(("10", specialty, (0, 3, 5)) for specialty in (
        "SM54", "SM54", "SM54", "SM26", "SM04", "SM40", "SM42", "SM18")),
    *(("60", "", (1, 3, 5, 7)) for _ in range(6)), *(("21", "", (4, 4, 5)) for _ in range(3)),
    *(("70", "", (2, 3)) for _ in range(3)), ("40", "", (0,)), ("50", "", (3, 5)),
    ("91", "", (2,)), ("80", "", (2,)), ("92", "", (5,)), ("10", "SM03", (6,)),
)
"""Profession, specialty, places in the block; the more usual, the more often."""

Members = dict[str, Any]


def structures(seed: int, start: int = 0) -> Iterator[Members]:
    """The structures of that seed, in the shape of `/sandbox/structures`."""
    for index in range(start, STRUCTURES):
        yield structure(seed, index)


def professionals(seed: int, start: int = 0) -> Iterator[Members]:
    """The professionals of that seed, in the shape of `/sandbox/professionals`."""
    number = _order(seed, "professional", 10_000_000)
    for index in range(start, STRUCTURES // len(KINDS) * BLOCK):
        draws, known = Draws(seed, "professional", index), names()
        profession, specialty, places = draws.one_of(JOBS)
        sexe = draws.one_of(("F", "F", "M"))
        where = index // BLOCK * len(KINDS) + draws.one_of(places)
        rpps = keyed(f"997{number(index):07d}")
        yield {
            "id": f"professionnel-{seed}-{index}", "id_nat": f"8{rpps}", "rpps": rpps,
            "civilite": "MME" if sexe == "F" else "M",
            "nom": draws.early_of(known.noms).upper(),
            "prenom": draws.early_of(known.given(sexe, 1955 + draws.below(45))),
            "profession": {"code": profession}, "specialite": specialty,
            "structures": [{"id": f"structure-{seed}-{where}"}],
        }


def structure(seed: int, index: int) -> Members:
    """One structure; index: below STRUCTURES."""
    kind, title = KINDS[index % len(KINDS)]
    draws = Draws(seed, "structure", index)
    commune = draws.one_of(communes())
    siren = keyed(f"000{_order(seed, 'structure', STRUCTURES)(index):05d}")
    members = {
        "id": f"structure-{seed}-{index}", "nom": f"{title} {plain(commune.nom)}", "kind": kind,
        "siret": keyed(f"{siren}0001"), "voie_numero": str(draws.below(60) + 1),
        "voie_type": "RUE", "voie_libelle": draws.one_of(STREETS),
        "code_postal": commune.code_postal, "commune": plain(commune.nom),
        "commune_cog": commune.code,
        # Numbers that ARCEP keeps for works of fiction.
        "telephone": f"019900{draws.below(10_000):04d}",
    }
    if kind not in WITHOUT_FINESS:
        members["finess"] = keyed(f"99{_order(seed, 'finess', 1_000_000)(index):06d}")
    return members


@lru_cache(maxsize=8)
def _order(seed: int, kind: str, size: int) -> Permutation:
    return Permutation(seed, kind, size)
