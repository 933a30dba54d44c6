"""What the identity store knows of those whom a call is about (EXI ID 26): the attributes that the
caller gave them there say that it should not have called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ins.domain.recherche import Demande, Lieu, Traits
from ins.domain.vitale import AT_NOM
from ins.rniv import store
from ins.rniv.codes import BLOQUANTS
from ins.rniv.domain.bloquees import cle, concerne
from ins.rniv.domain.identite import Identite
from services.kernel.exchange import Exchange
from services.population import Patient


async def signaler(exchange: Exchange, demande: Demande) -> Demande:
    """The request, with the attributes that the tenant's store gives this person."""
    traits = demande.traits
    if not _nomme(traits):
        return demande
    return _signalee(demande, await store.bloquees(
        exchange.sandbox, exchange.tenant, traits.nom_naissance, traits.date_naissance
    ))


async def signaler_lot(
    exchange: Exchange, demandes: Sequence[Demande], most: int
) -> Sequence[Demande]:
    """The same of a whole lot, with few statements: of its first `most` requests that are about
    somebody who must not call."""
    persons = [
        cle(traits.nom_naissance, traits.date_naissance) if _nomme(traits) else ""
        for traits in (each.traits for each in demandes)
    ]
    known = await store.parmi_bloquees(exchange.sandbox, exchange.tenant, filter(None, persons))
    told = list(demandes)
    several: dict[str, list[Identite]] = {}
    for rank in [rank for rank, person in enumerate(persons) if person in known]:
        traits, person = demandes[rank].traits, persons[rank]
        if person not in several:
            several[person] = await store.bloquees(
                exchange.sandbox, exchange.tenant, traits.nom_naissance, traits.date_naissance
            )
        told[rank] = _signalee(demandes[rank], several[person])
        most -= told[rank] is not demandes[rank]
        if not most:
            break
    return told


async def signaler_beneficiaire(exchange: Exchange, found: Patient) -> Demande:
    """The same of whom a search by card has found: the card tells no given name."""
    traits = Traits(found.nom_naissance, found.prenoms[:1], found.sexe, found.date_naissance)
    return await signaler(exchange, Demande(traits, at={"nom_naissance": AT_NOM}))


def _nomme(traits: Traits) -> bool:
    """Whether the traits are enough to tell a person."""
    return bool(traits.nom_naissance and traits.prenom and traits.date_naissance)


def _signalee(demande: Demande, several: Sequence[Identite]) -> Demande:
    """several: the identities of that name and date that must not call."""
    if not several:
        return demande
    at = demande.at.get("nom_naissance", "")
    known = {each for one in several if concerne(demande.traits, one) for each in one.attributs}
    told = {each.value for each in demande.statuts}
    added = tuple(Lieu(each, at) for each in BLOQUANTS if each in known - told)
    return replace(demande, statuts=(*demande.statuts, *added)) if added else demande
