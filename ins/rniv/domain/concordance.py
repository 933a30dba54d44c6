"""Comparing what INSi answered with what is known here, before anyone accepts it.

RNIV: the user compares; a perfect match may be accepted at once (Ségur, SC.INS.22), a partial one
is shown with its differences (SC.INS.19).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ins.domain.recherche import commence_par
from ins.rniv.domain.identite import TraitsStricts
from services.population.models import Patient
from services.population.traits import translittere


@dataclass(frozen=True, slots=True)
class Ecart:
    """One trait. same: whether both say the same."""

    trait: str
    ici: str
    insi: str
    same: bool


def compares(local: TraitsStricts, found: Patient) -> tuple[Ecart, ...]:
    """The strict traits, in their order. A birth place that is not known here is no difference."""
    first = premier_prenom(local.prenom, found)
    return (
        _of("nom de naissance", local.nom_naissance, found.nom_naissance),
        _of("premier prénom de naissance", local.prenom, first),
        Ecart("prénoms de naissance", local.prenoms, found.liste_prenoms,
              commence_par(found.liste_prenoms, translittere(local.prenoms))),
        _of("sexe", local.sexe, found.sexe),
        _of("date de naissance", local.date_naissance, found.date_naissance),
        Ecart("lieu de naissance", local.lieu_naissance, found.lieu_naissance,
              local.lieu_naissance in ("", found.lieu_naissance)),
    )


def parfaite(ecarts: tuple[Ecart, ...]) -> bool:
    """SC.INS.22: birth name, date, sex and first given name are the same."""
    needed = {"nom de naissance", "premier prénom de naissance", "sexe", "date de naissance"}
    return all(each.same for each in ecarts if each.trait in needed)


def premier_prenom(known: str, found: Patient) -> str:
    """INSi sends the list alone: the first name is what is known here when the list begins with it
    (hyphens and apostrophes read as spaces, EXI ID 10), its first word otherwise."""
    listed = found.liste_prenoms
    wanted = _spaced(translittere(known))
    if wanted and f"{_spaced(listed)} ".startswith(f"{wanted} "):
        return listed[: len(wanted)]
    return found.prenoms[0]


def traits_de(found: Patient, known: str) -> TraitsStricts:
    """The traits of INSi as the store keeps them. known: the first given name known here."""
    return TraitsStricts(
        found.nom_naissance, premier_prenom(known, found), found.liste_prenoms, found.sexe,
        found.date_naissance, found.lieu_naissance,
    )


def _of(trait: str, ici: str, insi: str) -> Ecart:
    return Ecart(trait, ici, insi, translittere(ici) == insi)


def _spaced(text: str) -> str:
    return re.sub(r"[-' ]", " ", text)
