"""Confidentiality and visibility codes."""

from __future__ import annotations

from collections.abc import Iterator

from dmp import codes, errors
from dmp.domain import Depot
from dmp.rules.documents import JDV, TESTS
from services.kernel.rules import Mismatch, rule

_CDT = (TESTS, JDV.at("(J58)"))


@rule(
    "SOCLE-DMP-CONFIDENTIALITE", severity="error", source=_CDT,
    message="La fiche porte de un à quatre codes de confidentialité, dont N, R ou V.",
)
def confidentialite_presente(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        found = fiche.confidentialite
        if not 1 <= len(found) <= 4 or not set(found) & set(codes.NIVEAUX):
            yield Mismatch(
                fiche.place("confidentialite"), "N, R ou V, et au plus trois codes de visibilité",
                ", ".join(found) or "(absent)",
            )


@rule(
    "SOCLE-DMP-CUMUL", severity="error", source=_CDT, refuses=errors.METADATA,
    message="Un document ne peut pas être à la fois masqué aux professionnels et invisible au "
    "patient.",
)
def masque_et_invisible(depot: Depot) -> Iterator[Mismatch]:
    both = {codes.MASQUE_PS, codes.INVISIBLE_PATIENT}
    for fiche in depot.fiches:
        if both <= set(fiche.confidentialite) and not fiche.signature and not depot.cumul:
            yield Mismatch(
                fiche.place("confidentialite"), "l'un ou l'autre",
                ", ".join(fiche.confidentialite),
            )


@rule(
    "SOCLE-DMP-VACCINATION", severity="error", source=_CDT,
    message="Une note de vaccination a pour seule confidentialité N.",
)
def note_de_vaccination_visible(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.type == codes.VACCINATION_TYPE and set(fiche.confidentialite) != {"N"}:
            yield Mismatch(
                fiche.place("confidentialite"), "N", ", ".join(fiche.confidentialite) or "(absent)"
            )


@rule(
    "SOCLE-DMP-REPRESENTANTS", severity="warning", observable="state", source=_CDT,
    message="INVISIBLE_REPRESENTANTS_LEGAUX ne concerne que les patients mineurs.",
)
def representants_d_un_mineur(depot: Depot) -> Iterator[Mismatch]:
    if depot.patient is None or depot.patient.dmp.minor:
        return
    for fiche in depot.fiches:
        if codes.INVISIBLE_REPRESENTANTS in fiche.confidentialite:
            yield Mismatch(
                fiche.place("confidentialite"), "un patient mineur", "un patient majeur"
            )
