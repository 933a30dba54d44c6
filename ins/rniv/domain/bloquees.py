"""Whether a call of INSi is about an identity that must not call: doubtful, or fictitious. Pure."""

from __future__ import annotations

from ins.domain.recherche import Traits, commence_par
from ins.rniv.domain.identite import Identite
from services.population.traits import translittere

DATE, NOM = 10, 100
"""Characters of a date and of a name that a key holds."""


def cle(nom_naissance: str, date_naissance: str) -> str:
    """What such identities are looked up by, however the name is written."""
    return f"{date_naissance[:DATE]}{translittere(nom_naissance)[:NOM]}"


def cle_de(identite: Identite) -> str:
    """Of an identity that may not call, else ""."""
    if not identite.bloquee or identite.remplacee_par:
        return ""
    return cle(identite.traits.nom_naissance, identite.traits.date_naissance)


def concerne(traits: Traits, identite: Identite) -> bool:
    """Whether these traits are that identity's: one of its given names, or their whole list. A twin
    has others."""
    own = identite.traits
    listed = translittere(own.prenoms)
    return (
        own.sexe in (traits.sexe, "I")
        and translittere(own.nom_naissance) == traits.nom_naissance
        and own.date_naissance == traits.date_naissance
        and (commence_par(listed, traits.prenom) or traits.prenom in listed.split()
             or traits.prenom == translittere(own.prenom))
    )
