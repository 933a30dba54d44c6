"""The resources as stored: ids and meta given, references of the Bundle resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dmp.domain import Piece, Statut
from dmp.fhir.elements import Json, get, items
from services.population import Patient

Subject = Json


def subject_of(patient: Patient, matricule: str, oid: str) -> Subject:
    """How stored resources name the patient: our Patient, and the INS as it was sent."""
    return {
        "reference": f"Patient/{patient.id}",
        "identifier": {"system": f"urn:oid:{oid}", "value": matricule},
    }


def stored_meta(resource: Json, version: int, updated: str) -> Json:
    """The `meta` of a stored version; profiles and tags are kept."""
    kept = get(resource, "meta")
    return {
        **(kept if isinstance(kept, dict) else {}),
        "versionId": str(version), "lastUpdated": updated,
    }


def filed(resource: Json, id: str, updated: str, subject: Subject) -> Json:
    """A first version: our id, current, narrative of the sender kept."""
    head = {
        "resourceType": resource["resourceType"], "id": id,
        "meta": stored_meta(resource, 1, updated),
    }
    rest = {name: value for name, value in resource.items() if name not in head}
    return {**head, **rest, "status": Statut.EN_VIGUEUR.value, "subject": subject}


def with_document(resource: Json, id: str, logical_id: str, piece: Piece) -> Json:
    """The DocumentReference with what the DMP computes: hash, size, address, logicalId."""
    content = dict(items(resource, "content")[0])
    attachment = {k: v for k, v in content["attachment"].items() if k != "data"}
    content["attachment"] = {
        "contentType": piece.media_type, **attachment,
        "url": f"Binary/{id}", "size": piece.taille, "hash": piece.sha1,
    }
    logical = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{logical_id}"}
    return {
        **resource, "content": [content],
        "identifier": [*items(resource, "identifier"), logical],
    }


def superseded(resource: Json, version: int, updated: str) -> Json:
    """The next version of a replaced document."""
    return {
        **resource, "status": Statut.REMPLACE.value,
        "meta": stored_meta(resource, version, updated),
    }


class Rewriting:
    """References of one Bundle: to what was filed, by its address; to people, contained.

    filed: name of an entry → `Type/id`; people: name → resource, some under two names.
    """

    def __init__(self, filed: Mapping[str, str], people: Mapping[str, Json]) -> None:
        self._filed = filed
        ranks = {id(person): f"envoi-{rank}" for rank, person in enumerate(people.values(), 1)}
        self._ids = {name: ranks[id(person)] for name, person in people.items()}
        self._people = {self._ids[name]: person for name, person in people.items()}

    def apply(self, resource: Json) -> Json:
        """The same resource; people that it names become contained resources of it."""
        named: dict[str, None] = {}
        rewritten = self._walk(resource, named)
        held: list[Json] = []
        while len(held) < len(named):  # they name one another
            held += [self._held(one, named) for one in list(named)[len(held):]]
        if held:
            rewritten["contained"] = [*items(rewritten, "contained"), *held]
        return rewritten

    def _held(self, id: str, named: dict[str, None]) -> Json:
        person = self._people[id]
        flat = {name: one for name, one in person.items() if name != "contained"}
        return {**self._walk(flat, named), "id": id}

    def _walk(self, value: Json, named: dict[str, None]) -> Json:
        """A copy with these references. Most values of a resource are texts: they cost nothing."""
        made = value.copy()
        for name, one in value.items():
            if type(one) is dict:
                made[name] = self._walk(one, named)
            elif type(one) is list:
                made[name] = self._each(one, named)
        reference = made.get("reference")
        if type(reference) is not str:
            return made
        if reference in self._filed:
            made["reference"] = self._filed[reference]
        elif reference in self._ids:
            named[self._ids[reference]] = None
            made["reference"] = f"#{self._ids[reference]}"
        return made

    def _each(self, values: list[Any], named: dict[str, None]) -> list[Any]:
        return [
            self._walk(one, named) if type(one) is dict
            else self._each(one, named) if type(one) is list else one
            for one in values
        ]
