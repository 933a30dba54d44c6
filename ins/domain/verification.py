"""Whether a matricule and traits are one person's (WS_INS3, WS_INS5). Pure.

The answer is OK or KO, never a reason; what differs is for the journal. Absent traits are not
compared; the given name begins the list, as in a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ins.domain.recherche import Demande, Traits, commence_par
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


@dataclass(frozen=True, slots=True)
class Ecart:
    """What makes a verification KO. trait: `matricule`, or as `Demande.at` names it."""

    trait: str
    attendu: str
    trouve: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verification as the journal tells it. demande: where each trait stands."""

    demande: Demande
    ecarts: tuple[Ecart, ...]


def ecarts(asked: IndividuVerifie, known: Patient | None) -> Iterator[Ecart]:
    """All that differs, nothing for OK. known: whose active or former matricule it is."""
    if known is None:
        yield Ecart("matricule", "un matricule de la base", "inconnu")
        return
    # DEFAULT(WS_INS3): a former matricule is no longer right, and a key that is absent is accepted.
    active, traits = known.matricule, asked.traits
    if asked.matricule != active.value:
        yield Ecart("matricule", f"NumIdentifiant {active.value}", asked.matricule)
    if asked.cle not in ("", active.cle):
        yield Ecart("matricule", f"clé {active.cle}", asked.cle)
    if asked.oid != active.oid:
        yield Ecart("matricule", f"OID {active.oid}", asked.oid or "(absent)")
    if traits.nom_naissance != known.nom_naissance:
        yield Ecart("nom_naissance", known.nom_naissance, traits.nom_naissance)
    if traits.prenom and not commence_par(known.liste_prenoms, traits.prenom):
        yield Ecart("prenoms", f"le début de {known.liste_prenoms}", traits.prenom)
    if asked.liste_prenoms not in ("", known.liste_prenoms):
        yield Ecart("prenoms", known.liste_prenoms, asked.liste_prenoms)
    for trait in ("sexe", "date_naissance", "lieu_naissance"):
        right, sent = getattr(known, trait), getattr(traits, trait)
        if sent not in ("", right):
            yield Ecart(trait, right or "(inconnu de la base)", sent)
