"""WS_INS1, rechercherInsAvecCarteVitale. The card's signature is looked at, never verified: only a
card can make one."""

from __future__ import annotations

from dataclasses import replace

from ins import errors
from ins.codes import ACTION_VITALE
from ins.domain.recherche import Demande, Traits
from ins.domain.reglages import reglages_of
from ins.domain.vitale import Beneficiaire
from ins.rules import carte
from ins.rules.demande import aucune_donnee_reelle, cle_juste
from ins.store import noted
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lecture import beneficiaire_of, cles_fausses
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from ins.wire.suites import recherche_par_carte
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import people
from services.population.matricule import OID_NIR, looks_real

RULES, NUMEROS = rules_of(carte), (aucune_donnee_reelle, cle_juste)


@transaction(
    "WS_INS1", name="Recherche d'une identité INS avec la carte Vitale", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat ICIR 1.5.0, rechercherInsAvecCarteVitale",
    routes=lps.routes, fidelity="derived", max_body=MAX_BODY, action=ACTION_VITALE,
)
async def rechercher_par_carte(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    asked = beneficiaire_of(message.payload)
    appel = await admit(exchange, message)
    if appel.bam is not None:
        asked = replace(asked, assure=appel.bam.assure)
    observe(exchange, NUMEROS, await _numeros(exchange, asked), strict=errors.TRAIT_REFUSE)
    observe(exchange, RULES, asked)
    found = await recherche_par_carte(exchange, asked, appel.appelant)
    exchange.outcome_note = noted(exchange, found)
    return reponse.resultat(found, reglages_of(exchange.tenant.settings).forme)


async def _numeros(exchange: Exchange, asked: Beneficiaire) -> Demande:
    """What the rules on matricules look at. A card has those of the NIR alone."""
    who = people(exchange.sandbox.database, exchange.tenant)
    unknown = tuple([
        each for each in asked.numeros if looks_real(each.value[:13], each.value[13:], OID_NIR)
        and not await who.patient_by_ins(each.value)
    ])
    return Demande(
        Traits(), matricules_inconnus=unknown, cles_fausses=cles_fausses(asked.numeros)
    )
