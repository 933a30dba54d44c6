"""What an executant announces, and what it makes of each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.e_prescription import errors
from services.e_prescription.codes import MOTIFS_NON_SUBSTITUTION, Etat, Resultat
from services.e_prescription.domain.execution import (
    Execution,
    LigneExecutee,
    Suivi,
    etat_of,
    last_delivery,
)
from services.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class DemandeLigne:
    """Outcome of one line as EP1 announces it.

    at: place in the message; quantite None: what the outcome implies; content: as received.
    """

    at: str
    id: str
    resultat: Resultat
    quantite: int | None
    motif: str
    accord: date | None
    peremption: date | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Demande:
    """An EP1 body. rpps: declared executant, 11 digits or ""."""

    identifiant: str
    date_execution: date
    rpps: str
    finess: str
    lignes: tuple[DemandeLigne, ...]


def prescribed(demande: Demande, suivis: Sequence[Suivi]) -> list[tuple[DemandeLigne, Suivi]]:
    """Each announced line with the state of the prescribed one. Raises LIGNE_INCONNUE."""
    known = {suivi.ligne.id: suivi for suivi in suivis}
    pairs = []
    for each in demande.lignes:
        if each.id not in known:
            raise errors.LIGNE_INCONNUE(
                at=f"{each.at}.idLigne", expected=", ".join(known), found=each.id
            )
        pairs.append((each, known[each.id]))
    return pairs


def refuse_finished(
    pairs: Sequence[tuple[DemandeLigne, Suivi]], executions: Sequence[Execution]
) -> None:
    """Raise DEJA_EXECUTEE, showing the earlier execution, when nothing is left of a line."""
    for each, suivi in pairs:
        earlier = last_delivery(executions, each.id)
        if suivi.restante == 0 and earlier is not None:
            raise _already(each, earlier)


def decide(
    pairs: Sequence[tuple[DemandeLigne, Suivi]], suivis: Sequence[Suivi]
) -> tuple[LigneExecutee, ...]:
    """What is executed of each line.

    Raises PRESCRIPTION_EXPIREE, SUBSTITUTION_EXCLUE or QUANTITE_DEPASSEE.
    """
    if etat_of(suivis) is Etat.EXPIREE:
        raise errors.PRESCRIPTION_EXPIREE(at="identifiant")
    return tuple(
        LigneExecutee(each.id, each.resultat, _quantite(each, suivi)) for each, suivi in pairs
    )


def _quantite(each: DemandeLigne, suivi: Suivi) -> int:
    if not each.resultat.delivers:
        return 0
    reason = suivi.ligne.non_substituable
    if each.resultat is Resultat.DELIVRE_GENERIQUE and reason in MOTIFS_NON_SUBSTITUTION:
        raise errors.SUBSTITUTION_EXCLUE(
            at=f"{each.at}.resultat", expected=f"le produit prescrit (motif {reason})",
            found=each.resultat,
        )
    quantite = suivi.due if each.quantite is None else each.quantite
    if quantite > suivi.restante:
        raise errors.QUANTITE_DEPASSEE(
            at=f"{each.at}.quantite", expected=f"au plus {suivi.restante}", found=str(quantite)
        )
    return quantite


def _already(each: DemandeLigne, earlier: Execution) -> Refusal:
    place = f", FINESS {earlier.finess}" if earlier.finess else ""
    return errors.DEJA_EXECUTEE(
        f"La ligne {each.id} a été exécutée en totalité le {earlier.date} par "
        f"{earlier.id_nat}{place}.",
        at=f"{each.at}.idLigne", found=each.id, execution=earlier.id,
        dateExecution=str(earlier.date), executant=earlier.id_nat, finess=earlier.finess,
    )
