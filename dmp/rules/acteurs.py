"""Who wrote the document and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmp import codes
from dmp.domain import Depot
from dmp.rules.documents import CI_SIS, PARTAGE, PDSM, SEL_MP_037
from services.kernel.rules import Mismatch, rule

_PDSM = (PDSM, PARTAGE.at("(legalAuthenticator 1..1)"))
_NATIONAUX = CI_SIS.at("(identifiants PS_IdNat et Struct_IdNat)")
_PS = re.compile(r"[0345].{1,127}|8[0-9]{11}")
_STRUCTURE = re.compile(r"[0-4].{1,127}")

AUTEUR_ABSENT = "Aucun AuthorInstitution ne correspond à l'utilisateur du VIHF"


@rule(
    "EX_2.1-1140", severity="error", source=SEL_MP_037.requires("EX_2.1-1140"),
    message="Le professionnel qui dépose figure parmi les auteurs ou le valideur du document ; "
    "quand une CPE dépose, sa structure figure parmi celles des auteurs.",
)
def appelant_parmi_les_auteurs(depot: Depot) -> Iterator[Mismatch]:
    caller = depot.appelant
    for fiche in depot.fiches:
        if caller.carte == codes.CPE:
            expected = caller.structures
            found, reason = {one.structure for one in fiche.auteurs}, f" : {AUTEUR_ABSENT}"
        else:
            expected, valideur = frozenset({caller.id_nat}), (fiche.valideur,)
            found, reason = {one.id_nat for one in (*fiche.auteurs, *valideur) if one}, ""
        if not expected & found:
            told = ", ".join(sorted(filter(None, found))) or "(aucun)"
            yield Mismatch(
                fiche.place("auteurs"), " ou ".join(sorted(expected)), told + reason
            )


@rule(
    "SOCLE-DMP-AUTEUR", severity="error", source=_PDSM,
    message="Le document a au moins un auteur identifié.",
)
def auteur_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if not any(one.id_nat or one.structure for one in fiche.auteurs):
            yield Mismatch(
                fiche.place("auteurs"), "un identifiant national (1.2.250.1.71.4.2.1)", "(absent)"
            )


@rule(
    "SOCLE-DMP-VALIDEUR", severity="error", source=_PDSM,
    message="Le responsable du document (legalAuthenticator) est obligatoire.",
)
def valideur_present(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        if fiche.valideur is None:
            yield Mismatch(fiche.place("valideur"), "un professionnel", "(absent)")


@rule(
    "SOCLE-DMP-IDENTIFIANT-NATIONAL", severity="warning", source=_NATIONAUX,
    message="Un identifiant national commence par son type : 0, 3, 4, 5 ou 8 pour une personne "
    "(8 puis les onze chiffres du RPPS), 0 à 4 pour une structure.",
)
def identifiants_nationaux(depot: Depot) -> Iterator[Mismatch]:
    for fiche in depot.fiches:
        people = [("auteurs", one) for one in fiche.auteurs]
        if fiche.valideur is not None:
            people.append(("valideur", fiche.valideur))
        for metadonnee, one in people:
            if one.id_nat and not _PS.fullmatch(one.id_nat):
                yield Mismatch(fiche.place(metadonnee), "un PS_IdNat", one.id_nat)
            if one.structure and not _STRUCTURE.fullmatch(one.structure):
                yield Mismatch(fiche.place(metadonnee), "un Struct_IdNat", one.structure)
