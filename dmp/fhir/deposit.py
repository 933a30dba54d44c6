"""Depositing documents: check, make durable, then one database write; all or nothing."""

from __future__ import annotations

from dmp import errors, store
from dmp.domain import Appelant, Depot, Fiche
from dmp.fhir.access import require_open
from dmp.fhir.envoi import Envoi
from dmp.fhir.filing import Filing
from dmp.fhir.reception import receive
from dmp.fhir.replacement import find_replaced, require_patches
from dmp.rules import RULES
from services.kernel.database import Conflict, Duplicate
from services.kernel.exchange import Exchange
from services.kernel.rules import observe

CUMUL = "cumul-invisible_patient-masque_ps"
"""Tenant setting, named after the parameter of the DMP."""


async def deposit(exchange: Exchange, caller: Appelant, envoi: Envoi) -> Filing:
    """What was filed, once durable.

    Raises METADATA, UNKNOWN_PATIENT, CLOSED, PATIENT_MISMATCH, UNIQUE_ID, REGISTRY or
    BODY_TOO_LARGE, and what `receive` raises; then nothing has changed.
    """
    received = await receive(exchange, envoi)
    fiches = received.fiches
    depot = Depot(
        fiches, caller, received.patient, received.lot, bool(exchange.tenant.settings.get(CUMUL)),
        exchange.sandbox.ports.codes,
    )
    observe(exchange, RULES, depot, strict=errors.METADATA)
    patient = require_open(received.patient, fiches[0].place("patient"), fiches[0].matricule)
    await _require_new(exchange, fiches)
    replaced = await find_replaced(exchange, fiches, patient)
    require_patches(envoi, [old for each in replaced for old in each])
    filing = Filing(exchange, envoi, patient, received)
    await filing.add_documents(replaced)
    filing.add_lot()
    try:
        await exchange.sandbox.database.write(filing.writes)
    except Duplicate as error:  # another deposit came first: say which fiche it took
        await _require_new(exchange, fiches)
        raise errors.UNIQUE_ID(at=fiches[0].place("unique_id")) from error
    except Conflict as error:
        await find_replaced(exchange, fiches, patient)
        raise errors.REGISTRY(at=fiches[0].place("remplace")) from error
    return filing


async def _require_new(exchange: Exchange, fiches: tuple[Fiche, ...]) -> None:
    """Raises UNIQUE_ID when a uniqueId is already in the registry, or twice in the deposit."""
    seen: set[str] = set()
    for fiche in fiches:
        taken = await store.by_unique_id(
            exchange.sandbox.database, exchange.tenant, fiche.unique_id
        )
        if taken is not None or fiche.unique_id in seen:
            raise errors.UNIQUE_ID(at=fiche.place("unique_id"), found=fiche.unique_id)
        seen.add(fiche.unique_id)
