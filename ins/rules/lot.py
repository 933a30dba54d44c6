"""Lots of identities to verify: how they are left, and when their result is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ins.domain.verification import Relance
from ins.rules.documents import FHIR, SEL_MP_043
from services.kernel.clock import iso
from services.kernel.rules import Mismatch, rule


@rule(
    "INS-LOT-ASYNCHRONE", severity="warning",
    message="Un dépôt asynchrone le demande : Prefer: respond-async.",
    source=FHIR.at("§3.1.6 (asynchronous pattern)"),
)
def asynchrone(prefer: str) -> Iterator[Mismatch]:
    asked = [each.strip().lower() for each in prefer.split(",")]
    if "respond-async" not in asked:
        yield Mismatch("Prefer", "respond-async", prefer or "(absent)")


@rule(
    "INS-LOT-DELAI", severity="warning", observable="sequence",
    message="Le résultat d'un lot ne se demande qu'une fois passé le délai annoncé.",
    source=SEL_MP_043.at("(vérification en masse)"),
)
def delai_attendu(relance: Relance) -> Iterator[Mismatch]:
    if relance.now < relance.due:
        yield Mismatch(relance.at, f"pas avant {iso(relance.due)}", iso(relance.now))
