"""Executions, and the states and remaining quantities computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.e_prescription.codes import Etat, EtatLigne, Resultat
from services.e_prescription.domain.prescription import Ligne, Prescription

FINAL_REFUSALS = frozenset({
    Resultat.NON_DELIVRE_PATIENT, Resultat.NON_DELIVRE_PHARMACEUTIQUE, Resultat.NON_DELIVRE_REGLE,
})
"""A shortage decides nothing about the line; these do, until someone delivers it after all."""


@dataclass(frozen=True, slots=True)
class LigneExecutee:
    """Outcome of one line in one execution. quantite: units delivered, 0 for a refusal."""

    ligne_id: str
    resultat: Resultat
    quantite: int


@dataclass(frozen=True, slots=True)
class Execution:
    """One EP1. id_nat: who executed; finess: where, or ""; at: instant, µs."""

    id: str
    at: int
    date: date
    id_nat: str
    finess: str
    lignes: tuple[LigneExecutee, ...]


@dataclass(frozen=True, slots=True)
class Suivi:
    """What became of one line."""

    ligne: Ligne
    executee: int
    last: Resultat | None
    expired: bool

    @property
    def restante(self) -> int:
        """Units left over all deliveries."""
        return self.ligne.total - self.executee

    @property
    def due(self) -> int:
        """Units left of the delivery in progress, 0 when the line is finished."""
        if not self.restante:
            return 0
        return self.ligne.quantite - self.executee % self.ligne.quantite

    @property
    def renouvellements_restants(self) -> int:
        """Deliveries after the first that have not begun."""
        begun = max(1, -(-self.executee // self.ligne.quantite))
        return self.ligne.renouvellements + 1 - begun

    @property
    def etat(self) -> EtatLigne:
        if not self.restante:
            return EtatLigne.TERMINEE
        if not self.executee and self.last in FINAL_REFUSALS:
            return EtatLigne.NON_EXECUTEE
        if self.expired:
            return EtatLigne.EXPIREE
        return EtatLigne.PARTIELLE if self.executee else EtatLigne.A_EXECUTER


def follow(
    prescription: Prescription, executions: Iterable[Execution], today: date
) -> tuple[Suivi, ...]:
    """Every line with what was executed of it, in the order of the prescription."""
    delivered: dict[str, int] = {}
    last: dict[str, Resultat] = {}
    for execution in executions:
        for each in execution.lignes:
            delivered[each.ligne_id] = delivered.get(each.ligne_id, 0) + each.quantite
            last[each.ligne_id] = each.resultat
    expired = today >= prescription.expires_on
    return tuple(
        Suivi(ligne, delivered.get(ligne.id, 0), last.get(ligne.id), expired)
        for ligne in prescription.lignes
    )


def etat_of(suivis: Sequence[Suivi]) -> Etat:
    """State of the prescription as a whole (cancellation apart)."""
    etats = {suivi.etat for suivi in suivis}
    if etats <= {EtatLigne.TERMINEE, EtatLigne.NON_EXECUTEE}:
        return Etat.EXECUTEE
    if EtatLigne.EXPIREE in etats:
        return Etat.EXPIREE
    if any(suivi.last is not None for suivi in suivis):
        return Etat.EN_COURS
    return Etat.ENREGISTREE


def last_delivery(executions: Sequence[Execution], ligne_id: str) -> Execution | None:
    """The latest execution that delivered something of a line."""
    for execution in reversed(executions):
        if any(each.ligne_id == ligne_id and each.quantite for each in execution.lignes):
            return execution
    return None
