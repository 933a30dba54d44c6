"""The INS datamatrix: its text written, and read block after block. Pure.

Source: Datamatrix INS v2.2.20230926: a header of 26 characters, then blocks (identifier of two
characters, value), `<GS>` after a variable value that is neither as long as it may be nor last.
Blocks are read in sequence: `S5` inside a name is part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.population.models import Matricule, Patient

GS: Final = "\x1d"
ENTETE: Final = "IS01" + "0" * 22
VERSION: Final = "Datamatrix INS v2.2.20230926"
_IDENTIFIER: Final = re.compile(r"[A-Z][0-9]", re.ASCII)
_ECRITE: Final = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_SAISIE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NEXT: Final = re.compile(f"{GS}|S[1-7]")


@dataclass(frozen=True, slots=True)
class Champ:
    """What a block may hold. least, most: characters; a value of `least` == `most` is fixed."""

    nom: str
    least: int
    most: int
    obligatoire: bool = True

    @property
    def fixe(self) -> bool:
        return self.least == self.most

    @property
    def libre(self) -> bool:
        """Whether it is a name: of any length, without figures."""
        return self.least == 1 < self.most


CHAMPS: Final[Mapping[str, Champ]] = {
    "S1": Champ("matricule INS", 15, 15), "S2": Champ("OID", 19, 20),
    "S3": Champ("liste des prénoms de naissance", 1, 100), "S4": Champ("nom de naissance", 1, 100),
    "S5": Champ("sexe", 1, 1), "S6": Champ("date de naissance", 10, 10),
    "S7": Champ("lieu de naissance", 5, 5, obligatoire=False),
}
MEMBRES: Final[Mapping[str, str]] = {
    "S1": "matricule", "S2": "oid", "S3": "liste_prenoms", "S4": "nom_naissance", "S5": "sexe",
    "S6": "date_naissance", "S7": "lieu_naissance",
}
"""Block → member of `Lecture.traits`; S1 holds the key too."""


@dataclass(frozen=True, slots=True)
class Bloc:
    """A block as read. at: position of its identifier, from 1; end: what follows the value,
    `GS`, "fin" or "" for the next block."""

    id: str
    value: str
    at: int
    end: str

    @property
    def place(self) -> str:
        return f"{self.id}, caractère {self.at}"


@dataclass(frozen=True, slots=True)
class Lecture:
    """What a datamatrix says. reste: what could not be read as a block; reste_at: its position;
    known: the person of the sandbox who has the matricule, None when not looked up or unknown;
    looked_up: whether it was."""

    texte: str
    entete: str
    blocs: tuple[Bloc, ...]
    reste: str = ""
    reste_at: int = 0
    known: Patient | None = None
    looked_up: bool = False

    def bloc(self, id: str) -> Bloc | None:
        """The first block of that identifier."""
        return next((each for each in self.blocs if each.id == id), None)

    def value(self, id: str) -> str:
        found = self.bloc(id)
        return found.value if found is not None else ""

    @property
    def traits(self) -> dict[str, str]:
        """Under the names of the control API; the date as the message has it when unreadable."""
        date = _ECRITE.fullmatch(self.value("S6"))
        return {
            "matricule": self.value("S1")[:13], "cle": self.value("S1")[13:],
            "oid": self.value("S2"), "liste_prenoms": self.value("S3"),
            "nom_naissance": self.value("S4"), "sexe": self.value("S5"),
            "date_naissance": "-".join(date.groups()[::-1]) if date else self.value("S6"),
            "lieu_naissance": self.value("S7"),
        }


def lire(texte: str) -> Lecture:
    """Read a text, right or wrong, to its end."""
    blocs: list[Bloc] = []
    at = len(ENTETE)
    while at < len(texte):
        champ = CHAMPS.get(texte[at:at + 2])
        if champ is None:
            return Lecture(texte, texte[:26], tuple(blocs), texte[at:], at + 1)
        start = at + 2
        stop = texte.find(GS, start, start + champ.most + 1)
        end = stop if stop >= 0 else _end(texte, start, champ)
        closed = GS if texte[end:end + 1] == GS else "fin" if end == len(texte) else ""
        blocs.append(Bloc(texte[at:at + 2], texte[start:end], at + 1, closed))
        at = end + len(closed) if closed == GS else end
    return Lecture(texte, texte[:26], tuple(blocs))


def _end(texte: str, start: int, champ: Champ) -> int:
    """Where a value without separator ends: at its greatest length, save a name that goes on. What
    has the form of an identifier begins a block; no name holds a figure."""
    end = min(start + champ.most, len(texte))
    if not champ.libre or end == len(texte) or _IDENTIFIER.match(texte, end):
        return end
    found = _NEXT.search(texte, end)
    return found.start() if found is not None else len(texte)


def ecrire(traits: Mapping[str, str]) -> str:
    """The text of an identity; traits: as `Lecture.traits` names them, COG optional."""
    return ENTETE + "".join(_joined([(id, value) for id, value in _valeurs(traits) if value]))


def mal_mesures(traits: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Member, what it must be, what it is: those whose block would be taken for its neighbour's,
    being too short or too long, or that have not the form of a date."""
    date = traits["date_naissance"]
    if date and not _SAISIE.fullmatch(date):
        yield "date_naissance", "AAAA-MM-JJ, dates lunaires comprises", date
    for id, value in _valeurs(traits):
        champ, member = CHAMPS[id], MEMBRES[id]
        if not value or champ.libre or member == "date_naissance":
            continue
        if not champ.least <= len(value) <= champ.most:
            size = f"{champ.most}" if champ.fixe else f"{champ.least} ou {champ.most}"
            what = f"{champ.nom} de {size} caractères{', clé comprise' if id == 'S1' else ''}"
            yield member, what, f"{value[:40]} : {len(value)} caractères"


def _valeurs(traits: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Block, value."""
    for id, member in MEMBRES.items():
        value = traits[member] + (traits["cle"] if id == "S1" else "")
        date = _SAISIE.fullmatch(value) if id == "S6" else None
        yield id, "-".join(date.groups()[::-1]) if date else value


def traits_of(patient: Patient) -> dict[str, str]:
    """Of someone of the population."""
    active: Matricule = patient.matricule
    return {
        "matricule": active.value, "cle": active.cle, "oid": active.oid,
        "liste_prenoms": patient.liste_prenoms, "nom_naissance": patient.nom_naissance,
        "sexe": patient.sexe, "date_naissance": patient.date_naissance,
        "lieu_naissance": patient.lieu_naissance,
    }


def visible(texte: str) -> str:
    """The text with its separators as people write them."""
    return texte.replace(GS, "<GS>")


def _joined(values: Sequence[tuple[str, str]]) -> Iterator[str]:
    for rank, (id, value) in enumerate(values, 1):
        open_ended = len(value) < CHAMPS[id].most and not CHAMPS[id].fixe
        yield id + value + (GS if open_ended and rank < len(values) else "")
