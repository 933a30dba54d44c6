"""Which types of document may be deposited, and under which class."""

from __future__ import annotations

from collections.abc import Iterator

from dmp import codes, errors
from dmp.domain import Depot, Fiche
from dmp.rules.documents import JDV, TESTS, TYPES_ET_CLASSES
from services.kernel.rules import Mismatch, rule

_CDT = (JDV.at("(J66)"), TESTS)


@rule(
    "SOCLE-DMP-TYPE-CLASSE", severity="error", source=TYPES_ET_CLASSES,
    message="Le type et la classe du document ne vont pas ensemble.",
)
def type_et_classe_accordes(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        known = codes.types().get(fiche.type)
        if known is None or not known.classe:
            continue
        if fiche.classe != known.classe:
            yield Mismatch(
                fiche.place("classe"), f"{known.classe} pour le type {known.code}",
                fiche.classe or "(absente)",
            )


@rule(
    "SOCLE-DMP-TYPE", severity="error", source=_CDT,
    message="Le type et la classe du document sont obligatoires.",
)
def type_et_classe_presents(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        for metadonnee, value in (("type", fiche.type), ("classe", fiche.classe)):
            if not value:
                yield Mismatch(fiche.place(metadonnee), "un code", "(absent)")


@rule(
    "SOCLE-DMP-TYPE-RESERVE", severity="error", source=_CDT,
    # DEFAULT(refusal of reserved types): code unknown, XDSRegistryMetadataError assumed.
    refuses=errors.METADATA,
    message="Un logiciel de professionnel ne dépose pas ce type de document : il est réservé au "
    "patient, à l'assurance maladie ou au DMP.",
)
def type_reserve(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.classe in codes.CLASSES_RESERVEES:
            yield Mismatch(
                fiche.place("classe"), "une classe de professionnel", fiche.classe
            )
        elif _reserved(fiche):
            yield Mismatch(fiche.place("type"), "un type de professionnel", fiche.type)


def _reserved(fiche: Fiche) -> bool:
    known = codes.types().get(fiche.type)
    if known is not None:
        return known.depot == "non"
    return fiche.type.startswith(codes.TYPES_RESERVES)
