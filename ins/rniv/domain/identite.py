"""One local identity: its strict traits, and how far it is trusted.

The status is what two axes say: whether INSi was asked and answered (I), whether a document of high
confidence was checked (C). RNIV v2.0, EXI SI 07.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ins.domain.recherche import date_civile
from ins.rniv.codes import BLOQUANTS, Methode, Statut
from services.population.models import Matricule

_STATUTS: dict[tuple[bool, bool], Statut] = {
    (False, False): "PROV", (True, False): "RECUP", (False, True): "VALI", (True, True): "QUAL",
}


@dataclass(frozen=True, slots=True)
class TraitsStricts:
    """The five strict traits. prenom: first birth given name; prenoms: their whole list.

    sexe: `M`, `F` or `I` (unknown); date_naissance: `YYYY-MM-DD`, lunar included;
    lieu_naissance: COG or "".
    """

    nom_naissance: str
    prenom: str
    prenoms: str
    sexe: str
    date_naissance: str
    lieu_naissance: str = ""

    @property
    def date_civile(self) -> str:
        """Completed as RNIV says where the calendar has no such date."""
        return date_civile(self.date_naissance)


@dataclass(frozen=True, slots=True)
class Avant:
    """What an identity was before it was merged: the axes and its matricule."""

    retrouvee: bool
    controlee: bool
    matricule: Matricule | None
    historique: tuple[Matricule, ...]


@dataclass(frozen=True, slots=True)
class Identite:
    """retrouvee: INSi gave its matricule (I); controlee: a document was checked (C).

    attributs: HOMA, DOUT, FICT, sorted; matricule: stored, and told to others only by `partagee`;
    methode: how the traits came; interrogee_le, controlee_le: `YYYY-MM-DD` or "" (of the call of
    INSi, of the check); piece: code of the document; remplacee_par: id of the identity that it was
    merged into, `avant` what it was; ipp: (authority, value) of its local identifiers.
    """

    traits: TraitsStricts
    ipp: tuple[tuple[str, str], ...] = ()
    retrouvee: bool = False
    controlee: bool = False
    attributs: tuple[str, ...] = ()
    matricule: Matricule | None = None
    historique: tuple[Matricule, ...] = ()
    methode: Methode = "SM"
    interrogee_le: str = ""
    controlee_le: str = ""
    piece: str = ""
    remplacee_par: str = ""
    avant: Avant | None = field(default=None)

    @property
    def statut(self) -> Statut:
        return _STATUTS[self.retrouvee, self.controlee]

    @property
    def bloquee(self) -> bool:
        """Whether an attribute forces it to be provisional and forbids any call of INSi."""
        return any(each in BLOQUANTS for each in self.attributs)

    @property
    def partagee(self) -> bool:
        """Whether its matricule may leave: qualified identities only (EXI ID 29)."""
        return self.statut == "QUAL" and self.matricule is not None and not self.remplacee_par

    def vue(self) -> Identite:
        """What others are told: without the matricule, unless it is qualified."""
        return self if self.partagee else replace(self, matricule=None, historique=())
