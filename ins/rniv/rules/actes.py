"""What is done to an identity: calls of INSi, checks of documents, as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ins.rniv import errors
from ins.rniv.codes import HAUTE_CONFIANCE
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.pieces import Controle, defaut
from ins.rules.documents import GUIDE, RNIV
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Validation:
    """A document that is said to be checked."""

    identite: Identite
    controle: Controle


@dataclass(frozen=True, slots=True)
class Doublon:
    """A matricule that INSi or a message gave, the other identities that hold it already, and where
    it was."""

    ins: str
    autres: tuple[str, ...]
    at: str = "Patient.identifier"


@dataclass(frozen=True, slots=True)
class Naissance:
    """A date of birth as it came, the day when it did (`YYYY-MM-DD` both), and where it was."""

    date: str
    aujourdhui: str
    at: str


@rule(
    "RNIV-NAISSANCE-FUTURE", severity="warning", observable="state",
    message="Une date de naissance n'est pas à venir.",
    source=RNIV.at("(traits stricts)"),
)
def deja_ne(naissance: Naissance) -> Iterator[Mismatch]:
    if naissance.date > naissance.aujourdhui:
        yield Mismatch(naissance.at, f"au plus tard {naissance.aujourdhui}", naissance.date)


@rule(
    "RNIV-STATUT-BLOQUE", severity="error", observable="state",
    message="Une identité douteuse ou fictive reste provisoire.",
    source=RNIV.at("(EXI SI 09)"), refuses=errors.STATUT_BLOQUE,
)
def statut_permis(validation: Validation) -> Iterator[Mismatch]:
    if validation.identite.bloquee:
        yield Mismatch("Patient.extension", "aucun attribut DOUT ou FICT",
                       ", ".join(validation.identite.attributs))


@rule(
    "EXI SI 10", severity="error", observable="state",
    message="Une identité se valide sur un dispositif à haut niveau de confiance, dont le type est "
    "enregistré.",
    source=(RNIV.requires("EXI SI 10", "EXI SI 23"), GUIDE.requires("EXI ID 19")),
    refuses=errors.PIECE_REFUSEE,
)
def piece_suffisante(validation: Validation) -> Iterator[Mismatch]:
    flaw = defaut(validation.controle, validation.identite.traits.date_civile)
    if flaw:
        piece = validation.controle.piece
        yield Mismatch("Parameters.parameter.where(name = 'document').value",
                       f"une pièce suffisante ({', '.join(HAUTE_CONFIANCE)}…)",
                       f"{piece[:40]} : {flaw}" if piece else flaw)


@rule(
    "RNIV-DOUBLON", severity="warning", observable="state",
    message="Un matricule INS n'est que d'une identité du domaine : voilà un doublon à fusionner.",
    source=RNIV.at("(doublons)"),
)
def matricule_unique(doublon: Doublon) -> Iterator[Mismatch]:
    for each in doublon.autres:
        yield Mismatch(doublon.at, "une identité de ce matricule", f"Patient/{each}")


@rule(
    "RNIV-APCV-SANS-INSI", severity="warning", observable="state",
    message="Une identité lue de l'appli carte Vitale est qualifiée d'emblée : INSi n'est pas "
    "appelé pour la récupérer.",
    source=RNIV.at("§4.3.4"),
)
def pas_d_appel_apres_apcv(identite: Identite) -> Iterator[Mismatch]:
    if identite.methode == "AV" and identite.partagee:
        yield Mismatch("Patient.extension", "aucun appel", "identité qualifiée par l'appli (AV)")
