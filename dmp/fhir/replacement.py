"""Replacement (RPLC): finding the documents that a fiche replaces, and superseding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from dmp import errors, store
from dmp.domain import Fiche, Statut
from dmp.fhir import BASE
from dmp.fhir.elements import Json, items, text
from dmp.fhir.envoi import Envoi
from dmp.fhir.index import audience_of, document_indexes
from dmp.fhir.resources import superseded
from services.fhir import errors as fhir_errors
from services.fhir.store import read, writes_for
from services.kernel.clock import iso
from services.kernel.database import Write
from services.kernel.exchange import Exchange
from services.kernel.tenants import Tenant
from services.population import Patient

_TYPE = "DocumentReference"
_SUPERSEDE = {
    "type": "replace", "path": f"{_TYPE}.status", "value": Statut.REMPLACE.value,
}


@dataclass(frozen=True, slots=True)
class Replaced:
    """A document in force that is being replaced, and its metadata as stored."""

    document: store.Document
    version: int
    resource: Json

    def writes(self, tenant: Tenant, now: int) -> list[Write]:
        """Its next version. The write raises Conflict when it is no longer in force."""
        old = self.document
        resource = superseded(self.resource, self.version + 1, iso(now))
        audience = audience_of(old.masque, old.lecteurs)
        indexes = document_indexes(resource, old.patient_id, audience)
        return [
            store.supersede(tenant, old.id),
            *writes_for(
                tenant, store.SERVICE, _TYPE, old.id, orjson.dumps(resource), indexes,
                version=self.version + 1, updated=now,
            ),
        ]


async def find_replaced(
    exchange: Exchange, fiches: Sequence[Fiche], patient: Patient
) -> list[list[Replaced]]:
    """For each fiche, the documents that it replaces. Raises REGISTRY or PATIENT_MISMATCH."""
    found = [await _replaced(exchange, fiche, patient) for fiche in fiches]
    seen: set[str] = set()
    for fiche, each in zip(fiches, found, strict=True):
        for old in each:
            if old.document.id in seen:
                raise errors.REGISTRY(
                    "Deux fiches du lot remplacent le même document.",
                    at=fiche.place("remplace"), found=old.document.unique_id,
                )
            seen.add(old.document.id)
    return found


async def _replaced(exchange: Exchange, fiche: Fiche, patient: Patient) -> list[Replaced]:
    # DEFAULT(right to replace): source unknown; feeding suffices, as for a first deposit.
    found: dict[str, Replaced] = {}
    at = fiche.place("remplace")
    for reference in fiche.remplace:
        old = await _document(exchange, reference)
        if old is None or old.statut != Statut.EN_VIGUEUR.value:
            raise errors.REGISTRY(
                at=at, expected="un document en vigueur",
                found=f"{reference} : {old.statut if old else 'inconnu'}",
            )
        if old.patient_id != patient.id:
            raise errors.PATIENT_MISMATCH(
                "Le document à remplacer est celui d'un autre patient.", at=at, found=reference
            )
        stored = await read(
            exchange.sandbox.database, exchange.tenant, store.SERVICE, _TYPE, old.id
        )
        if stored is None:
            raise errors.REGISTRY(at=at, found=reference)
        found[old.id] = Replaced(old, stored.vid, orjson.loads(stored.content))
    return list(found.values())


def require_patches(envoi: Envoi, replaced: list[Replaced]) -> None:
    """A PATCH in a lot may only say what replacing already does (P4D 0.1.0, TD2.1b)."""
    known = {f"{_TYPE}/{one.document.id}" for one in replaced}
    for patch in envoi.patches:
        parts = {
            text(part, "name"): text(part, "valueCode") or text(part, "valueString")
            for part in items(patch.resource, "parameter", 0, "part")
        }
        if patch.target not in known or parts != _SUPERSEDE:
            raise fhir_errors.INVALID_STRUCTURE(
                "Un PATCH dans un lot ne peut que passer à superseded le document remplacé.",
                at=patch.at, expected=", ".join(sorted(known)) or "relatesTo replaces",
                found=patch.target,
            )


async def _document(exchange: Exchange, reference: str) -> store.Document | None:
    """By address (`DocumentReference/id`, absolute or not) or by uniqueId."""
    database, tenant = exchange.sandbox.database, exchange.tenant
    relative = reference.removeprefix(f"{exchange.base_url}{BASE}/")
    if relative.startswith(f"{_TYPE}/"):
        return await store.document(database, tenant, relative.split("/")[1])
    return await store.by_unique_id(database, tenant, reference.removeprefix("urn:oid:"))
