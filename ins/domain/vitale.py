"""Search of one beneficiary by what a carte Vitale says (WS_INS1). Pure.

DEFAULT(WS_INS1): how the téléservice chooses is not public; the rules here are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ins.codes import CR_AUCUNE, CR_OK, CR_PLUSIEURS
from ins.domain.recherche import Lieu, Resultat, date_civile
from services.population.models import Patient
from services.population.twins import rank_of_birth

AT = "/Envelope/Body/RECVITALE"
AT_NOM, AT_OD = f"{AT}/NomNaissance", f"{AT}/MatriculeOD"
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CARD = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_SHORT = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Beneficiaire:
    """What RECVITALE carries. matricule, matricule_od: 13 characters or "" (the beneficiary's own,
    and the right-opener's); date_naissance: as on the card; rang: of birth, "1" for no twin;
    numeros: both with their key, and where they stand; assure: the right-opener's as ContexteBAM
    has it, "" when it has none."""

    matricule: str = ""
    matricule_od: str = ""
    nom_naissance: str = ""
    date_naissance: str = ""
    rang: str = ""
    numeros: tuple[Lieu, ...] = ()
    assure: str = ""

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates, `YYYY-MM-DD`, that the card's form can mean; none when it has no form."""
        return tuple(_dates(self.date_naissance))

    @property
    def date_retournee(self) -> str:
        """The date as the card has it, when what was sent is no date of the calendar in that form
        and is one in the other order (AAAAMMJJ for JJMMAAAA, JJMMAA for AAMMJJ); else ""."""
        text = self.date_naissance
        if not (_CARD.fullmatch(text) or _SHORT.fullmatch(text)):
            return ""
        turned = text[6:] + text[4:6] + text[:4] if len(text) == 8 else \
            text[4:] + text[2:4] + text[:2]
        return "" if _is_civil(text) or not _is_civil(turned) else turned


def _dates(text: str) -> Iterator[str]:
    if _ISO.fullmatch(text):
        yield text
    elif found := _CARD.fullmatch(text):
        yield f"{found[3]}-{found[2]}-{found[1]}"
    elif found := _SHORT.fullmatch(text):
        yield from (f"{century}{found[1]}-{found[2]}-{found[3]}" for century in ("19", "20"))


def _is_civil(text: str) -> bool:
    """Whether the date of a card is one of the calendar: a lunar one is not."""
    return any(date_civile(each) == each for each in _dates(text) if not each.startswith("0"))


def choisir(asked: Beneficiaire, known: Patient | None, others: Iterable[Patient]) -> Resultat:
    """The beneficiary. known: whose matricule was sent, the right-opener's when there is no other;
    others: those with the birth name and a birth date of the card, who may be his dependants: the
    rank of birth tells twins apart, and nobody else."""
    if known is not None and _is(known, asked):
        return Resultat(CR_OK, known)
    if asked.matricule:
        return Resultat(CR_AUCUNE)
    found = [*others]
    if not found:
        return Resultat(CR_AUCUNE)
    if len(found) == 1:
        return Resultat(CR_OK, found[0])
    ranked = [one for one in found if str(rank_of_birth(one, found)) == asked.rang.lstrip("0")]
    return Resultat(CR_OK, ranked[0]) if len(ranked) == 1 else Resultat(CR_PLUSIEURS)


def _is(one: Patient, asked: Beneficiaire) -> bool:
    return one.nom_naissance == asked.nom_naissance and one.date_naissance in asked.dates
