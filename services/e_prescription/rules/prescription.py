"""What a prescription must respect that can be seen without a medicine base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.e_prescription.codes import MOTIFS_NON_SUBSTITUTION
from services.e_prescription.domain.prescription import Prescription
from services.e_prescription.rules.documents import SANTE_PUBLIQUE, SUBSTITUTION
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule

EFG_BEFORE_YEARS = 6
LONGEST_TREATMENT_DAYS = 366


@dataclass(frozen=True, slots=True)
class Redaction:
    """A prescription received at `latest`, the latest date there is in a French territory."""

    prescription: Prescription
    latest: date


@rule(
    "EP-DATE-REDACTION", severity="error", observable="state",
    message="Une prescription n'est pas rédigée dans l'avenir.", source=SOCLE,
)
def drafted_in_the_past(redaction: Redaction) -> Iterator[Mismatch]:
    drafted = redaction.prescription.date_redaction
    if drafted > redaction.latest:
        yield Mismatch("dateRedaction", f"au plus {redaction.latest}", str(drafted))


@rule(
    "EP-NON-SUBSTITUTION", severity="error",
    message="Exclure la substitution demande un motif : MTE, EFG ou CIF.",
    source=SUBSTITUTION,
)
def non_substitution_has_a_reason(redaction: Redaction) -> Iterator[Mismatch]:
    for number, ligne in enumerate(redaction.prescription.lignes):
        reason = ligne.non_substituable
        if reason is not None and reason not in MOTIFS_NON_SUBSTITUTION:
            yield Mismatch(
                f"lignes[{number}].nonSubstituable", " | ".join(MOTIFS_NON_SUBSTITUTION),
                reason or "(sans motif)",
            )


@rule(
    "EP-NON-SUBSTITUTION-EFG", severity="error",
    message="Le motif EFG ne vaut que pour un enfant de moins de six ans.",
    source=SUBSTITUTION,
)
def efg_is_for_young_children(redaction: Redaction) -> Iterator[Mismatch]:
    age = _age(redaction.prescription)
    if age is None or age < EFG_BEFORE_YEARS:
        return
    for number, ligne in enumerate(redaction.prescription.lignes):
        if ligne.non_substituable == "EFG":
            yield Mismatch(
                f"lignes[{number}].nonSubstituable", f"moins de {EFG_BEFORE_YEARS} ans",
                f"{age} ans à la rédaction",
            )


@rule(
    "R.5132-21", severity="error",
    message="La durée d'un traitement ne dépasse pas douze mois.",
    source=SANTE_PUBLIQUE.requires("R.5132-21"),
)
def treatment_lasts_a_year_at_most(redaction: Redaction) -> Iterator[Mismatch]:
    for number, ligne in enumerate(redaction.prescription.lignes):
        days = (ligne.duree_jours or 0) * (ligne.renouvellements + 1)
        if days > LONGEST_TREATMENT_DAYS:
            yield Mismatch(
                f"lignes[{number}].dureeJours",
                f"au plus {LONGEST_TREATMENT_DAYS} jours, renouvellements compris",
                f"{days} jours",
            )


PRESCRIPTION = (
    drafted_in_the_past, non_substitution_has_a_reason, efg_is_for_young_children,
    treatment_lasts_a_year_at_most,
)


def _age(prescription: Prescription) -> int | None:
    """Whole years at drafting; None when the birth date is absent or lunar."""
    try:
        born = date.fromisoformat(prescription.patient.date_naissance)
    except ValueError:
        return None
    drafted = prescription.date_redaction
    return drafted.year - born.year - ((drafted.month, drafted.day) < (born.month, born.day))
