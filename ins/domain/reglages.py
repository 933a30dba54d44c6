"""How INSi behaves for one tenant, and the answers that are put in place of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

SETTING = "ins"
ModeService = Literal["production", "cnda", "indisponible"]
Forme = Literal["direct", "fichier"]
FrCore = Literal["2.1.0", "2.2.0", "main"]


@dataclass(frozen=True, slots=True)
class Reglages:
    """mode: production (CR 01 exists), cnda (the editors' environment: a technical error in its
    place), indisponible (every operation fails); forme: of SOAP answers, as live or as in the
    CNDA's files; delai_lot, nouveau_delai: seconds, of a new lot and of one fetched early;
    lot_minimum, lot_maximum: identities; minutes_ps, minutes_vitale: life of an assertion;
    fr_core: version in which FHIR answers are written; equivalence: whether a search by traits
    takes hyphen, apostrophe and space for one another.
    """

    mode: ModeService = "production"
    forme: Forme = "direct"
    delai_lot: int = 60
    nouveau_delai: int = 180
    lot_minimum: int = 1
    lot_maximum: int = 100
    minutes_ps: int = 60
    minutes_vitale: int = 20
    fr_core: FrCore = "2.2.0"
    equivalence: bool = False


_DEFAULT = Reglages()


def reglages_of(settings: Mapping[str, Any]) -> Reglages:
    """Those of a tenant's settings."""
    stored = settings.get(SETTING)
    if stored is None:
        return _DEFAULT
    return Reglages(**{each.name: stored[each.name] for each in fields(Reglages)
                       if each.name in stored})


@dataclass(frozen=True, slots=True)
class Injection:
    """An answer to give in place of the real one: `fois` times, to the searches that it fits.

    reponse: a name of `MODELES`, or of a file; nom_naissance, prenom: what the search must hold, ""
    for any. fichier: whether it is a file of the tenant's own; adapter: whether the MessageID that
    it answers to is that of the call; lu: what was read in it, French.
    """

    id: str
    reponse: str
    fois: int
    nom_naissance: str = ""
    prenom: str = ""
    fichier: bool = False
    adapter: bool = False
    lu: str = ""

    def fits(self, nom_naissance: str, prenom: str) -> bool:
        return self.nom_naissance in ("", nom_naissance) and self.prenom in ("", prenom)


@dataclass(frozen=True, slots=True)
class Modele:
    """What an injection answers. code: of the report; patient: id in the base population; oid: in
    place of the patient's; prenoms: in place of the patient's; with_prenom: whether TIQ has
    `Prenom`; dates_first: whether INSHISTO begins with its dates; ancien: one more former
    matricule, with its key."""

    code: str
    patient: str = ""
    oid: str = ""
    prenoms: tuple[str, ...] = ()
    with_prenom: bool = False
    dates_first: bool = False
    ancien: tuple[str, str] | None = None


MODELES: Mapping[str, Modele] = {
    "REP_CR01": Modele("01"),
    "REP_CR02": Modele("02"),
    "TEST_1.10": Modele("00", "ecetinsi-pierre-alain", oid="1.2.250.1.213.1.4.9"),
    "TEST_2.04_cas2": Modele(
        "00", "ecetinsi-pierre-alain", dates_first=True, ancien=("2090663220123", "55")
    ),
    "TEST_2.05": Modele("00", "provisoire-matricule", with_prenom=True),
    "TEST_2.08_cas1": Modele("00", "corse-anthony", with_prenom=True),
    "TEST_2.08_cas2": Modele("00", "hermann-gatien", with_prenom=True),
    "TEST_3.05_cas3": Modele("00", "nessi-ruth", prenoms=("NATHALIE",), with_prenom=True),
}
"""The CNDA's files, made again by us from the same facts; REP_CR02 is ours."""
