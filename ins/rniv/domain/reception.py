"""An identity as another system of the same domain tells it: what the store makes of it. Pure.

DEFAULT(PAM): the sender is the reference of its domain. A qualified identity is taken as such; a
matricule that comes with another status, from no authority, in no form of one or without the five
strict traits is not kept.
"""

from __future__ import annotations

from dataclasses import replace

from ins.rniv.codes import MANUELLES, Methode
from ins.rniv.domain.identite import Identite, TraitsStricts
from ins.rniv.domain.transitions import active, provisoire
from services.population.matricule import OIDS, is_well_formed
from services.population.models import Matricule
from services.population.traits import est_cog


def recevoir(
    former: Identite | None, traits: TraitsStricts, ipp: tuple[tuple[str, str], ...],
    attributs: tuple[str, ...], *, validee: bool, ins: Matricule | None, le: str,
    methode: Methode | None, interrogee_le: str,
) -> Identite:
    """The identity after the message. validee: PID-32 says VALI; le: today, `YYYY-MM-DD`.

    An identity retrieved here stays so when the message, which cannot say it, has the same traits.
    """
    if former is not None:
        active(former)
    before = former if former is not None else Identite(traits)
    known = {*before.ipp}
    alone = ("FICT",) if "FICT" in attributs else attributs  # EXI ID 24
    told = replace(
        before, traits=traits, ipp=(*before.ipp, *(each for each in ipp if each not in known)),
        attributs=alone,
    )
    if told.bloquee:
        return provisoire(told)
    if not validee:
        same = before.traits == traits and before.statut == "RECUP"
        # INSi is no way in which a provisional identity was collected; a card or a code is.
        kept = methode if methode in MANUELLES else "SM"
        return told if same else replace(provisoire(told), methode=kept)
    qualified = ins is not None and est_complete(ins, traits)
    return replace(
        told, controlee=True, controlee_le=before.controlee_le or le, retrouvee=qualified,
        matricule=ins if qualified else None, historique=(),
        methode=methode or before.methode, interrogee_le=interrogee_le if qualified else "",
    )


def est_complete(ins: Matricule, traits: TraitsStricts) -> bool:
    """Whether a matricule is one, of an authority, and comes with the five strict traits. A wrong
    key is admitted: published identities have some."""
    return (
        ins.oid in OIDS and is_well_formed(ins.value) and len(ins.cle) == 2
        and ins.cle.isascii() and ins.cle.isdigit()
        and traits.sexe in ("M", "F") and est_cog(traits.lieu_naissance)
    )
