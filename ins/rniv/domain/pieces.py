"""Which document of identity validates whom (RNIV v2.0, EXI SI 10; dossier §7.3)."""

from __future__ import annotations

from dataclasses import dataclass

from ins.rniv.codes import (
    D_EHPAD,
    DE_MINEUR,
    DE_MINEUR_ETRANGER,
    HAUTE_CONFIANCE,
    MAJORITE,
    PIECES,
    REFUSEES,
)


@dataclass(frozen=True, slots=True)
class Controle:
    """A document that was checked. accompagnement: of the parent or guardian of a minor; ehpad:
    direct admission to an EHPAD; le: `YYYY-MM-DD`."""

    piece: str
    le: str
    accompagnement: str = ""
    ehpad: bool = False


def defaut(controle: Controle, date_naissance: str) -> str:
    """Why the document is not enough, in French; "" when it is. date_naissance: civil."""
    piece = controle.piece
    if not piece:
        return "aucune pièce n'est présélectionnée : dites laquelle a été contrôlée"
    if piece in HAUTE_CONFIANCE:
        return ""
    if piece not in PIECES:
        named = REFUSEES.get(piece, f"« {piece[:40]} »")
        return f"{named} n'est pas un dispositif à haut niveau de confiance"
    if piece in D_EHPAD:
        return "" if controle.ehpad else "admise pour une admission directe en EHPAD seulement"
    if not est_mineur(date_naissance, controle.le):
        return "admise pour un mineur seulement"
    if piece in DE_MINEUR_ETRANGER or controle.accompagnement in HAUTE_CONFIANCE:
        return ""
    assert piece in DE_MINEUR  # noqa: S101
    return "accompagnée de la pièce à haut niveau de confiance d'un parent ou tuteur"


def est_mineur(date_naissance: str, le: str) -> bool:
    """Both `YYYY-MM-DD`; 29 February comes of age on 1 March."""
    year = int(date_naissance[:4]) + MAJORITE
    return le < f"{year:04d}{date_naissance[4:]}"
