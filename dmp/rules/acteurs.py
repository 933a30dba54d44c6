"""Who wrote the document and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator

from dmp.domain import Depot
from services.kernel.rules import Mismatch, rule

_PDSM = "Règle de Socle, d'après PDSm 3.1.1 et le CI-SIS (legalAuthenticator 1..1)"

AUTEUR_ABSENT = "Aucun AuthorInstitution ne correspond à l'utilisateur du VIHF"


@rule(
    "EX_2.1-1140", severity="error", source="SEL-MP-037, EX_2.1-1140",
    message="L'utilisateur qui dépose figure parmi les auteurs ou le valideur du document, ou sa "
    "structure parmi celles des auteurs.",
)
def appelant_parmi_les_auteurs(depot: Depot) -> Iterator[Mismatch]:
    caller = depot.appelant
    for fiche in depot.fiches:
        people = {one.id_nat for one in fiche.auteurs}
        if fiche.valideur is not None:
            people.add(fiche.valideur.id_nat)
        structures = {one.structure for one in fiche.auteurs}
        if caller.id_nat not in people and not caller.structures & structures:
            found = ", ".join(sorted(filter(None, people | structures))) or "(aucun)"
            yield Mismatch(
                fiche.place("auteurs"), f"{caller.id_nat} ou sa structure",
                f"{found} : {AUTEUR_ABSENT}",
            )


@rule(
    "SOCLE-DMP-AUTEUR", severity="error", official=False, source=_PDSM,
    message="Le document a au moins un auteur identifié.",
)
def auteur_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not any(one.id_nat or one.structure for one in fiche.auteurs):
            yield Mismatch(
                fiche.place("auteurs"), "un identifiant national (1.2.250.1.71.4.2.1)", "(absent)"
            )


@rule(
    "SOCLE-DMP-VALIDEUR", severity="error", official=False, source=_PDSM,
    message="Le responsable du document (legalAuthenticator) est obligatoire.",
)
def valideur_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.valideur is None:
            yield Mismatch(fiche.place("valideur"), "un professionnel", "(absent)")
