"""Metadata that a fiche and a lot must have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dmp import errors
from dmp.domain import Depot, Fiche
from dmp.rules.documents import PARTAGE, PDSM
from services.kernel.rules import Mismatch, rule

_COMPLETE = PDSM.at("(pdsm-comprehensive-document-reference)")
_TOUTES = PDSM.at("(pdsm-comprehensive-document-reference, pdsm-simplified-publish)")
_LOT = PDSM.at("(pdsm-submissionset-comprehensive)")
_XDS = PARTAGE.at("(métadonnées XDS)")


def _absents(
    fiches: Iterable[Fiche], metadonnee: str, expected: str, value: Callable[[Fiche], object]
) -> Iterator[Mismatch]:
    """One mismatch per fiche without this value."""
    for fiche in fiches:
        if not value(fiche):
            yield Mismatch(fiche.place(metadonnee), expected, "(absent)")


@rule(
    "SOCLE-DMP-IDENTIFIANT", severity="error", source=_XDS,
    refuses=errors.METADATA,
    message="Un document sans identifiant unique ne peut pas être enregistré.",
)
def unique_id_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(depot.fiches, "unique_id", "urn:oid:…", lambda fiche: fiche.unique_id)


@rule(
    "SOCLE-DMP-DATE", severity="error", source=_TOUTES,
    message="La date de création de la fiche est obligatoire.",
)
def date_presente(depot: Depot) -> Iterator[Mismatch]:
    return _absents(depot.fiches, "date", "une date avec fuseau", lambda fiche: fiche.date.texte)


@rule(
    "SOCLE-DMP-CONSERVATEUR", severity="error", source=_TOUTES,
    message="Le conservateur du document (custodian) est obligatoire.",
)
def conservateur_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches, "conservateur", "une organisation", lambda fiche: fiche.conservateur
    )


@rule(
    "SOCLE-DMP-CREATION", severity="error", source=_COMPLETE,
    message="La date de création de la pièce (creationTime) est obligatoire.",
)
def creation_presente(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "creation", "une date avec fuseau",
        lambda fiche: fiche.creation.texte,
    )


@rule(
    "SOCLE-DMP-PERIODE", severity="error", source=_COMPLETE,
    message="Le début de l'acte documenté (serviceStartTime) est obligatoire.",
)
def debut_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "debut", "une date", lambda fiche: fiche.debut.texte
    )


@rule(
    "SOCLE-DMP-FORMAT", severity="error", source=_COMPLETE,
    message="Le format du document (formatCode) est obligatoire.",
)
def format_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "format", "un code de JDV_J60", lambda fiche: fiche.format
    )


@rule(
    "SOCLE-DMP-CADRE", severity="error", source=_COMPLETE,
    message="Le cadre d'exercice (practiceSetting) est obligatoire.",
)
def cadre_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "cadre", "un code de JDV_J62", lambda fiche: fiche.cadre
    )


@rule(
    "SOCLE-DMP-SECTEUR", severity="error", source=_COMPLETE,
    message="Le secteur d'activité (facilityType) est obligatoire.",
)
def secteur_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "secteur", "un code de JDV_J61", lambda fiche: fiche.secteur
    )


@rule(
    "SOCLE-DMP-PATIENT-SOURCE", severity="error", source=_COMPLETE,
    message="Le patient tel que le connaît l'émetteur (sourcePatientInfo) est obligatoire.",
)
def patient_source_present(depot: Depot) -> Iterator[Mismatch]:
    return _absents(
        depot.fiches_completes, "source", "un Patient contenu, avec ses traits",
        lambda fiche: fiche.source,
    )


@rule(
    "SOCLE-DMP-LOT-ACTIVITE", severity="error", source=_LOT,
    message="Le type d'activité du lot (contentTypeCode, designationType) est obligatoire.",
)
def activite_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and not depot.lot.activite:
        yield Mismatch(depot.lot.place("activite"), "un code de JDV_J59", "(absent)")


@rule(
    "SOCLE-DMP-LOT-SOURCE", severity="error", source=_LOT,
    message="L'identifiant du système source du lot (sourceId) est obligatoire.",
)
def source_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and not depot.lot.source_id:
        yield Mismatch(depot.lot.place("source_id"), "urn:oid:…", "(absent)")


@rule(
    "SOCLE-DMP-LOT-AUTEUR", severity="error", source=_LOT,
    message="L'auteur du lot (source) est obligatoire.",
)
def auteur_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and depot.lot.auteur is None:
        yield Mismatch(depot.lot.place("auteur"), "un professionnel ou un système", "(absent)")


@rule(
    "SOCLE-DMP-LOT-DATE", severity="error", source=_LOT,
    message="La date du lot (submissionTime) est obligatoire.",
)
def date_du_lot(depot: Depot) -> Iterator[Mismatch]:
    if depot.lot is not None and not depot.lot.date:
        yield Mismatch(depot.lot.place("date"), "une date avec fuseau", "(absente)")


@rule(
    "SOCLE-DMP-LOT-COMPLET", severity="error", source=_LOT,
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
