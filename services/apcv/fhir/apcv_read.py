"""$apcv-read: what authentifierUtilisateurProximite says, as a Bundle. The code is used up.

With `patient`, an identity of the local store (RNIV) becomes qualified by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.apcv import codes, errors
from services.apcv.domain.appel import Demande
from services.apcv.domain.carte import Lecture, Lu, en_cours
from services.apcv.domain.contexte import Contexte
from services.apcv.domain.reglages import reglages_of
from services.apcv.fhir import BASE
from services.apcv.rules import lecture as rules_lecture
from services.apcv.wire.contextes import identified, open_context
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate, parse
from services.fhir.structure import require
from services.kernel.authentication import bearer
from services.kernel.clock import iso
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe, rules_of
from services.kernel.transactions import transaction
from services.population import Patient

Json = dict[str, Any]
LECTURE = rules_of(rules_lecture)
DATA, BILLING, SPECIALITY = "data", "identifiantFacturation", "codeSpecialite"
GENDERS = {"M": "male", "F": "female"}
_AT = ("Parameters", *(f"Parameters.parameter.where(name='{name}').value"
                       for name in (BILLING, SPECIALITY, DATA)))


@transaction(
    "apcv.read", name="Lecture de l'appli carte Vitale ($apcv-read)", dialect=FHIR,
    spec="Socle : façade d'authentifierUtilisateurProximite", fidelity="default",
    routes=(f"POST {BASE}/$apcv-read",),
)
async def apcv_read(exchange: Exchange) -> Answer:
    negotiate(exchange)
    received = parse(exchange, "Parameters")
    require(received)
    caller = await bearer(exchange)
    demande = _demande(received)
    observe(exchange, LECTURE, demande, strict=errors.REQUETE)
    if reglages_of(exchange.tenant.settings).mode == "indisponible":
        raise errors.INDISPONIBLE()
    lecture = await identified(exchange, demande.donnees)
    local = await _local(exchange, received, lecture, caller.id_nat)
    contexte = await open_context(exchange, lecture, f"{caller.id_nat} {caller.client_id}")
    exchange.outcome_note = f"appli {lecture.numero_appli}, contexte {contexte.id}"
    return answer(await _bundle(exchange, lecture, contexte, caller.id_nat, local))


def _demande(received: Json) -> Demande:
    """Raises DONNEES_ABSENTES when a parameter is not there, or twice."""
    said: dict[str, str] = {}
    for each in received.get("parameter", ()):
        value = next((v for k, v in each.items() if k.startswith("value")), None)
        name = each.get("name")
        if name in (DATA, BILLING, SPECIALITY) and isinstance(value, str) and name not in said:
            said[name] = value
    for name in (DATA, BILLING, SPECIALITY):
        if name not in said:
            raise errors.DONNEES_ABSENTES(
                at="Parameters.parameter", expected=f"name = {name}, valueString", found="(absent)"
            )
    return Demande(True, said[BILLING], said[SPECIALITY], said[DATA], (
        _AT[0], _AT[1], _AT[2], _AT[3]
    ))


async def _local(
    exchange: Exchange, received: Json, lecture: Lecture, professional: str
) -> Json | None:
    """The identity of the local store that `patient` names, qualified. Raises IDENTITE_AUTRE, and
    the refusals of the store."""
    named = {each.get("name"): each for each in received.get("parameter", ())}
    reference = named.get("patient", {}).get("valueReference", {}).get("reference", "")
    if not reference:
        return None
    accept = named.get("accept", {}).get("valueBoolean") is True
    found = await exchange.sandbox.ports.identities.qualify(
        exchange.tenant, reference.rpartition("/")[2], lecture.user.patient.ins, professional,
        accept=accept,
    )
    if isinstance(found, tuple):
        raise errors.IDENTITE_AUTRE(
            "Comparez-les ; le code est lu : pour accepter, le patient en montre un autre.",
            at="Parameters.parameter.where(name='patient')",
            expected="les traits de l'appli, ou accept = true",
            found=" ; ".join((reference[:100], *found)),
        )
    return found


async def _bundle(
    exchange: Exchange, lecture: Lecture, contexte: Contexte, professional: str,
    local: Json | None,
) -> Json:
    ids = exchange.tenant.ids
    user = local if local is not None else await _patient(exchange, lecture.user)
    here = f"urn:uuid:{ids.uuid()}"
    today = iso(exchange.tenant.clock.now())[:10]
    entries: list[tuple[str, Json]] = [(here, user), (f"urn:uuid:{ids.uuid()}",
                                                      _coverage(lecture, here, contexte, today))]
    with_ins = reglages_of(exchange.tenant.settings).ins_ayants_droit
    for each in lecture.others:
        if with_ins:
            entries.append((f"urn:uuid:{ids.uuid()}", await _patient(exchange, each)))
        entries.append((f"urn:uuid:{ids.uuid()}", _related(each, here)))
    targets = [{"reference": url} for url, one in entries if one["resourceType"] == "Patient"]
    entries.append((f"urn:uuid:{ids.uuid()}", _provenance(
        targets, iso(exchange.tenant.clock.now()), professional
    )))
    return {"resourceType": "Bundle", "type": "collection",
            "timestamp": iso(exchange.tenant.clock.now()),
            "entry": [{"fullUrl": url, "resource": one} for url, one in entries]}


async def _patient(exchange: Exchange, one: Lu) -> Json:
    """Qualified, by the port; without INS running, the traits alone."""
    found = await exchange.sandbox.ports.identities.qualified(exchange.tenant, one.patient.ins)
    return found if found is not None else _plain(one.patient)


def _plain(patient: Patient) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": f"urn:oid:{patient.matricule.oid}", "value": patient.ins}],
        "name": [{"use": "official", "family": patient.nom_naissance,
                  "given": [patient.prenoms[0]]}],
        "gender": GENDERS[patient.sexe],
    }


def _coverage(lecture: Lecture, beneficiary: str, contexte: Contexte, today: str) -> Json:
    """DEFAULT(apcv): régime, caisse and centre have no profile; they are classes of the cover."""
    carte = lecture.carte
    system = "http://terminology.hl7.org/CodeSystem/coverage-class"
    return {
        "resourceType": "Coverage", "status": "active",
        "identifier": [{"system": "urn:socle:apcv:contexte", "value": contexte.id}],
        "subscriberId": lecture.assure.patient.ins,
        "beneficiary": {"reference": beneficiary},
        "payor": [{"display": "Assurance maladie obligatoire"}],
        "class": [
            {"type": {"coding": [{"system": system, "code": kind}]}, "value": value, "name": name}
            for kind, value, name in (
                ("group", carte.regime, "codeRegime"), ("subgroup", carte.caisse, "codeCaisse"),
                ("subplan", carte.centre, "codeCentre"),
            )
        ],
        "period": dict(_period(lecture.user, today)),
    }


def _period(one: Lu, today: str) -> Iterator[tuple[str, str]]:
    found = en_cours(one.beneficiaire.droits, today)
    if found is not None:
        yield "start", found.debut
        if found.fin:
            yield "end", found.fin


def _related(one: Lu, patient: str) -> Json:
    own = one.beneficiaire
    made: Json = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": patient},
        "relationship": [{"text": codes.QUALITES.get(own.qualite, "Ayant droit")}],
        "name": [{"family": own.nom_patronymique or one.patient.nom_naissance,
                  "given": [one.prenom_usuel]}],
    }
    if own.nir_certifie:
        # DEFAULT(apcv): the NIR of a dependant is no INS until RNIV says so: it has no such system.
        made["identifier"] = [{"system": "urn:socle:apcv:nir", "value": one.patient.ins}]
    return made


def _provenance(targets: list[Json], now: str, professional: str) -> Json:
    return {
        "resourceType": "Provenance", "target": targets, "recorded": now,
        "activity": {"coding": [{
            "system": f"{codes.FR_CORE}/CodeSystem/fr-core-cs-method-collection",
            "code": codes.MODE, "display": "Application carte Vitale",
        }]},
        "agent": [{"who": {"identifier": {
            "system": "urn:oid:1.2.250.1.71.4.2.1", "value": professional,
        }}}],
    }
