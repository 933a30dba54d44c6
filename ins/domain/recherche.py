"""Search of one person, by identity traits or by what a carte Vitale says. Pure; shared by every
door of the service.

Source: public exchanges of the editors' environment (matching and report codes). What a trait may
be written with: `services.population.traits`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, product, zip_longest
from typing import Final

from ins.codes import CR_AUCUNE, CR_OK, CR_PLUSIEURS, LIBELLES_CR
from services.population.models import Patient

_LES_TROIS: Final = (" ", "-", "'")
_SEPARATEURS: Final = re.compile(r"[ '-]")
MOST_SEPARATORS: Final = 4
"""Of a name that is looked for in all its spellings: eighty-one of them."""


@dataclass(frozen=True, slots=True)
class Traits:
    """Identity traits as sent. prenoms: one item per given name element, in order.

    sexe: `M` or `F`; date_naissance: `YYYY-MM-DD`, lunar included; lieu_naissance: COG or "".
    """

    nom_naissance: str = ""
    prenoms: tuple[str, ...] = ()
    sexe: str = ""
    date_naissance: str = ""
    lieu_naissance: str = ""

    @property
    def prenom(self) -> str:
        """The given names as one trait, which is what INSi compares."""
        return " ".join(self.prenoms)


@dataclass(frozen=True, slots=True)
class Lieu:
    """A value of the message that rules look at, and where it stands."""

    value: str
    at: str


@dataclass(frozen=True, slots=True)
class Fourni:
    """The INS that an identity to verify carries: matricule without its key, OID of its authority,
    each "" when absent, and where it stands."""

    matricule: str
    oid: str
    at: str


@dataclass(frozen=True, slots=True)
class Demande:
    """A search request: its traits, where each stands in the message, and what came with them.

    at: `nom_naissance`, `prenoms`, `sexe`, `date_naissance`, `lieu_naissance` → path; prenoms_at:
    one path per given name. liste_prenoms: full list of given names sent beside the searched one.
    statuts: identity status codes; matricules_inconnus: matricules sent that the population does
    not know; noms_sans_usage: names read although not marked official, and official names that are
    not read, which have a value; ignores: parameters that this operation does not know;
    code_postal: sent with the birth place; candidats: whether uncertain matches were asked for;
    cles_fausses: matricules (15 characters) whose key is wrong, each with the right one; fourni:
    the INS to verify, None in a search.
    """

    traits: Traits
    at: Mapping[str, str] = field(default_factory=dict, hash=False)
    prenoms_at: tuple[str, ...] = ()
    liste_prenoms: Lieu | None = None
    statuts: tuple[Lieu, ...] = ()
    matricules_inconnus: tuple[Lieu, ...] = ()
    noms_sans_usage: tuple[Lieu, ...] = ()
    ignores: tuple[Lieu, ...] = ()
    code_postal: str = ""
    candidats: bool = False
    cles_fausses: tuple[tuple[Lieu, str], ...] = ()
    fourni: Fourni | None = None


@dataclass(frozen=True, slots=True)
class Resultat:
    """The report: code and exact label, and the person when the code is 00.

    injected: name of the injection that it comes from, "" for a real answer; brut: the bytes that
    SOAP answers, of a file; dit: the label of a file. A file that says no report has no code.
    """

    code: str
    patient: Patient | None = None
    injected: str = ""
    brut: bytes = b""
    dit: str = ""

    @property
    def libelle(self) -> str:
        return self.dit if self.brut else LIBELLES_CR[self.code]


def rechercher(
    traits: Traits, people: Iterable[Patient], *, equivalence: bool = False
) -> Resultat:
    """One person, none or several: candidates are never listed.

    people: those with exactly this birth name, sex and birth date (the caller's indexed look-up);
    equivalence: hyphen, apostrophe and space are one another's equal.
    """
    found = [one for one in people if _correspond(traits, one, _un_separateur if equivalence
                                                  else _tel_quel)]
    if not found:
        return Resultat(CR_AUCUNE)
    if len(found) > 1:
        return Resultat(CR_PLUSIEURS)
    return Resultat(CR_OK, found[0])


def _correspond(traits: Traits, patient: Patient, read: Callable[[str], str]) -> bool:
    same = (
        read(traits.nom_naissance) == read(patient.nom_naissance)
        and traits.sexe == patient.sexe
        and traits.date_naissance == patient.date_naissance
        and commence_par(read(patient.liste_prenoms), read(traits.prenom))
    )
    return same and traits.lieu_naissance in ("", patient.lieu_naissance)


def variantes(nom: str) -> tuple[str, ...]:
    """A name with each of its separators as any of the three, itself first: what an index of exact
    names is asked for under `equivalence`. A name of more than MOST_SEPARATORS is itself alone."""
    parts = _SEPARATEURS.split(nom)
    if len(parts) > MOST_SEPARATORS + 1:
        return (nom,)
    own = tuple(_SEPARATEURS.findall(nom))
    several = {own: None} | dict.fromkeys(product(_LES_TROIS, repeat=len(own)))
    return tuple(
        "".join(chain.from_iterable(zip_longest(parts, each, fillvalue=""))) for each in several
    )


def _un_separateur(text: str) -> str:
    return _SEPARATEURS.sub(" ", text)


def _tel_quel(text: str) -> str:
    return text


def commence_par(liste_prenoms: str, prenom: str) -> bool:
    """Whether the list begins with `prenom`, up to the end of a name: `PAUL` alone does not begin
    `PIERRE PAUL`, nor `PIERRE` `PIERRE-ALAIN`."""
    return bool(prenom) and f"{liste_prenoms} ".startswith(f"{prenom} ")


def ressemble_a_un_code_postal(cog: str, date_naissance: str) -> bool:
    """Values that no commune had at that date: nnn000, and in 75 what is neither Paris nor one of
    its arrondissements. Until 1968 the communes of the Seine had codes in 75 too."""
    if cog.endswith("000") and not cog.startswith("99"):
        return True
    if not cog.startswith("75") or "1" < date_naissance < "1968":
        return False
    return cog != "75056" and not "75101" <= cog <= "75120"


def date_civile(date: str) -> str:
    """The date completed by RNIV: unknown day 01, unknown month 01, both unknown 31/12.

    A date that the calendar has not (1955-13-00, 1960-20-45) counts as both unknown.
    """
    year, month, day = date.split("-")
    # DEFAULT(dates): an impossible month or day is an unknown one.
    known_month = 1 <= int(month) <= 12
    last = calendar.monthrange(int(year), int(month))[1] if known_month else 31
    known_day = 1 <= int(day) <= last
    if known_month and known_day:
        return date
    if not known_month and not known_day:
        return f"{year}-12-31"
    return f"{year}-{month}-01" if known_month else f"{year}-01-{day}"
