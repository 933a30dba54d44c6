"""The message itself: fields that nothing reads, billing number of EP3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.e_prescription import errors
from services.kernel.rules import Mismatch, rule


@dataclass(frozen=True, slots=True)
class Consultation:
    """What EP3 says about its caller: AM billing number and FINESS, "" when absent."""

    facturation: str
    finess: str


@rule(
    "EP-CHAMP-INCONNU", severity="information", official=False,
    message="Ce champ n'est pas lu par le bac à sable : vérifiez son nom.",
    source="Règle de Socle",
)
def fields_are_known(unread: Iterable[str]) -> Iterator[Mismatch]:
    for place in unread:
        yield Mismatch(place, "un champ documenté", "champ inconnu")


@rule(
    "EF_EP3_E303_03", severity="error", refuses=errors.FACTURATION_ABSENTE,
    message="Le numéro AM ou le FINESS de l'appelant est obligatoire pour consulter.",
    source="SEL-MP-032, règle EF_EP3_E303_03",
)
def billing_number_or_finess(consultation: Consultation) -> Iterator[Mismatch]:
    if not consultation.facturation and not consultation.finess:
        yield Mismatch(
            "contexte.identifiantFacturation",
            "contexte.identifiantFacturation ou professionnel.structure.finess", "(absents)",
        )


CONSULTATION = (billing_number_or_finess,)
MESSAGE = (fields_are_known,)
