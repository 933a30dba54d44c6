"""Calls that follow one another: what only a client's former calls show."""

from __future__ import annotations

from collections.abc import Iterator

from ins.codes import CR_PLUSIEURS
from ins.domain.suites import ECHECS, Suite, SuiteCarte, dans_l_ordre, same_person, seuls_manquants
from ins.domain.vitale import AT_NOM
from ins.rniv.codes import BLOQUANTS
from ins.rules.documents import CNDA, GUIDE, SEGUR
from services.kernel.requirements import Requirement, cited
from services.kernel.rules import Mismatch, rule

MESSAGES = Requirement(
    "Sentinelle.07", "error",
    "Le logiciel montre à l'utilisateur, mot pour mot, le message prévu pour CR 01 et pour CR 02.",
    cited(SEGUR.requires("Sentinelle.07")), "manual",
)


@rule(
    "INS-PRENOMS-SEULS", severity="error", observable="sequence",
    message="Après un CR 01, chaque prénom s'essaie seul, dans l'ordre, avant tous ensemble.",
    source=CNDA.at("(test 2.07)"),
)
def prenoms_un_a_un(suite: Suite) -> Iterator[Mismatch]:
    dernier, prenom = suite.dernier, suite.traits.prenom
    if dernier is None or dernier.code not in ECHECS or len(prenom.split()) < 2:
        return
    at = suite.at.get("prenoms", "Prenom")
    missing = seuls_manquants(prenom, suite.avant)
    if missing:
        yield Mismatch(at, f"un appel d'abord pour chacun : {', '.join(missing)}", prenom)
    elif not dans_l_ordre(prenom, suite.avant):
        yield Mismatch(at, "les prénoms essayés dans leur ordre", prenom)


@rule(
    "INS-ARRET", severity="warning", observable="sequence",
    message="Un CR 00 met fin aux essais : l'identité trouvée se compare et s'accepte, ou non.",
    source=CNDA.at("(test 2.07)"),
)
def arret_sur_00(suite: Suite) -> Iterator[Mismatch]:
    dernier = suite.dernier
    if dernier is None or not same_person(dernier, suite.traits):
        return
    if (dernier.prenom, dernier.lieu_naissance) != (
        suite.traits.prenom, suite.traits.lieu_naissance
    ):
        yield Mismatch(
            suite.at.get("prenoms", "Prenom"), "aucun autre essai", suite.traits.prenom
        )


@rule(
    "Sentinelle.05", severity="error", observable="sequence",
    message="Un CR 02 est suivi d'un appel plus précis : les autres prénoms, puis le lieu de "
    "naissance, sans geste de l'utilisateur.",
    source=(SEGUR.requires("Sentinelle.05"), CNDA.at("(test 2.06)")),
)
def precision_apres_02(suite: Suite) -> Iterator[Mismatch]:
    dernier, traits = suite.dernier, suite.traits
    if dernier is None or dernier.code != CR_PLUSIEURS:
        return
    more_names = len(traits.prenom.split()) > len(dernier.prenom.split())
    more_place = bool(traits.lieu_naissance) and not dernier.lieu_naissance
    other = traits.prenom.split()[:1] != dernier.prenom.split()[:1]
    if not (more_names or more_place or other):
        yield Mismatch(
            suite.at.get("lieu_naissance", "LieuNaissance"), "un code COG, ou plus de prénoms",
            traits.lieu_naissance or "(absent)",
        )


@rule(
    "Sentinelle.02", severity="information", observable="sequence",
    message="Le premier appel pour une personne ne porte pas le lieu de naissance.",
    source=SEGUR.requires("Sentinelle.02"),
)
def premier_appel_sans_lieu(suite: Suite) -> Iterator[Mismatch]:
    if not suite.avant and suite.traits.lieu_naissance:
        yield Mismatch(
            suite.at.get("lieu_naissance", "LieuNaissance"), "(absent)",
            suite.traits.lieu_naissance,
        )


@rule(
    "INS-DOUTEUSE-SUITE", severity="error", observable="sequence",
    message="Une identité qu'un appel a dite douteuse ou fictive n'appelle plus INSi.",
    source=GUIDE.at("(EXI ID 26)"),
)
def plus_d_appel_douteux(suite: Suite) -> Iterator[Mismatch]:
    before = next((each.statut for each in reversed(suite.avant) if each.statut), "")
    if before and not any(each.value in BLOQUANTS for each in suite.statuts):
        at = suite.at.get("nom_naissance", "NomNaissance")
        yield Mismatch(at, "aucun appel", f"{before} dans un appel précédent")


@rule(
    "INS-CARTE-NOM-UTILISE", severity="error", observable="sequence",
    message="Après un CR 01 par carte, l'appel suivant porte le nom utilisé de la carte, s'il "
    "diffère du nom de naissance : le même nom n'est pas redemandé.",
    source=CNDA.at("(test 1.07)"),
)
def nom_utilise_apres_01(suite: SuiteCarte) -> Iterator[Mismatch]:
    if suite.avant and suite.avant[-1].code in ECHECS and any(
        each.nom_naissance == suite.nom_naissance for each in suite.avant
    ):
        yield Mismatch(AT_NOM, "le nom utilisé", suite.nom_naissance)
