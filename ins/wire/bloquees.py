"""What the identity store knows of the person that a call is about."""

from __future__ import annotations

from dataclasses import replace

from ins.domain.recherche import Demande, Lieu
from ins.rniv import store
from ins.rniv.codes import BLOQUANTS
from ins.rniv.domain.bloquees import concerne
from services.kernel.exchange import Exchange


async def signaler(exchange: Exchange, demande: Demande) -> Demande:
    """The request, with the attributes that the tenant's store gives this person (EXI ID 26): the
    caller says by them that it should not have called."""
    traits = demande.traits
    if not (traits.nom_naissance and traits.prenom and traits.date_naissance):
        return demande
    several = await store.bloquees(
        exchange.sandbox, exchange.tenant, traits.nom_naissance, traits.date_naissance
    )
    at = demande.at.get("nom_naissance", "")
    known = {each for one in several if concerne(traits, one) for each in one.attributs}
    told = {each.value for each in demande.statuts}
    added = tuple(Lieu(each, at) for each in BLOQUANTS if each in known - told)
    return replace(demande, statuts=(*demande.statuts, *added)) if added else demande
