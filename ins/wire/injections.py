"""Searches, as every door makes them: an injected answer while one is due, else the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ins import errors, store
from ins.codes import CR_AUCUNE
from ins.domain.fichier import Fichier
from ins.domain.recherche import Resultat, Traits
from ins.domain.reglages import MODELES, Injection
from ins.domain.vitale import Beneficiaire
from ins.wire.faults import FORMES
from ins.wire.fichier import adapted
from services.kernel import turns
from services.kernel.errors import CatalogueError, catalogue
from services.kernel.exchange import Exchange
from services.kernel.tenants import INJECTIONS, Tenant
from services.population import Matricule, people
from services.soap.addressing import sought_message_id


async def par_traits(exchange: Exchange, traits: Traits) -> Resultat:
    """Raises what `store.par_traits` raises, or Injectee."""
    found = await _injected(exchange, traits.nom_naissance, traits.prenom)
    return found or await store.par_traits(exchange, traits)


async def par_carte(exchange: Exchange, asked: Beneficiaire) -> Resultat:
    """Raises what `store.par_carte` raises, or Injectee."""
    found = await _injected(exchange, asked.nom_naissance, "")
    return found or await store.par_carte(exchange, asked)


def lisible(found: Resultat) -> Resultat:
    """The report, for who must understand it. Raises REPONSE_ILLISIBLE."""
    if not found.code:
        raise errors.REPONSE_ILLISIBLE(expected="RESULTAT ou Fault", found=found.injected)
    return found


def injections_of(settings: Mapping[str, Any]) -> list[Injection]:
    """In the order in which they are served."""
    return [Injection(**each) for each in settings.get(INJECTIONS, ())]


async def _injected(exchange: Exchange, nom: str, prenom: str) -> Resultat | None:
    """The injected answer whose turn it is, which is then used up."""
    tenant = exchange.tenant
    if INJECTIONS not in tenant.settings:
        return None
    for each in injections_of(tenant.settings):
        if not each.fits(nom, prenom):
            continue
        turn = await turns.take(exchange.sandbox.database, tenant.key, each.id, each.fois)
        if turn is not None:
            exchange.outcome_note = f"réponse injectée : {each.reponse}, {turn + 1} sur {each.fois}"
            return await (_given_back(exchange, each) if each.fichier
                          else _modelled(exchange, tenant, each.reponse))
    return None


async def _given_back(exchange: Exchange, injection: Injection) -> Resultat | None:
    """What the file says, with its bytes. Raises Injectee for a fault."""
    kept = await store.kept_file(exchange.sandbox.database, exchange.tenant.key, injection.id)
    if kept is None:  # emptied meanwhile
        return None
    content, said = kept
    if injection.adapter:
        content = adapted(content, sought_message_id(exchange.body))
    if said.faute:
        raise errors.Injectee(_known(said), said.libelle, content)
    return Resultat(said.code, said.patient, injection.reponse, content, said.libelle)


def _known(said: Fichier) -> CatalogueError:
    """The error of the fault's code: FHIR answers it as if the real service had refused."""
    if said.code in FORMES:
        own = next(each for each in catalogue(errors) if each.code == said.code)
        return replace(own, fidelity="default")
    return replace(errors.FAUTE_INJECTEE, code=said.code or errors.FAUTE_INJECTEE.code)


async def _modelled(exchange: Exchange, tenant: Tenant, name: str) -> Resultat:
    modele = MODELES[name]
    patient = None
    if modele.patient:
        patient = await people(exchange.sandbox.database, tenant).patient(modele.patient)
    if patient is None:
        return Resultat(CR_AUCUNE if modele.patient else modele.code, injected=name)
    own = patient.matricule
    more = () if modele.ancien is None else (Matricule(*modele.ancien, own.oid),)
    return Resultat(modele.code, replace(
        patient, prenoms=modele.prenoms or patient.prenoms,
        matricule=Matricule(own.value, own.cle, modele.oid or own.oid),
        historique=(*patient.historique, *more),
    ), injected=name)
