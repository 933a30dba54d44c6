"""One document or lot by its id: it exists, its patient's DMP is open, this professional may
read it."""

from __future__ import annotations

import orjson

from dmp import errors, store
from dmp.domain import Appelant
from dmp.fhir.access import require_open, require_reader
from dmp.fhir.elements import Json, items, text
from services.fhir import errors as fhir_errors
from services.fhir.store import Stored, read
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.population import people


async def readable_document(
    exchange: Exchange, caller: Appelant, rtype: str
) -> store.Document:
    """The document of `{id}`; a document, its fiche and its Binary have the same id.

    Raises RESOURCE_UNKNOWN, CLOSED, DENIED (no authorisation, or masked) or FORBIDDEN.
    """
    id = exchange.path_params["id"]
    found = await store.document(exchange.sandbox.database, exchange.tenant, id)
    if found is None:
        raise fhir_errors.RESOURCE_UNKNOWN(at=f"{rtype}.id", found=f"{rtype}/{id}")
    await _require_reader(exchange, caller, found.patient_id, f"{rtype}.id")
    if not found.readable_by(caller.id_nat):
        raise _masked(f"{rtype}.id", id)
    return found


async def readable_lot(exchange: Exchange, caller: Appelant) -> Stored:
    """The SubmissionSet of `{id}`, unless all its documents are masked to this professional.

    Same refusals as `readable_document`.
    """
    id = exchange.path_params["id"]
    database, tenant = exchange.sandbox.database, exchange.tenant
    found = await read(database, tenant, store.SERVICE, "List", id)
    if found is None:
        raise fhir_errors.RESOURCE_UNKNOWN(at="List.id", found=f"List/{id}")
    resource: Json = orjson.loads(found.content)
    patient_id = text(resource, "subject", "reference").removeprefix("Patient/")
    await _require_reader(exchange, caller, patient_id, "List.id")
    cited = [
        await store.document(database, tenant, text(one, "item", "reference").rpartition("/")[2])
        for one in items(resource, "entry")
    ]
    known = [one for one in cited if one is not None]
    if known and not any(one.readable_by(caller.id_nat) for one in known):
        raise _masked("List.id", id)
    return found


async def _require_reader(
    exchange: Exchange, caller: Appelant, patient_id: str, at: str
) -> None:
    who = people(exchange.sandbox.database, exchange.tenant)
    patient = require_open(await who.patient(patient_id), at, patient_id)
    await require_reader(exchange, caller, patient, at)


def _masked(at: str, id: str) -> Refusal:
    return errors.DENIED(
        "Ce document est masqué aux professionnels : seul son auteur le consulte.", at=at, found=id
    )
