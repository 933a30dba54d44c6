"""The document itself against what its fiche announces."""

from __future__ import annotations

from collections.abc import Iterator

from dmp import codes, errors
from dmp.domain import Depot
from dmp.rules.documents import IHE_ITI, PDSM, SEL_MP_037
from services.kernel.rules import Mismatch, rule

_PDSM = (PDSM.at("(content.attachment)"), IHE_ITI.at("§4.2.3.2"))
_DMP = SEL_MP_037.at("(documents CDA R2 ou KOS DICOM)")


@rule(
    "SOCLE-DMP-EMPREINTE", severity="error", source=_PDSM,
    refuses=errors.METADATA,
    message="L'empreinte annoncée n'est pas celle du document reçu.",
)
def empreinte_exacte(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.empreinte and fiche.empreinte != fiche.piece.sha1:
            yield Mismatch(
                fiche.place("empreinte"), f"{fiche.piece.sha1} (SHA-1 en base64)",
                fiche.empreinte,
            )


@rule(
    "SOCLE-DMP-TAILLE", severity="error", source=_PDSM, refuses=errors.METADATA,
    message="La taille annoncée n'est pas celle du document reçu.",
)
def taille_exacte(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.taille is not None and fiche.taille != fiche.piece.taille:
            yield Mismatch(
                fiche.place("taille"), f"{fiche.piece.taille} octets", f"{fiche.taille} octets"
            )


@rule(
    "SOCLE-DMP-EMPREINTE-ABSENTE", severity="warning", source=_PDSM,
    message="L'empreinte et la taille sont attendues par PDSm ; à défaut le DMP les calcule.",
)
def empreinte_et_taille_presentes(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches_completes:
        if not fiche.empreinte:
            yield Mismatch(fiche.place("empreinte"), fiche.piece.sha1, "(absente)")
        if fiche.taille is None:
            yield Mismatch(fiche.place("taille"), str(fiche.piece.taille), "(absente)")


@rule(
    "SOCLE-DMP-MIME", severity="warning", source=_DMP,
    message="Le type de contenu est text/xml pour un CDA, application/dicom pour un KOS.",
)
def type_de_contenu(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        expected = codes.CDA_MIME if fiche.piece.entete else f"{codes.CDA_MIME} ou {codes.KOS_MIME}"
        accepted = (codes.CDA_MIME,) if fiche.piece.entete else (codes.CDA_MIME, codes.KOS_MIME)
        if fiche.mime not in accepted and not fiche.signature:
            yield Mismatch(fiche.place("mime"), expected, fiche.mime or "(absent)")


@rule(
    "SOCLE-DMP-MIME-ACCORD", severity="error", source=_PDSM,
    message="La fiche et le document annoncent le même type de contenu.",
)
def meme_type_de_contenu(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.mime and fiche.mime != fiche.piece.media_type:
            yield Mismatch(fiche.place("mime"), fiche.piece.media_type, fiche.mime)


@rule(
    "SOCLE-DMP-LISIBLE", severity="error", source=_DMP, refuses=errors.METADATA,
    message="Le document annoncé en XML n'est pas un CDA lisible.",
)
def cda_lisible(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.piece.illisible and not fiche.signature:
            yield Mismatch(fiche.place("document"), "un CDA R2", fiche.piece.illisible)
