"""Codes of the e-prescription: kinds of line, outcomes, states, professions, numbers."""

from __future__ import annotations

import re
from enum import StrEnum

OID_NUMERO = "1.2.250.1.215.500.1.1"
"""System of the unique prescription number (CI-SIS CDA volets)."""

# DEFAULT(number): the real alphabet and the four base-32 components are not public.
NUMERO = re.compile(r"[0-9A-Z]{18}")
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 of our own generator: no I, L, O, U. Not the official alphabet."""

NOM_MAX = 100
"""Longest family name of the web service (EF_EP04.01)."""


class EprescType(StrEnum):
    """Kind of a line: the discriminator `eprescType`, exactly these eight."""

    MEDICAMENT = "medicament"
    DISPOSITIF_MEDICAL = "dispositifMedical"
    KINESITHERAPIE = "acteKinesitherapie"
    BIOLOGIE = "acteBiologieMedicale"
    INFIRMIER = "acteInfirmier"
    PEDICURIE = "actePedicurie"
    ORTHOPHONIE = "acteOrthophonie"
    ORTHOPTIE = "acteOrthoptie"


class Nature(StrEnum):
    """What an EP4 call does with the number."""

    # DEFAULT(nature): how the real EP4 cancels is not public.
    CREATION = "CREATION"
    ANNULATION = "ANNULATION"


class Resultat(StrEnum):
    """Outcome of a line in EP1."""

    # DEFAULT(outcomes): the official list is not public.
    DELIVRE = "DELIVRE"
    DELIVRE_GENERIQUE = "DELIVRE_GENERIQUE"
    DELIVRE_POSOLOGIE_MODIFIEE = "DELIVRE_POSOLOGIE_MODIFIEE"
    DELIVRE_PARTIEL = "DELIVRE_PARTIEL"
    NON_DELIVRE_PATIENT = "NON_DELIVRE_PATIENT"
    NON_DELIVRE_RUPTURE = "NON_DELIVRE_RUPTURE"
    NON_DELIVRE_PHARMACEUTIQUE = "NON_DELIVRE_PHARMACEUTIQUE"
    NON_DELIVRE_REGLE = "NON_DELIVRE_REGLE"

    @property
    def delivers(self) -> bool:
        return self.value.startswith("DELIVRE")


class EtatLigne(StrEnum):
    """State of a line, computed from its executions."""

    # DEFAULT(states): the official states are not public.
    A_EXECUTER = "A_EXECUTER"
    PARTIELLE = "PARTIELLE"
    TERMINEE = "TERMINEE"
    NON_EXECUTEE = "NON_EXECUTEE"
    ANNULEE = "ANNULEE"
    EXPIREE = "EXPIREE"
    MASQUE = "MASQUE"


class Etat(StrEnum):
    """State of a prescription, computed from its lines."""

    ENREGISTREE = "ENREGISTREE"
    EN_COURS = "EN_COURS"
    EXECUTEE = "EXECUTEE"
    ANNULEE = "ANNULEE"
    EXPIREE = "EXPIREE"
    MASQUE = "MASQUE"


MOTIFS_NON_SUBSTITUTION = ("MTE", "EFG", "CIF")
"""Reasons a prescriber may give (order of 12 November 2019); MTE-PH is the pharmacist's own."""

_T = EprescType
EVERY_TYPE = frozenset(EprescType)

# DEFAULT(prescribers): which kinds the real EP4 accepts from each profession is not public; the
# limited rights of the public health code are kept at the kind's level only.
PRESCRIPTEURS: dict[str, frozenset[EprescType]] = {
    "10": EVERY_TYPE,
    "40": EVERY_TYPE,
    "50": EVERY_TYPE,
    "60": frozenset({_T.MEDICAMENT, _T.DISPOSITIF_MEDICAL}),
    "70": frozenset({_T.DISPOSITIF_MEDICAL}),
    "80": frozenset({_T.MEDICAMENT, _T.DISPOSITIF_MEDICAL}),
    "91": frozenset({_T.DISPOSITIF_MEDICAL}),
    "92": frozenset({_T.DISPOSITIF_MEDICAL}),
}
"""Profession code (TRE_G15) → kinds of line it may prescribe."""

# DEFAULT(executants): derived from the professions' own acts.
EXECUTANTS: dict[str, frozenset[EprescType]] = {
    "21": frozenset({_T.MEDICAMENT, _T.DISPOSITIF_MEDICAL}),
    "26": frozenset({_T.DISPOSITIF_MEDICAL}),
    "28": frozenset({_T.DISPOSITIF_MEDICAL}),
    "60": frozenset({_T.INFIRMIER}),
    "70": frozenset({_T.KINESITHERAPIE}),
    "80": frozenset({_T.PEDICURIE}),
    "81": frozenset({_T.DISPOSITIF_MEDICAL}),
    "91": frozenset({_T.ORTHOPHONIE}),
    "92": frozenset({_T.ORTHOPTIE}),
}
"""Profession code (TRE_G15) → kinds of line it may read and execute."""

SAVOIR_FAIRE_BIOLOGIE = "SM03"
SECTION_BIOLOGISTES = "G"
