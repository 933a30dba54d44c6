"""WS_INS3, verifierInsAvecTraitsIdentite: OK or KO, never the right traits."""

from __future__ import annotations

from dataclasses import replace

from ins import codes, errors
from ins.domain.recherche import Demande
from ins.domain.reglages import reglages_of
from ins.domain.verification import IndividuVerifie, Verdict
from ins.rules import demande as rules_demande
from ins.rules import lexique as rules_lexique
from ins.rules import verification
from ins.store import ecarts_avec_la_base
from ins.wire import reponse
from ins.wire.acces import admit
from ins.wire.bloquees import signaler
from ins.wire.faults import TLSI
from ins.wire.lecture import individu_of
from ins.wire.lps import MAX_BODY, lps
from ins.wire.message import read_message
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import people

TOLERATED = (*rules_of(rules_demande), verification.matricule_a_verifier)
ECARTS = (verification.traits_d_une_personne,)
# The other traits may be left out of a verification (test 3.04 of the CNDA).
REFUSED = (verification.nom_a_verifier, *(
    each for each in rules_of(rules_lexique)
    if each not in (rules_lexique.nom_present, rules_lexique.traits_presents)
))


@transaction(
    "WS_INS3", name="Vérification d'une identité INS", dialect=TLSI,
    spec="SEL-MP-043 v05.00.01, contrat IDIR 1.0.1 (noms de Socle), verifierInsAvecTraitsIdentite",
    routes=lps.routes, fidelity="default", max_body=MAX_BODY, action=codes.ACTION_VERIFIER,
)
async def verifier(exchange: Exchange) -> Answer:
    message = await read_message(exchange)
    ns = f"{{{codes.NS_VERIFIER}}}"
    right = message.payload.tag == f"{ns}REQUETE"
    element = message.payload.find(f"{ns}IndividuVerifie") if right else None
    asked, demande = individu_of(element, "/Envelope/Body/REQUETE/IndividuVerifie")
    await admit(exchange, message)
    await look_at(exchange, demande)
    code, label = await judged(exchange, asked, demande)
    exchange.outcome_note = f"CR {code} {label}"
    content = reponse.root("RESULTAT", (reponse.cr(code, label),))
    forme = reglages_of(exchange.tenant.settings).forme
    return reponse.answer(content, codes.NS_VERIFIE, forme)


async def look_at(exchange: Exchange, demande: Demande) -> None:
    """Observe the rules on one identity to verify. Raises as they refuse."""
    if demande.matricules_inconnus:
        who = people(exchange.sandbox.database, exchange.tenant)
        unknown = tuple([each for each in demande.matricules_inconnus
                         if not await who.patient_by_ins(each.value)])
        demande = replace(demande, matricules_inconnus=unknown)
    known = await signaler(exchange, demande)
    observe(exchange, TOLERATED, known, strict=errors.TRAIT_REFUSE)
    observe(exchange, REFUSED, demande)


async def judged(
    exchange: Exchange, asked: IndividuVerifie, demande: Demande | None = None
) -> tuple[str, str]:
    """Code and label of the report on one identity. demande: where its traits stand, for the
    journal to say what a KO does not."""
    found = await ecarts_avec_la_base(exchange, asked)
    if demande is not None:
        observe(exchange, ECARTS, Verdict(demande, found))
    if not found:
        return codes.CR_OK, codes.LIBELLES_CR[codes.CR_OK]
    return codes.CR_KO, codes.LIBELLE_KO
