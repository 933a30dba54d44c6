"""What an identity to verify must carry."""

from __future__ import annotations

from collections.abc import Iterator

from ins import errors
from ins.domain.recherche import Demande
from ins.rules.documents import SEL_MP_043
from services.kernel.rules import Mismatch, rule


@rule(
    "INS-VERIFIER-NOM", severity="error", message="Le nom de naissance est obligatoire.",
    source=SEL_MP_043.at("(WS_INS3, faute insi_28)"), refuses=errors.NOM_ABSENT_VERIFICATION,
)
def nom_a_verifier(demande: Demande) -> Iterator[Mismatch]:
    if not demande.traits.nom_naissance:
        yield Mismatch(demande.at["nom_naissance"], "le nom de naissance", "(absent)")
