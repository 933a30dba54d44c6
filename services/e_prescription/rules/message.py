"""The message itself: fields that nothing reads, billing number of EP3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.e_prescription import errors
from services.e_prescription.rules.documents import SEL_MP_032
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule

UNKNOWN_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Consultation:
    """What EP3 says about its caller: AM billing number and FINESS, "" when absent."""

    facturation: str
    finess: str


@rule(
    "EP-CHAMP-INCONNU", severity="information",
    message="Ce champ n'est pas lu par le bac à sable : vérifiez son nom.",
    source=SOCLE,
)
def fields_are_known(unread: Sequence[str]) -> Iterator[Mismatch]:
    for place in unread[:UNKNOWN_SHOWN]:
        yield Mismatch(place, "un champ documenté", "champ inconnu")
    if len(unread) > UNKNOWN_SHOWN:
        others = len(unread) - UNKNOWN_SHOWN
        yield Mismatch("corps", "des champs documentés", f"{others} autres champs inconnus")


@rule(
    "EF_EP3_E303_03", severity="error", refuses=errors.FACTURATION_ABSENTE,
    message="Le numéro AM ou le FINESS de l'appelant est obligatoire pour consulter.",
    source=SEL_MP_032.requires("EF_EP3_E303_03"),
)
def billing_number_or_finess(consultation: Consultation) -> Iterator[Mismatch]:
    if not consultation.facturation.strip() and not consultation.finess.strip():
        yield Mismatch(
            "contexte.identifiantFacturation",
            "contexte.identifiantFacturation ou professionnel.structure.finess", "(absents)",
        )


CONSULTATION = (billing_number_or_finess,)
MESSAGE = (fields_are_known,)
