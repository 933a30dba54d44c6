"""Metadata of the fiche, each by itself: their form and their codes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmp import codes, errors
from dmp.domain import Depot, Place, Statut
from dmp.rules.documents import JDV, PARTAGE, PDSM
from services.kernel.ports import CodeValidation
from services.kernel.rules import Mismatch, rule

_PDSM = PDSM.at("(pdsm-comprehensive-document-reference)")
_XDS = PARTAGE.at("(métadonnées XDS)")
_JDV = JDV.at("(J57 à J62 et J66)")

TITRE_MAX, UNIQUE_ID_MAX = 128, 128
_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


@rule(
    "SOCLE-DMP-UNIQUE-ID", severity="error", source=_XDS,
    message="L'identifiant unique du document est un OID de 128 caractères au plus, sans "
    "extension.",
)
def unique_id_est_un_oid(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        found = fiche.unique_id
        if found and (len(found) > UNIQUE_ID_MAX or not _OID.fullmatch(found)):
            yield Mismatch(fiche.place("unique_id"), "urn:oid:…", found)


@rule(
    "SOCLE-DMP-TITRE", severity="error", source=_XDS,
    message="Le titre du document compte de 1 à 128 caractères.",
)
def titre_de_128_caracteres(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not 0 < len(fiche.titre) <= TITRE_MAX:
            yield Mismatch(
                fiche.place("titre"), "1 à 128 caractères", f"{len(fiche.titre)} caractères"
            )


@rule(
    "SOCLE-DMP-LANGUE", severity="error", source=_XDS,
    message="La langue du document est fr-FR (art pour une signature).",
)
def langue_francaise(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        expected = codes.LANGUE_SIGNATURE if fiche.signature else codes.FRANCAIS
        if fiche.langue != expected:
            yield Mismatch(fiche.place("langue"), expected, fiche.langue or "(absente)")


@rule(
    "SOCLE-DMP-DATE-IMPOSSIBLE", severity="error", source=_PDSM,
    refuses=errors.METADATA,
    message="Cette date n'existe pas.",
)
def dates_possibles(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        dates = {"date": fiche.date, "creation": fiche.creation, "debut": fiche.debut}
        for metadonnee, moment in dates.items():
            if moment.texte and moment.lo == moment.hi:
                yield Mismatch(fiche.place(metadonnee), "une date du calendrier", moment.texte)


@rule(
    "SOCLE-DMP-AFFINITE", severity="warning", source=_JDV,
    message="Ce code ne fait pas partie du domaine d'affinité.",
)
def codes_du_domaine_d_affinite(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        said = [
            ("type", fiche.type), ("classe", fiche.classe), ("format", fiche.format),
            ("cadre", fiche.cadre), ("secteur", fiche.secteur),
            *(("confidentialite", code) for code in fiche.confidentialite),
        ]
        for metadonnee, code in said:
            yield from _hors_domaine(depot.listes, fiche.place, metadonnee, code)
    if depot.lot is not None:
        yield from _hors_domaine(depot.listes, depot.lot.place, "activite", depot.lot.activite)


def _hors_domaine(
    listes: CodeValidation, place: Place, metadonnee: str, code: str
) -> Iterator[Mismatch]:
    if code and listes.check(codes.AFFINITE[metadonnee], "", code) == "not-member":
        yield Mismatch(
            place(metadonnee), "un code de la liste du DMP",
            f"Le code {code} ne fait pas partie du domaine d'affinité",
        )


@rule(
    "SOCLE-DMP-STATUT", severity="error", source=_PDSM,
    message="Une fiche est déposée en vigueur (current).",
)
def deposee_en_vigueur(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.statut != Statut.EN_VIGUEUR.value:
            yield Mismatch(
                fiche.place("statut"), Statut.EN_VIGUEUR.value, fiche.statut or "(absent)"
            )
