"""The codes of the CDA header, each with its system, against the value sets of the CI-SIS."""

from __future__ import annotations

from collections.abc import Iterator

from dmp.domain import Depot
from dmp.rules.documents import JDV_CI_SIS, NOS
from services.cda import CdaHeader
from services.cda.header import CdaCode
from services.kernel.rules import Mismatch, rule


def _codes(cda: CdaHeader) -> Iterator[tuple[str, str, CdaCode]]:
    """Element, value set, code; absent codes are left to other rules."""
    said = [
        ("ClinicalDocument/code", "JDV_J07", CdaCode(cda.code, cda.code_system)),
        ("confidentialityCode", "JDV_J08", cda.confidentiality),
        ("healthCareFacility/code", "JDV_J02", cda.facility_type),
        ("standardIndustryClassCode", "JDV_J04", cda.practice_setting),
        *(("assignedAuthor/code", "JDV_J01", author.specialty) for author in cda.authors),
    ]
    yield from (one for one in said if one[2].code)


@rule(
    "SOCLE-DMP-CDA-LISTES", severity="warning", source=JDV_CI_SIS.at("(J01, J02, J04, J07, J08)"),
    message="Un code de l'en-tête du document, avec son système, ne figure pas dans le jeu de "
    "valeurs du CI-SIS.",
)
def codes_des_listes(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        for element, liste, code in _codes(fiche.piece.entete) if fiche.piece.entete else ():
            if depot.listes.check(liste, code.system, code.code) == "not-member":
                yield Mismatch(
                    fiche.place("document"), f"{element} : un code de {liste}",
                    f"{code.code} ({code.system or 'sans système'})",
                )


@rule(
    "SOCLE-DMP-CDA-CODE-FERME", severity="warning", source=NOS.at("(dateFin)"),
    message="Un code de l'en-tête du document est fermé.",
)
def codes_en_vigueur(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        for element, _, code in _codes(fiche.piece.entete) if fiche.piece.entete else ():
            status = depot.listes.status(code.system, code.code)
            if status.state == "closed":
                yield Mismatch(
                    fiche.place("document"), f"{element} : un code en vigueur",
                    f"{code.code} ({code.system}), fermé"
                    + (f" le {status.until}" if status.until else ""),
                )
