"""WS_INS2, rechercherInsAvecTraitsIdentite."""

from __future__ import annotations

from ins import errors
from ins.codes import ACTION_TRAITS
from ins.domain.reglages import reglages_of
from ins.rules import demande as rules_demande
from ins.rules import lexique as rules_lexique
from ins.store import noted
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.bloquees import signaler
from ins.wire.faults import TLSI
from ins.wire.lecture import demande_of
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from ins.wire.suites import recherche
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction

TOLERATED, REFUSED = rules_of(rules_demande), rules_of(rules_lexique)


@transaction(
    "WS_INS2", name="Recherche d'une identité INS par traits", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat ICIR 1.5.0, rechercherInsAvecTraitsIdentite",
    routes=lps.routes, fidelity="official", max_body=MAX_BODY, action=ACTION_TRAITS,
)
async def rechercher_par_traits(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    demande = demande_of(message.payload)
    appel = await admit(exchange, message)
    known = await signaler(exchange, demande)
    observe(exchange, TOLERATED, known, strict=errors.TRAIT_REFUSE)
    observe(exchange, REFUSED, demande)
    found = await recherche(exchange, demande, appel.appelant)
    exchange.outcome_note = noted(exchange, found)
    return reponse.resultat(found, reglages_of(exchange.tenant.settings).forme)
