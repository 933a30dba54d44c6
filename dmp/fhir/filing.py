"""From received documents to durable bytes and the writes of one database transaction."""

from __future__ import annotations

import orjson

from dmp import store
from dmp.domain import Fiche, Statut
from dmp.fhir.elements import Json
from dmp.fhir.envoi import Entry, Envoi
from dmp.fhir.index import audience_of, document_indexes, list_indexes
from dmp.fhir.reception import Received
from dmp.fhir.replacement import Replaced
from dmp.fhir.resources import Rewriting, filed, subject_of, with_document
from services.fhir.store import Indexes, New, creations
from services.kernel import errors as kernel_errors
from services.kernel.clock import iso
from services.kernel.database import Write
from services.kernel.exchange import Exchange
from services.kernel.transactions import MEBIBYTE
from services.population import Patient

# DEFAULT(size of a lot): source unknown.
METADATA_MAX = 4 * MEBIBYTE
"""Resources of one lot as stored, documents aside."""


class Filing:
    """One deposit on its way to the database.

    now: its instant, µs; instant: the same as FHIR writes it; locations: FHIRPath of an entry →
    `Type/id`; resources: FHIRPath of an entry → its resource as stored.
    """

    def __init__(
        self, exchange: Exchange, envoi: Envoi, patient: Patient, received: Received
    ) -> None:
        self.now = exchange.tenant.clock.now()
        self.instant = iso(self.now)
        self.locations: dict[str, str] = {}
        self.resources: dict[str, bytes] = {}
        self._new: list[New] = []
        self._writes: list[Write] = []
        self._size = 0
        self._tenant, self._blobs = exchange.tenant, exchange.sandbox.blobs
        self._envoi, self._patient = envoi, patient
        self._fiches, self._received_lot = received.fiches, received.lot
        first = received.fiches[0]
        self._subject = subject_of(patient, first.matricule, first.matricule_oid)
        self._ids = [self._tenant.ids.uuid() for _ in received.fiches]
        self._lot_id = self._tenant.ids.uuid()
        for entry, binary, id in zip(
            envoi.documents, received.binaries, self._ids, strict=True
        ):
            self.locations.setdefault(binary.at, f"Binary/{id}")
            self.locations[entry.at] = f"DocumentReference/{id}"
        if envoi.lot is not None:
            self.locations[envoi.lot.at] = f"List/{self._lot_id}"
        self._rewriting = Rewriting(
            {
                name: self.locations[one.at]
                for name, one in envoi.by_name.items() if one.at in self.locations
            },
            envoi.people,
        )

    async def add_documents(self, replaced: list[list[Replaced]]) -> None:
        """Make every document's bytes durable, and add the writes of what refers to them.

        replaced: for each fiche, the documents that it replaces. Raises BODY_TOO_LARGE.
        """
        for entry, fiche, id, old in zip(
            self._envoi.documents, self._fiches, self._ids, replaced, strict=True
        ):
            blob = await self._blobs.put(self._tenant.key, fiche.piece.contenu)
            self._add_document(entry, fiche, id, blob)
            for each in old:
                self._writes += each.writes(self._tenant, self.now)

    def add_lot(self) -> None:
        """Add the SubmissionSet; a lot of masked documents is found by their authors alone."""
        lot = self._envoi.lot
        if lot is None:
            return
        resource = self._filed(lot, self._lot_id)
        readers = {one for fiche in self._fiches for one in fiche.lecteurs}
        audience = audience_of(all(fiche.masquee for fiche in self._fiches), readers)
        source = self._received_lot.auteur if self._received_lot is not None else None
        indexes = list_indexes(resource, self._patient.id, audience, source)
        self._add(lot, self._lot_id, resource, indexes)

    @property
    def writes(self) -> list[Write]:
        """One transaction."""
        return [*self._writes, *creations(self._tenant, store.SERVICE, self._new, self.now)]

    def _add_document(self, entry: Entry, fiche: Fiche, id: str, blob: str) -> None:
        logical_id = self._tenant.ids.uuid()
        self._writes.append(store.add(self._tenant, store.Document(
            id, self._patient.id, fiche.unique_id, logical_id, Statut.EN_VIGUEUR.value,
            fiche.masquee, fiche.lecteurs, blob, fiche.piece.media_type, fiche.piece.taille,
            self.now,
        )))
        resource = with_document(self._filed(entry, id), id, logical_id, fiche.piece)
        audience = audience_of(fiche.masquee, fiche.lecteurs)
        indexes = document_indexes(resource, self._patient.id, audience, fiche.auteurs)
        self._add(entry, id, resource, indexes)

    def _filed(self, entry: Entry, id: str) -> Json:
        rewritten = self._rewriting.apply(entry.resource)
        return filed(rewritten, id, self.instant, self._subject)

    def _add(self, entry: Entry, id: str, resource: Json, indexes: Indexes) -> None:
        content = self.resources[entry.at] = orjson.dumps(resource)
        self._size += len(content)
        if self._size > METADATA_MAX:
            raise kernel_errors.BODY_TOO_LARGE(
                "Les métadonnées du lot, avec les personnes que chaque fiche contient, dépassent "
                "la taille admise.", at=entry.at, expected=f"au plus {METADATA_MAX} octets",
            )
        self._new.append(New(entry.type, id, content, indexes))
