"""Whether a matricule and traits are one person's (WS_INS3, WS_INS5). OK or KO, never a reason.

Absent traits are not compared; the given name begins the list, as in a search. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ins.domain.recherche import Traits, commence_par
from services.population.models import Patient


@dataclass(frozen=True, slots=True)
class IndividuVerifie:
    """An identity to verify. matricule: 13 characters; oid: of its authority; liste_prenoms: the
    whole list, compared as such when sent."""

    matricule: str = ""
    cle: str = ""
    oid: str = ""
    traits: Traits = field(default_factory=Traits)
    liste_prenoms: str = ""


@dataclass(frozen=True, slots=True)
class Relance:
    """The result of a lot asked for. at: its place; now, due: instants in microseconds, due being
    the one that the service announced last."""

    at: str
    now: int
    due: int


def est_verifie(asked: IndividuVerifie, known: Patient | None) -> bool:
    """known: whose active or former matricule it is."""
    if known is None or not _is_active(asked, known):
        return False
    traits = asked.traits
    return (
        traits.nom_naissance == known.nom_naissance
        and traits.sexe in ("", known.sexe)
        and traits.date_naissance in ("", known.date_naissance)
        and traits.lieu_naissance in ("", known.lieu_naissance)
        and (not traits.prenom or commence_par(known.liste_prenoms, traits.prenom))
        and asked.liste_prenoms in ("", known.liste_prenoms)
    )


def _is_active(asked: IndividuVerifie, known: Patient) -> bool:
    # DEFAULT(WS_INS3): a former matricule is no longer right, and a key that is absent is accepted.
    active = known.matricule
    return (asked.matricule, asked.oid) == (active.value, active.oid) and asked.cle in (
        "", active.cle
    )
