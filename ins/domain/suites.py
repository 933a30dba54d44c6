"""Several calls of one client for one person, in order: what CNDA and Ségur test. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from ins.codes import CR_AUCUNE, CR_OK, CR_PLUSIEURS
from ins.domain.recherche import Lieu, Traits, commence_par
from ins.domain.vitale import Beneficiaire
from services.kernel.clock import SECOND

WINDOW = 30 * 60 * SECOND
"""Calls further apart are no sequence: the second begins another."""
MOST = 10
"""Former calls that a call is compared with: four given names, together, the place, and more."""
LONGEST = 100
ECHECS = (CR_AUCUNE, "insi_101", "insi_102")
"""Nobody found: `01`, or what the editors' environment says in its place."""


class Essai(NamedTuple):
    """One call. at: instant on the tenant's clock, microseconds; appelant: who called; porte:
    transaction; code: of its report or fault; statut: DOUT or FICT when it was told so;
    liste_prenoms: of who was found."""

    at: int
    appelant: str
    porte: str
    nom_naissance: str
    sexe: str
    date_naissance: str
    prenom: str
    lieu_naissance: str
    code: str
    statut: str = ""
    liste_prenoms: str = ""

    def written(self) -> str:
        """As a souvenir holds it."""
        return orjson.dumps(tuple(self)).decode()


def read(content: str) -> Essai:
    """What `written` wrote."""
    return Essai._make(orjson.loads(content))


@dataclass(frozen=True, slots=True)
class Suite:
    """The call that is made, after those that came before it. avant: oldest first, within WINDOW;
    at: places of the traits in the message; statuts: told with this call."""

    traits: Traits
    at: Any = field(default_factory=dict)
    avant: Sequence[Essai] = ()
    statuts: tuple[Lieu, ...] = ()

    @property
    def dernier(self) -> Essai | None:
        return self.avant[-1] if self.avant else None


@dataclass(frozen=True, slots=True)
class SuiteCarte:
    """A search by card, after the former ones of the same card."""

    nom_naissance: str
    avant: Sequence[Essai] = ()


def sujet(appelant: str, traits: Traits) -> str:
    """What names one sequence: the caller and the person that is looked for."""
    return "suite:" + _digest(
        appelant, traits.nom_naissance, traits.sexe, traits.date_naissance
    )


def sujet_carte(appelant: str, asked: Beneficiaire) -> str:
    """The same of a card, whose holder has one name more than the other searches know."""
    return "carte:" + _digest(
        appelant, asked.matricule, asked.matricule_od, asked.date_naissance, asked.rang
    )


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def within(former: Sequence[Essai], now: int) -> Sequence[Essai]:
    """Those near enough to be of the same sequence; none from a clock that was set back."""
    return [each for each in former if 0 <= now - each.at <= WINDOW]


def seuls_manquants(prenom: str, avant: Sequence[Essai]) -> list[str]:
    """Of given names sent together, those that no former call sent alone."""
    tried = {each.prenom for each in avant}
    return [each for each in prenom.split() if each not in tried]


def dans_l_ordre(prenom: str, avant: Sequence[Essai]) -> bool:
    """Whether the names that were sent alone came in the order of the list."""
    names = prenom.split()
    tried = list(dict.fromkeys(each.prenom for each in avant if each.prenom in names))
    return tried == [each for each in names if each in tried]


def same_person(dernier: Essai, traits: Traits) -> bool:
    """Whether these traits may be those of who was found: twins differ by their given names."""
    return dernier.code == CR_OK and (
        commence_par(dernier.liste_prenoms, traits.prenom)
        or traits.prenom in dernier.liste_prenoms.split()
    )


@dataclass(frozen=True, slots=True)
class Etat:
    """Where a sequence stands. fini: nothing more is expected; attendu: French, what is."""

    fini: bool
    attendu: str = ""


def etat(essais: Sequence[Essai]) -> Etat:
    """Of a whole sequence, oldest first, not empty."""
    last = essais[-1]
    if last.code == CR_OK:
        return Etat(True)
    if last.code == CR_PLUSIEURS:
        return Etat(False, "un appel de plus, avec les autres prénoms puis le lieu de naissance")
    if last.code not in ECHECS:
        return Etat(False, "le même appel, une fois la faute corrigée ou passée")
    names = last.prenom.split()
    if len(names) < 2:
        return Etat(False, "chacun des autres prénoms seul, puis tous ensemble, s'il y en a")
    missing = seuls_manquants(last.prenom, essais[:-1])
    if missing:
        return Etat(False, f"chaque prénom seul d'abord : {', '.join(missing)}")
    return Etat(True)
