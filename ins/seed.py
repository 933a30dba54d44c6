"""To obtain an answer, use this identity: the public identities and requests of the editors'
environment, with what each obtains in each mode. The people themselves are the population's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ins.codes import CR_AUCUNE, CR_OK, CR_PLUSIEURS
from services.population.base import base
from services.population.matricule import OID_NIA

TECHNIQUE = "insi_102"
REFUS = "insi_19"
PUBLISHED = 25
"""Of the base population, those whom a publication names come first."""


@dataclass(frozen=True, slots=True)
class Jeu:
    """A request by traits; production, cnda: report code or fault; note: French."""

    nom_naissance: str
    prenom: str
    sexe: str
    date_naissance: str
    lieu_naissance: str = ""
    production: str = CR_OK
    cnda: str = CR_OK
    note: str = ""


def _unknown(*traits: str, note: str = "") -> Jeu:
    return replace(Jeu(*traits), production=CR_AUCUNE, cnda=TECHNIQUE, note=note)


def _refused(*traits: str, note: str) -> Jeu:
    return replace(Jeu(*traits), production=REFUS, cnda=REFUS, note=note)


def _several(*traits: str, note: str = "") -> Jeu:
    return replace(Jeu(*traits), production=CR_PLUSIEURS, cnda=CR_PLUSIEURS, note=note)


REQUESTS = (
    _unknown("NESSI", "NATHALIE", "F", "1977-07-14", note="autre prénom que celui de RUTH"),
    _unknown("DE VINCI", "RUTH", "F", "1976-07-14", note="nom utilisé, pas de naissance"),
    _unknown("TCHITCHI", "OLA", "F", "1936-06-21", note="puis CATARINA : 00"),
    Jeu("TCHITCHI", "CATARINA", "F", "1936-06-21"),
    _unknown("HOUILLES", "PIERRE", "M", "1993-01-27", note="premier des quatre appels"),
    _unknown("HOUILLES", "PAUL", "M", "1993-01-27", note="deuxième"),
    _unknown("HOUILLES", "JACQUES", "M", "1993-01-27", note="troisième"),
    _unknown("HOUILLES", "PIERRE PAUL JACQUES", "M", "1993-01-27", note="quatrième"),
    _several("DE VINCI", "LEONARDO", "M", "2014-02-01", note="puis avec le lieu 63220 : 00"),
    Jeu("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220"),
    _unknown("D'AEION", "COEUR", "M", "1987-01-25", "2B020", note="D’ÆION CŒUR, translittéré"),
    _unknown("PATB-QUATRE", "LAURENCE", "F", "1907-05-25", note="kit du GIE"),
    _unknown("HERMAN", "GATIEN", "M", "1981-03-24", note="HERMANN à un N"),
    _unknown("ADRDEUX", "LAURENT", "M", "1981-01-01", "75056", note="né à 63220"),
    _refused("ADRUN", "Zoé", "F", "1975-12-31", note="minuscules et accent : le constat dit ZOE"),
    _refused("D’ÆION", "CŒUR", "M", "1987-01-25", "2B020", note="D'AEION, COEUR une fois écrit"),
)

FAUTES = (
    ("insi_19", "recherche sans nom de naissance, ou par un trait contraire aux règles lexicales ; "
     "lot trop petit, trop grand ou inconnu"),
    ("insi_28", "vérification (WS_INS3, $ins-verify) sans nom de naissance"),
    ("insi_101", "mode cnda, WS_INS1 : un nom qui n'est pas celui de la carte"),
    ("insi_102", "mode cnda : les recherches ci-dessus qui la portent"),
    ("insi_111", "« socle ins mode indisponible » : tout appel"),
    ("desir_550", "ContexteLPS dont l'IDAM commence par FAKE"),
    ("desir_560", "« socle certificate issue --cn AUTRE » ; en HTTPS ni certificat ni assertion ; "
     "assertion trop vieille ; WS_INS1 par assertion sans celle de la carte"),
    ("desir_620", "assertion d'une carte CPx sans signature, altérée, ou d'un autre titulaire"),
)
"""Fault of the téléservice → what obtains it, French."""


def jeux() -> Iterator[Jeu]:
    """People by all their given names, then the requests."""
    for one in list(base().patients.values())[:PUBLISHED]:
        note = "historique" if one.historique else ""
        if one.matricule.oid == OID_NIA:
            note = "NIA, OID en .9"
        yield Jeu(
            one.nom_naissance, one.liste_prenoms, one.sexe, one.date_naissance,
            one.lieu_naissance, note=note,
        )
    yield from REQUESTS


def rows() -> list[dict[str, Any]]:
    """As the control API shows them, by answer."""
    ordered = sorted(jeux(), key=lambda one: one.production)
    return [
        {name: getattr(each, name) for name in Jeu.__dataclass_fields__} for each in ordered
    ]
