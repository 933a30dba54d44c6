"""WS_INS1, rechercherInsAvecCarteVitale. The card's signature is looked at, never verified: only a
card can make one."""

from __future__ import annotations

from ins.codes import ACTION_VITALE
from ins.domain.reglages import reglages_of
from ins.rules import carte
from ins.store import noted
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.faults import TLSI
from ins.wire.lecture import beneficiaire_of
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from ins.wire.suites import recherche_par_carte
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction

RULES = rules_of(carte)


@transaction(
    "WS_INS1", name="Recherche d'une identité INS avec la carte Vitale", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat ICIR 1.5.0, rechercherInsAvecCarteVitale",
    routes=lps.routes, fidelity="derived", max_body=MAX_BODY, action=ACTION_VITALE,
)
async def rechercher_par_carte(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    asked = beneficiaire_of(message.payload)
    appel = await admit(exchange, message)
    observe(exchange, RULES, asked)
    found = await recherche_par_carte(exchange, asked, appel.appelant)
    exchange.outcome_note = noted(exchange, found)
    return reponse.resultat(found, reglages_of(exchange.tenant.settings).forme)
