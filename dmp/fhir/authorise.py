"""Declaring or ending a professional's authorisation (after TD0.3): ours, as a FHIR Consent."""

from __future__ import annotations

from dmp import codes, errors, store
from dmp.domain import Appelant, Declaration
from dmp.fhir import BASE
from dmp.fhir.access import caller_of, structures_of
from dmp.fhir.consents import consent
from dmp.fhir.elements import Around, Json, acteur, get, items, text
from dmp.fhir.envoi import require_structure
from dmp.fhir.patients import designation, open_dmp_of
from dmp.fhir.validate import check_plain
from services.fhir import errors as fhir_errors
from services.fhir.dates import interval
from services.fhir.dialect import FHIR
from services.fhir.resource import answer, negotiate, parse
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction
from services.population import Patient, people

_ACTIONS = {"active": True, "inactive": False}
_LAST = interval("9999-12-31")[1]
"""What ends later has the last instant that FHIR can write."""


@transaction(
    "dmp.authorise", name="Déclaration ou retrait d'une autorisation (équivalent de TD0.3)",
    spec="Socle, d'après SEL-MP-037 (TD0.3) et PDT-INF-526 v1.8", dialect=FHIR,
    routes=(f"POST {BASE}/Consent",), fidelity="derived", answers=(201,),
)
async def authorise(exchange: Exchange) -> Answer:
    """201 with the Consent: `status` active declares, inactive ends."""
    negotiate(exchange)
    caller = await caller_of(exchange)
    resource = parse(exchange, "Consent")
    require_structure(resource, "Consent")
    check_plain(exchange, resource)
    around = Around.of(resource, {})
    said = designation(get(resource, "patient"), around, exchange.base_url)
    patient = await open_dmp_of(exchange, said, "Consent.patient")
    active = _action(resource)
    id_nat = _professional(resource, around) or caller.id_nat
    await _require_right(exchange, caller, id_nat, active)
    if active and id_nat in patient.dmp.opposed:
        raise errors.FORBIDDEN(
            "Le patient a bloqué ce professionnel.", at="Consent.provision.actor", found=id_nat
        )
    now = exchange.tenant.clock.now()
    declared = Declaration(
        exchange.tenant.ids.uuid(), patient.id, id_nat, active, now, _until(resource)
    )
    await exchange.sandbox.database.write([store.declare(exchange.tenant, declared)])
    return _created(exchange, patient, declared, now)


def _created(
    exchange: Exchange, patient: Patient, declared: Declaration, now: int
) -> Answer:
    return answer(
        consent(patient, declared), 201, version=1, updated=now,
        location=f"{exchange.base_url}{BASE}/Consent/{declared.id}",
    )


def _action(resource: Json) -> bool:
    status = text(resource, "status")
    if status not in _ACTIONS:
        raise fhir_errors.INVALID_STRUCTURE(
            "Une autorisation se déclare (active) ou se retire (inactive).", at="Consent.status",
            expected=" ou ".join(_ACTIONS), found=status,
        )
    return _ACTIONS[status]


def _professional(resource: Json, around: Around) -> str:
    """`id_nat` of the actor, else of the performer, "" when neither is told."""
    references = [
        get(one, "reference") for one in items(resource, "provision", "actor")
    ] + items(resource, "performer")
    found = (acteur(one, around).id_nat for one in references)
    return next(filter(None, found), "")


async def _require_right(
    exchange: Exchange, caller: Appelant, id_nat: str, active: bool
) -> None:
    """Each for himself; a CPE declares for the professionals of its structure. Raises DENIED."""
    if caller.carte != codes.CPE and caller.id_nat == id_nat:
        return
    if active and caller.carte == codes.CPE:
        other = await people(exchange.sandbox.database, exchange.tenant).professional(id_nat)
        theirs = await structures_of(exchange, other) if other is not None else frozenset()
        if other is not None and other.card != codes.CPE and caller.structures & theirs:
            return
    raise errors.DENIED(
        "Un professionnel déclare sa propre autorisation ; un porteur de CPE, celle des "
        "professionnels de sa structure.",
        at="Consent.provision.actor", expected=caller.id_nat, found=id_nat,
    )


def _until(resource: Json) -> int | None:
    end = text(resource, "provision", "period", "end")
    if not end:
        return None
    try:
        return min(interval(end)[1], _LAST)
    except (ValueError, OverflowError) as error:
        raise fhir_errors.INVALID_STRUCTURE(
            "Cette date n'existe pas.", at="Consent.provision.period.end", found=end
        ) from error
