"""One document or lot by its id: it exists, its patient's DMP is open, this professional may
read it."""

from __future__ import annotations

import re

import orjson

from dmp import errors, store
from dmp.domain import Appelant, Declaration
from dmp.fhir.access import require_open, require_reader
from dmp.fhir.elements import Json, items, text
from services.fhir import errors as fhir_errors
from services.fhir.store import Stored, read
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.population import people

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def path_id(exchange: Exchange, rtype: str) -> str:
    """The `{id}` of the path. Raises RESOURCE_UNKNOWN for what no id can be."""
    id = exchange.path_params["id"]
    if _ID.fullmatch(id) is None:
        raise _unknown(rtype, id)
    return id


async def readable_document(exchange: Exchange, caller: Appelant, rtype: str) -> store.Readable:
    """The document of `{id}`; a document, its fiche and its Binary have the same id.

    Raises RESOURCE_UNKNOWN, CLOSED, DENIED (no authorisation, or masked) or FORBIDDEN.
    """
    id = path_id(exchange, rtype)
    found = await store.readable(exchange.sandbox.database, exchange.tenant, id, caller.id_nat)
    if found is None:
        raise _unknown(rtype, id)
    at = f"{rtype}.id"
    await _require_reader(exchange, caller, found.patient_id, found.declared, at)
    if found.masque and caller.id_nat not in found.lecteurs.split():
        raise _masked(at, id)
    return found


async def readable_lot(exchange: Exchange, caller: Appelant) -> Stored:
    """The SubmissionSet of `{id}`, unless all its documents are masked to this professional.

    Same refusals as `readable_document`.
    """
    id = path_id(exchange, "List")
    database, tenant = exchange.sandbox.database, exchange.tenant
    found = await read(database, tenant, store.SERVICE, "List", id)
    if found is None:
        raise _unknown("List", id)
    resource: Json = orjson.loads(found.content)
    patient_id = text(resource, "subject", "reference").removeprefix("Patient/")
    declared = await store.declaration(database, tenant, patient_id, caller.id_nat)
    await _require_reader(exchange, caller, patient_id, declared, "List.id")
    cited = [
        await store.document(database, tenant, text(one, "item", "reference").rpartition("/")[2])
        for one in items(resource, "entry")
    ]
    known = [one for one in cited if one is not None]
    if known and all(one.masque and caller.id_nat not in one.lecteurs for one in known):
        raise _masked("List.id", id)
    return found


async def _require_reader(
    exchange: Exchange, caller: Appelant, patient_id: str, declared: Declaration | None, at: str
) -> None:
    who = people(exchange.sandbox.database, exchange.tenant)
    patient = require_open(await who.patient(patient_id), at, patient_id)
    require_reader(exchange, caller, patient, declared, at)


def _unknown(rtype: str, id: str) -> Refusal:
    return fhir_errors.RESOURCE_UNKNOWN(at=f"{rtype}.id", found=f"{rtype}/{id}")


def _masked(at: str, id: str) -> Refusal:
    return errors.DENIED(
        "Ce document est masqué aux professionnels : seul son auteur le consulte.", at=at, found=id
    )
