"""What the schemas of the contract say of a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ins.rules.documents import CONTRAT
from services.kernel.rules import Mismatch, rule


@rule(
    "INS-SCHEMA", severity="error",
    message="Contextes et corps suivent le schéma du contrat : noms, espaces de noms et ordre.",
    source=CONTRAT.at("(schémas)"),
)
def schema(problems: Sequence[tuple[str, str]]) -> Iterator[Mismatch]:
    for name, problem in problems:
        yield Mismatch(name, "un élément conforme au schéma", problem)
