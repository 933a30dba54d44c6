"""Metadata of the fiche and of the lot, each by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmp import codes, errors
from dmp.domain import Depot, Statut
from services.kernel.rules import Mismatch, rule

_PDSM = "Règle de Socle, d'après PDSm 3.1.1 (pdsm-comprehensive-document-reference)"
_LOT = "Règle de Socle, d'après PDSm 3.1.1 (pdsm-submissionset-comprehensive)"
_XDS = "Règle de Socle, d'après le CI-SIS, volet Partage de documents de santé (métadonnées XDS)"
_JDV = "Règle de Socle, d'après les JDV du DMP : J57, J58, J60, J61, J62 et J66 (ANS, NOS)"

TITRE_MAX, UNIQUE_ID_MAX = 128, 128
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@rule(
    "SOCLE-DMP-UNIQUE-ID", severity="error", official=False, source=_XDS,
    message="L'identifiant unique du document est un OID de 128 caractères au plus, sans "
    "extension.",
)
def unique_id_est_un_oid(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        found = fiche.unique_id
        if found and (len(found) > UNIQUE_ID_MAX or not _OID.fullmatch(found)):
            yield Mismatch(fiche.place("unique_id"), "urn:oid:…", found)


@rule(
    "SOCLE-DMP-TITRE", severity="error", official=False, source=_XDS,
    message="Le titre du document compte de 1 à 128 caractères.",
)
def titre_de_128_caracteres(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not 0 < len(fiche.titre) <= TITRE_MAX:
            yield Mismatch(
                fiche.place("titre"), "1 à 128 caractères", f"{len(fiche.titre)} caractères"
            )


@rule(
    "SOCLE-DMP-LANGUE", severity="error", official=False, source=_XDS,
    message="La langue du document est fr-FR (art pour une signature).",
)
def langue_francaise(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        expected = codes.LANGUE_SIGNATURE if fiche.signature else codes.FRANCAIS
        if fiche.langue != expected:
            yield Mismatch(fiche.place("langue"), expected, fiche.langue or "(absente)")


@rule(
    "SOCLE-DMP-DATE", severity="error", official=False, source=_PDSM,
    message="La date de création de la fiche est obligatoire.",
)
def date_presente(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not fiche.date.texte:
            yield Mismatch(fiche.place("date"), "une date avec fuseau", "(absente)")


@rule(
    "SOCLE-DMP-DATE-IMPOSSIBLE", severity="error", official=False, source=_PDSM,
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
    "SOCLE-DMP-PERIODE", severity="error", official=False, source=_PDSM,
    message="Le début de l'acte documenté (serviceStartTime) est obligatoire.",
)
def debut_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not fiche.debut.texte:
            yield Mismatch(fiche.place("debut"), "une date", "(absente)")


@rule(
    "SOCLE-DMP-CADRE", severity="error", official=False, source=_PDSM,
    message="Le cadre d'exercice (practiceSetting) est obligatoire.",
)
def cadre_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not fiche.cadre.code:
            yield Mismatch(fiche.place("cadre"), "un code de JDV_J62", "(absent)")


@rule(
    "SOCLE-DMP-SECTEUR", severity="error", official=False, source=_PDSM,
    message="Le secteur d'activité (facilityType) est obligatoire.",
)
def secteur_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not fiche.secteur.code:
            yield Mismatch(fiche.place("secteur"), "un code de JDV_J61", "(absent)")


@rule(
    "SOCLE-DMP-AFFINITE", severity="warning", official=False, source=_JDV,
    message="Ce code ne fait pas partie du domaine d'affinité.",
)
def codes_du_domaine_d_affinite(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        values = {
            "type": (fiche.type.code,), "classe": (fiche.classe.code,),
            "format": (fiche.format.code,), "cadre": (fiche.cadre.code,),
            "secteur": (fiche.secteur.code,), "confidentialite": fiche.confidentialite,
        }
        for metadonnee, found in values.items():
            for code in found:
                if code and code not in codes.affinite()[metadonnee]:
                    yield Mismatch(
                        fiche.place(metadonnee), "un code de la liste du DMP",
                        f"Le code {code} ne fait pas partie du domaine d'affinité",
                    )


@rule(
    "SOCLE-DMP-STATUT", severity="error", official=False, source=_PDSM,
    message="Une fiche est déposée en vigueur (current).",
)
def deposee_en_vigueur(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.statut != Statut.EN_VIGUEUR.value:
            yield Mismatch(
                fiche.place("statut"), Statut.EN_VIGUEUR.value, fiche.statut or "(absent)"
            )


@rule(
    "SOCLE-DMP-IDENTIFIANT", severity="error", official=False, source=_XDS,
    refuses=errors.METADATA,
    message="Un document sans identifiant unique ne peut pas être enregistré.",
)
def unique_id_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not fiche.unique_id:
            yield Mismatch(fiche.place("unique_id"), "urn:oid:…", "(absent)")


@rule(
    "SOCLE-DMP-LOT-ACTIVITE", severity="error", official=False, source=_LOT,
    message="Le type d'activité du lot (contentTypeCode, designationType) est obligatoire.",
)
def activite_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and not depot.lot.activite.code:
        yield Mismatch(depot.lot.place("activite"), "un code de JDV_J59", "(absent)")


@rule(
    "SOCLE-DMP-LOT-SOURCE", severity="error", official=False, source=_LOT,
    message="L'identifiant du système source du lot (sourceId) est obligatoire.",
)
def source_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and not depot.lot.source_id:
        yield Mismatch(depot.lot.place("source_id"), "urn:oid:…", "(absent)")


@rule(
    "SOCLE-DMP-LOT-AUTEUR", severity="error", official=False, source=_LOT,
    message="L'auteur du lot (source) est obligatoire.",
)
def auteur_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and depot.lot.auteur is None:
        yield Mismatch(depot.lot.place("auteur"), "un professionnel ou un système", "(absent)")


@rule(
    "SOCLE-DMP-LOT-COMPLET", severity="error", official=False, source=_LOT,
    message="Le lot cite chacune de ses fiches (HasMember).",
)
def lot_cite_ses_fiches(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is None:
        return
    for fiche in depot.fiches:
        if fiche.place.root not in depot.lot.citees:
            yield Mismatch(
                depot.lot.place("fiches"), f"une entrée vers {fiche.place.root}", "(absente)"
            )
