"""A prescription read back from the store with everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import orjson

from services.e_prescription import errors, store
from services.e_prescription.domain.execution import Execution, Suivi, follow
from services.e_prescription.domain.prescription import Prescription, earliest_date
from services.e_prescription.wire.fields import Fields
from services.e_prescription.wire.reading import read_prescription
from services.e_prescription.wire.rendering import execution_of
from services.kernel.clock import iso
from services.kernel.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Dossier:
    """A live prescription, its executions (oldest first) and the state of its lines."""

    record: store.Record
    prescription: Prescription
    kept: list[store.ExecutionRecord]
    executions: tuple[Execution, ...]
    suivis: tuple[Suivi, ...]


async def open_dossier(exchange: Exchange, numero: str) -> Dossier:
    """Read it. Raises PRESCRIPTION_INCONNUE, PRESCRIPTION_PURGEE or PRESCRIPTION_ANNULEE."""
    database, key = exchange.sandbox.database, exchange.tenant.key
    record = await store.find(database, key, numero)
    if record is None:
        raise errors.PRESCRIPTION_INCONNUE(at="identifiant", found=numero)
    today = earliest_date(exchange.tenant.clock.datetime())
    prescription = stored_prescription(record)
    refuse_gone(record, prescription, today)
    kept = await store.executions_of(database, key, numero)
    executions = tuple(execution_of(each) for each in kept)
    return Dossier(record, prescription, kept, executions, follow(prescription, executions, today))


def stored_prescription(record: store.Record) -> Prescription:
    return read_prescription(Fields(orjson.loads(record.content)))


def refuse_gone(record: store.Record, prescription: Prescription, today: date) -> None:
    """Raise PRESCRIPTION_PURGEE or PRESCRIPTION_ANNULEE."""
    if today >= prescription.purged_on:
        raise errors.PRESCRIPTION_PURGEE(at="identifiant", found=record.numero)
    if record.cancelled_at is not None:
        raise errors.PRESCRIPTION_ANNULEE(
            at="identifiant", found=f"annulée le {iso(record.cancelled_at)}"
        )
