"""What an execution must respect that can be seen without a medicine base."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.e_prescription.codes import Resultat
from services.e_prescription.domain.delivrance import Demande, DemandeLigne
from services.e_prescription.domain.execution import Suivi
from services.e_prescription.rules.documents import SANTE_PUBLIQUE
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Delivrance:
    """An execution received at `latest` on a prescription drafted at `drafted`.

    lignes: each announced line with the state of the prescribed one before it.
    """

    demande: Demande
    lignes: Sequence[tuple[DemandeLigne, Suivi]]
    drafted: date
    latest: date


@rule(
    "EP-DATE-EXECUTION", severity="error", observable="state",
    message="L'exécution se place entre la rédaction et aujourd'hui.", source=SOCLE,
)
def executed_after_drafting(delivrance: Delivrance) -> Iterator[Mismatch]:
    first, done = delivrance.drafted, delivrance.demande.date_execution
    if not first <= done <= delivrance.latest:
        yield Mismatch("dateExecution", f"du {first} au {delivrance.latest}", str(done))


@rule(
    "EP-ACCORD-PRESCRIPTEUR", severity="error",
    message="Modifier la posologie demande l'accord du prescripteur et sa date.",
    source=SANTE_PUBLIQUE.at("(modification par le pharmacien)"),
)
def changed_posology_was_agreed(delivrance: Delivrance) -> Iterator[Mismatch]:
    for each in delivrance.demande.lignes:
        if each.resultat is Resultat.DELIVRE_POSOLOGIE_MODIFIEE and each.accord is None:
            yield Mismatch(f"{each.at}.accordPrescripteur.date", "une date", "(absente)")


@rule(
    "EP-MOTIF", severity="error",
    message="Un refus pharmaceutique ou réglementaire dit son motif.", source=SOCLE,
)
def refusal_has_a_reason(delivrance: Delivrance) -> Iterator[Mismatch]:
    need = (Resultat.NON_DELIVRE_PHARMACEUTIQUE, Resultat.NON_DELIVRE_REGLE)
    for each in delivrance.demande.lignes:
        if each.resultat in need and not each.motif.strip():
            yield Mismatch(f"{each.at}.motif", "un motif", "(absent)")


@rule(
    "EP-PEREMPTION", severity="error",
    message="Un produit périmé ne se délivre pas.", source=SOCLE,
)
def product_is_not_expired(delivrance: Delivrance) -> Iterator[Mismatch]:
    done = delivrance.demande.date_execution
    for each in delivrance.demande.lignes:
        if each.resultat.delivers and each.peremption is not None and each.peremption < done:
            yield Mismatch(f"{each.at}.datePeremption", f"après le {done}", str(each.peremption))


@rule(
    "EP-RENOUVELLEMENT", severity="warning", observable="state",
    message="Un renouvellement se délivre après le précédent, pas avec lui.",
    source=SANTE_PUBLIQUE.at("R.5132-14"),
)
def one_delivery_at_a_time(delivrance: Delivrance) -> Iterator[Mismatch]:
    for each, suivi in delivrance.lignes:
        if each.resultat.delivers and suivi.due < (each.quantite or 0) <= suivi.restante:
            yield Mismatch(f"{each.at}.quantite", f"au plus {suivi.due}", str(each.quantite))


@rule(
    "EP-DELIVRANCE-PARTIELLE", severity="warning", observable="state",
    message="Une délivrance incomplète s'annonce DELIVRE_PARTIEL.", source=SOCLE,
)
def partial_delivery_says_so(delivrance: Delivrance) -> Iterator[Mismatch]:
    for each, suivi in delivrance.lignes:
        full = each.resultat.delivers and each.resultat is not Resultat.DELIVRE_PARTIEL
        if full and each.quantite is not None and each.quantite < suivi.due:
            yield Mismatch(f"{each.at}.resultat", "DELIVRE_PARTIEL", each.resultat)


DELIVRANCE = (
    executed_after_drafting, changed_posology_was_agreed, refusal_has_a_reason,
    product_is_not_expired, one_delivery_at_a_time, partial_delivery_says_so,
)
