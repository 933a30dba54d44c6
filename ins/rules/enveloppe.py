"""What the schemas of the contract say of a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ins.rules.documents import CONTRAT
from services.kernel.rules import Mismatch, rule


@rule(
    "INS-SCHEMA", severity="error",
    message="Contextes et corps suivent le schéma du contrat : la racine de l'opération, les noms, "
    "leurs espaces de noms et leur ordre. Un élément d'un autre espace de noms n'est pas lu.",
    source=CONTRAT.at("(schémas)"),
)
def schema(problems: Sequence[Mismatch]) -> Iterator[Mismatch]:
    yield from problems
