"""Virtual cartes Vitale: who is on one, and how a reader writes it. Pure.

DEFAULT(vitale): the files of a card are not public. A card here says what middleware shows of it;
régime, caisse and rights of a default card are invented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from services.population.models import Patient

Nature = Literal["reelle", "demo", "test"]
Type = Literal["V1IGEA", "V1SCOT", "V2"]
FormeDate = Literal["date", "dateEnCarte"]
SERIAL_DIGITS, APCV_DIGITS = 9, 12


@dataclass(frozen=True, slots=True)
class Droits:
    """A period of rights, `YYYY-MM-DD`; fin "" while it has no end."""

    debut: str = "2024-01-01"
    fin: str = ""


def en_cours(droits: tuple[Droits, ...], le: str) -> Droits | None:
    """The period of that day; else the last that began before it, else the first; None for none."""
    begun = sorted((each for each in droits if each.debut <= le), key=lambda each: each.debut)
    running = [each for each in begun if not each.fin or le <= each.fin]
    return next(iter([*running[-1:], *begun[-1:], *droits]), None)


@dataclass(frozen=True, slots=True)
class Beneficiaire:
    """Someone on a card. patient: sandbox id; qualite: AMO code, `0` the insured; nir_certifie:
    whether the card has his own number; forme_date: which of the two dates the card holds
    (`dateEnCarte` lacks the century). rang, the names and date stand on the card in place of what
    the patient's identity says, when not "": rang of birth, date as the card writes it."""

    patient: str
    qualite: str = "0"
    rang: str = ""
    nir_certifie: bool = True
    forme_date: FormeDate = "date"
    nom_usuel: str = ""
    nom_patronymique: str = ""
    prenom_usuel: str = ""
    date: str = ""
    droits: tuple[Droits, ...] = (Droits(),)


@dataclass(frozen=True, slots=True)
class Carte:
    """A card. serial: its number, 9 digits; apcv: that of the app, 12 digits; the first
    beneficiary is the insured. regime, caisse, centre: 2, 3 and 4 digits."""

    serial: str
    beneficiaires: tuple[Beneficiaire, ...]
    nature: Nature = "test"
    type: Type = "V2"
    fin_validite: str = "2099-12-31"
    regime: str = "01"
    caisse: str = "999"
    centre: str = "0000"
    apcv: str = ""

    @property
    def assure(self) -> Beneficiaire:
        return self.beneficiaires[0]


@dataclass(frozen=True, slots=True)
class Lu:
    """A beneficiary with the identity behind him. rang_de_naissance: what that says of it."""

    beneficiaire: Beneficiaire
    patient: Patient
    rang_de_naissance: str = "1"

    @property
    def rang(self) -> str:
        """Rank of birth, "1" for no twin."""
        return self.beneficiaire.rang or self.rang_de_naissance

    @property
    def nom_usuel(self) -> str:
        return self.beneficiaire.nom_usuel or self.patient.nom_utilise or self.patient.nom_naissance

    @property
    def nom_patronymique(self) -> str:
        """The birth name, "" where the card leaves it out: it is the usual name too."""
        own = self.beneficiaire.nom_patronymique or self.patient.nom_naissance
        return own if own != self.nom_usuel else ""

    @property
    def prenom_usuel(self) -> str:
        return self.beneficiaire.prenom_usuel or self.patient.prenoms[0]

    @property
    def date(self) -> str:
        """`JJMMAAAA`, "" when the card has the other form. Lunar dates as they are."""
        year, month, day = self.patient.date_naissance.split("-")
        wanted = self.beneficiaire.forme_date == "date"
        return (self.beneficiaire.date or f"{day}{month}{year}") if wanted else ""

    @property
    def date_en_carte(self) -> str:
        """`AAMMJJ`, "" when the card has the other form."""
        year, month, day = self.patient.date_naissance.split("-")
        wanted = self.beneficiaire.forme_date == "dateEnCarte"
        return (self.beneficiaire.date or f"{year[2:]}{month}{day}") if wanted else ""


def carte_par_defaut(patient: Patient, known: Mapping[str, Carte]) -> Carte:
    """The card that a patient has unless somebody said otherwise; known: cards with a public
    number, by the sandbox id of each person who is on one."""
    if patient.id in known:
        return known[patient.id]
    nature: Nature = "demo" if patient.matricule.oid.endswith(".11") else "test"
    since = max(Droits().debut, patient.date_naissance)
    return Carte(
        numero(patient.id, SERIAL_DIGITS),
        (Beneficiaire(patient.id, droits=(Droits(since),)),), nature,
        apcv=numero(f"apcv {patient.id}", APCV_DIGITS),
    )


def numero(text: str, digits: int) -> str:
    """A number that stays the same; the first digit is 9, which no public card has."""
    drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return "9" + str(drawn % 10 ** (digits - 1)).zfill(digits - 1)


def est_par_defaut(serial: str) -> bool:
    """Whether it has the form of a number that nobody chose."""
    return len(serial) == SERIAL_DIGITS and serial.isdecimal() and serial.startswith("9")


def carte_of(content: Mapping[str, Any]) -> Carte:
    """From what is stored: the members of `Carte`."""
    return Carte(**{**content, "beneficiaires": tuple(
        Beneficiaire(**{**each, "droits": tuple(Droits(**one) for one in each["droits"])})
        for each in content["beneficiaires"]
    )})


def with_numbers(carte: Carte) -> Carte:
    """With the app's number, when it has none."""
    return carte if carte.apcv else replace(
        carte, apcv=numero(f"apcv {carte.assure.patient}", APCV_DIGITS)
    )


@dataclass(frozen=True, slots=True)
class Lecture:
    """A card as read, everyone on it found. utilisateur: whose app it was read from, None for the
    insured."""

    carte: Carte
    lus: tuple[Lu, ...]
    utilisateur: Lu | None = None

    @property
    def assure(self) -> Lu:
        return self.lus[0]

    @property
    def user(self) -> Lu:
        return self.utilisateur or self.assure

    @property
    def others(self) -> tuple[Lu, ...]:
        """Dependants: the insured alone sees them."""
        return self.lus[1:] if self.user is self.assure else ()

    @property
    def numero_appli(self) -> str:
        """Number of the app: each user has his own."""
        if self.user is self.assure:
            return self.carte.apcv
        return numero(f"apcv {self.user.patient.id}", APCV_DIGITS)
