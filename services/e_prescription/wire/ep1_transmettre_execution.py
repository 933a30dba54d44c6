"""EP1: say what was executed of each line. Nothing is executed twice."""

from __future__ import annotations

from services.e_prescription import errors, store
from services.e_prescription.domain.delivrance import (
    Demande,
    decide,
    prescribed,
    refuse_finished,
)
from services.e_prescription.domain.execution import etat_of, follow
from services.e_prescription.domain.habilitation import executable, rpps_of
from services.e_prescription.domain.prescription import (
    earliest_date,
    latest_date,
    paris_date,
)
from services.e_prescription.rules.delivrance import DELIVRANCE, Delivrance
from services.e_prescription.rules.identite import EXECUTANT, Declaration
from services.e_prescription.rules.message import MESSAGE
from services.e_prescription.wire.dossier import Dossier, open_dossier
from services.e_prescription.wire.fields import body
from services.e_prescription.wire.reading import read_demande
from services.e_prescription.wire.rendering import (
    avertissements,
    etag,
    execution_content,
    execution_of,
    suivi_json,
)
from services.kernel.authentication import bearer
from services.kernel.clock import iso
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.ports import Caller
from services.kernel.rules import observe
from services.kernel.transactions import transaction
from services.population import people

ATTEMPTS = 50
"""Of one EP1 whose prescription moves on meanwhile, without an If-Match: each time another
execution was stored."""


@transaction(
    "EP1", name="Transmettre les données d'exécution", spec="SEL-MP-029 (d'après DevBox)",
    dialect=JSON, routes=("POST /e-prescription/v1/ep1_transmettreExecution",),
    fidelity="derived", consumes=("application/json",), answers=(201,),
)
async def ep1_transmettre_execution(exchange: Exchange) -> Answer:
    fields = body(exchange)
    demande = read_demande(fields, paris_date(exchange.tenant.clock.datetime()))
    observe(exchange, MESSAGE, list(fields.unread()))
    caller = await bearer(exchange)
    declared = Declaration("executant.rpps", demande.rpps, rpps_of(caller.id_nat))
    observe(exchange, EXECUTANT, declared, errors.REGLE_NON_RESPECTEE)
    dossier = await open_dossier(exchange, demande.identifiant)
    await _authorise(exchange, caller, demande, dossier)
    _observe(exchange, demande, dossier)
    for _ in range(ATTEMPTS):
        answer = await _execute(exchange, caller, demande, dossier)
        if answer is not None:
            return answer
        dossier = await open_dossier(exchange, demande.identifiant)
    raise errors.VERSION_DEPASSEE(found=etag(dossier.record.version))


async def _authorise(
    exchange: Exchange, caller: Caller, demande: Demande, dossier: Dossier
) -> None:
    population = people(exchange.sandbox.database, exchange.tenant)
    types = executable(caller.profession, await population.professional(caller.id_nat))
    for each, suivi in prescribed(demande, dossier.suivis):
        if suivi.ligne.type not in types:
            raise errors.PROFESSION_NON_HABILITEE(
                at=f"{each.at}.idLigne", expected=", ".join(sorted(types)) or "aucune ligne",
                found=suivi.ligne.type,
            )


def _observe(exchange: Exchange, demande: Demande, dossier: Dossier) -> None:
    subject = Delivrance(
        demande, prescribed(demande, dossier.suivis), dossier.prescription.date_redaction,
        latest_date(exchange.tenant.clock.datetime()),
    )
    observe(exchange, DELIVRANCE, subject, errors.REGLE_NON_RESPECTEE)


async def _execute(
    exchange: Exchange, caller: Caller, demande: Demande, dossier: Dossier
) -> Answer | None:
    """Decide on this state of the prescription and store; None when it moved on meanwhile."""
    pairs = prescribed(demande, dossier.suivis)
    refuse_finished(pairs, dossier.executions)
    _match(exchange, dossier.record.version)
    lignes = decide(pairs, dossier.suivis)
    tenant, database = exchange.tenant, exchange.sandbox.database
    added = store.ExecutionRecord(
        tenant.ids.uuid(), caller.id_nat, tenant.clock.now(), execution_content(demande, lignes)
    )
    if not await store.add_execution(database, tenant.key, dossier.record, added):
        return None
    executions = (*dossier.executions, execution_of(added))
    suivis = follow(
        dossier.prescription, executions, earliest_date(tenant.clock.datetime())
    )
    announced = {each.id for each, _ in pairs}
    return Answer.json({
        "identifiant": demande.identifiant, "execution": added.id, "etat": etat_of(suivis),
        "horodatage": iso(added.at),
        "lignes": [suivi_json(suivi) for suivi in suivis if suivi.ligne.id in announced],
        "avertissements": avertissements(exchange.findings),
    }, 201, ETag=etag(dossier.record.version + 1))


def _match(exchange: Exchange, version: int) -> None:
    """If-Match, when given, must name the current version. Raises VERSION_DEPASSEE."""
    given = exchange.header("if-match")
    known = [item.strip().removeprefix("W/") for item in given.split(",")]
    if given and "*" not in known and etag(version) not in known:
        raise errors.VERSION_DEPASSEE(at="If-Match", expected=etag(version), found=given[:80])
