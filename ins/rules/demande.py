"""What INSi does not see and a vendor should: accepted requests that are nevertheless wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ins.domain.recherche import Demande, commence_par, ressemble_a_un_code_postal
from ins.rniv.codes import ATTRIBUTS, BLOQUANTS
from ins.rules.documents import COG, FHIR, FR_CORE, GUIDE, NIR, RNIV, SEL_MP_043
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule

_FORBIDDEN_STATUSES = {code: ATTRIBUTS[code].lower() for code in BLOQUANTS}


@rule(
    "EXI ID 26", severity="error",
    message="Une identité douteuse ou fictive n'appelle jamais INSi.",
    source=(RNIV.requires("EXI SI 09"), GUIDE.requires("EXI ID 26")),
)
def identite_interrogeable(demande: Demande) -> Iterator[Mismatch]:
    for statut in demande.statuts:
        label = _FORBIDDEN_STATUSES.get(statut.value)
        if label:
            yield Mismatch(statut.at, "aucun appel", f"{statut.value} ({label})")


@rule(
    "EXI ID 10", severity="warning",
    message="Le premier prénom de naissance commence la liste des prénoms.",
    source=GUIDE.requires("EXI ID 10"),
)
def prenom_en_tete_de_liste(demande: Demande) -> Iterator[Mismatch]:
    liste, prenom = demande.liste_prenoms, demande.traits.prenom
    if liste is None or not prenom:
        return
    if not commence_par(_spaced(liste.value), _spaced(prenom)):
        yield Mismatch(liste.at, f"une liste qui commence par {prenom}", liste.value)


def _spaced(text: str) -> str:
    """EXI ID 10 compares with hyphens and apostrophes read as spaces."""
    return re.sub(r"[-' ]+", " ", text)


@rule(
    "INS-CODE-POSTAL", severity="warning",
    message="Le lieu de naissance est un code COG à la naissance, jamais un code postal.",
    source=SEL_MP_043.at("(LieuNaissance)"),
)
def lieu_sans_code_postal(demande: Demande) -> Iterator[Mismatch]:
    traits = demande.traits
    lieu, born = traits.lieu_naissance, traits.date_naissance
    if lieu and (lieu == demande.code_postal or ressemble_a_un_code_postal(lieu, born)):
        yield Mismatch(demande.at["lieu_naissance"], "un code COG de commune ou de pays", lieu)


@rule(
    "INS-CORSE", severity="warning",
    message="Depuis 1976 les communes corses ont un code en 2A ou 2B.",
    source=COG,
)
def commune_corse(demande: Demande) -> Iterator[Mismatch]:
    traits = demande.traits
    if traits.lieu_naissance.startswith("20") and traits.date_naissance >= "1976":
        yield Mismatch(
            demande.at["lieu_naissance"], "un code en 2A… ou 2B…", traits.lieu_naissance
        )


@rule(
    "INS-NOM-OFFICIEL", severity="information",
    message="Le nom de naissance se transmet dans un nom d'usage official, et un seul.",
    source=FR_CORE.at("(Patient.name:officialName)"),
)
def nom_officiel(demande: Demande) -> Iterator[Mismatch]:
    for nom in demande.noms_sans_usage:
        wanted = "un seul nom official" if nom.value else "official"
        yield Mismatch(f"{nom.at}.use", wanted, nom.value or "(absent)")


@rule(
    "INS-DONNEE-REELLE", severity="warning", observable="state",
    message="Ce matricule a la forme d'un vrai et n'est celui de personne ici : aucune donnée "
    "réelle ne doit entrer dans le bac à sable.",
    source=SOCLE.at("protection des personnes"),
)
def aucune_donnee_reelle(demande: Demande) -> Iterator[Mismatch]:
    for matricule in demande.matricules_inconnus:
        yield Mismatch(
            matricule.at, "une identité de test", f"{matricule.value[:7]}… (masqué)"
        )


@rule(
    "INS-CLE", severity="warning",
    message="La clé d'un matricule est 97 moins le reste de sa division par 97 (2A y vaut 19, "
    "2B 18) ; des identités publiées en ont une fausse, que le téléservice admet.",
    source=NIR,
)
def cle_juste(demande: Demande) -> Iterator[Mismatch]:
    for matricule, key in demande.cles_fausses:
        yield Mismatch(matricule.at, key, matricule.value[13:])


@rule(
    "INS-CANDIDATS", severity="information",
    message="INSi ne liste jamais de candidats : onlyCertainMatches=false reste sans effet.",
    source=SEL_MP_043.at("(CR 02)"),
)
def aucun_candidat(demande: Demande) -> Iterator[Mismatch]:
    if demande.candidats:
        yield Mismatch(demande.at["candidats"], "true ou absent", "false")


@rule(
    "INS-PARAMETRE", severity="warning",
    message="Un paramètre de Patient/$match est de l'opération, de son type, et vient une fois : "
    "celui-ci n'est pas lu.",
    source=FHIR.at("(Patient/$match)"),
)
def parametres_connus(demande: Demande) -> Iterator[Mismatch]:
    for parametre in demande.ignores:
        yield Mismatch(
            parametre.at, "resource (un Patient), onlyCertainMatches (valueBoolean), "
            "count (valueInteger, 1 au moins)", parametre.value,
        )
