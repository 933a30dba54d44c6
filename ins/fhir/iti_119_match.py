"""ITI-119, Patient/$match: the same search and the same answers as INSi by traits (WS_INS2)."""

from __future__ import annotations

from dataclasses import replace

import orjson

from ins import codes, errors
from ins.domain.recherche import Demande, Resultat
from ins.fhir import BASE
from ins.fhir.demande import read_demande
from ins.fhir.fr_core import Version
from ins.fhir.patient import asked_version, render_patient
from ins.rules import demande as rules_demande
from ins.rules import lexique as rules_lexique
from ins.store import noted
from ins.wire.bloquees import signaler
from ins.wire.injections import lisible
from ins.wire.suites import recherche
from services.fhir.bundle import Entry, searchset
from services.fhir.dialect import FHIR
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer, parse
from services.fhir.structure import require
from services.kernel.authentication import bearer
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import People, people

TOLERATED = rules_of(rules_demande)
REFUSED = rules_of(rules_lexique)
_CERTAIN = b',"score":1,"extension":' + orjson.dumps(
    [{"url": codes.MATCH_GRADE, "valueCode": "certain"}]
)
_SEVERITIES = {
    codes.CR_AUCUNE: ("information", "not-found"),
    codes.CR_PLUSIEURS: ("warning", "multiple-matches"),
}


@transaction(
    "ITI-119", name="Recherche d'une identité INS par traits (Patient/$match)",
    spec="IHE ITI PDQm, ITI-119 ; INSi, recherche par traits (WS_INS2)", dialect=FHIR,
    routes=(f"POST {BASE}/Patient/$match",), fidelity="derived",
)
async def match(exchange: Exchange) -> Answer:
    version = asked_version(exchange)
    received = parse(exchange, "Parameters", "Patient")
    require(received)
    who = people(exchange.sandbox.database, exchange.tenant)
    demande = await _without_known(read_demande(received), who)
    known = await signaler(exchange, demande)
    observe(exchange, TOLERATED, known, strict=errors.TRAIT_REFUSE)
    caller = await bearer(exchange)
    observe(exchange, REFUSED, demande)
    resultat = await recherche(exchange, demande, caller.id_nat)
    exchange.outcome_note = noted(exchange, resultat)
    made = answer(_bundle(lisible(resultat), exchange, version))
    return replace(made, fidelity="default") if resultat.brut else made


async def _without_known(demande: Demande, who: People) -> Demande:
    """The request with only those matricules that nobody of the sandbox has."""
    if not demande.matricules_inconnus:
        return demande
    unknown = tuple([
        one for one in demande.matricules_inconnus if not await who.patient_by_ins(one.value)
    ])
    return replace(demande, matricules_inconnus=unknown)


def _bundle(resultat: Resultat, exchange: Exchange, version: Version) -> bytes:
    if resultat.patient is None:
        outcome = orjson.dumps(operation_outcome([_report(resultat)]))
        return searchset([Entry("", outcome, "outcome")], total=0)
    tenant = exchange.tenant
    found = orjson.dumps(render_patient(resultat.patient, tenant.clock.now(), version))
    return searchset(
        [Entry(f"urn:uuid:{tenant.ids.uuid()}", found, "match", _CERTAIN)], total=1
    )


def _report(resultat: Resultat) -> dict[str, object]:
    severity, code = _SEVERITIES.get(resultat.code, ("warning", "processing"))
    return issue(
        severity, code, text=resultat.libelle,
        coding=(codes.SYSTEME_CR, f"CR{resultat.code}"),
        diagnostics=codes.MESSAGES_USAGER.get(resultat.code, ""),
    )
