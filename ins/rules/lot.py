"""What the asynchronous deposit of a lot must carry."""

from __future__ import annotations

from collections.abc import Iterator

from ins.rules.documents import FHIR
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
