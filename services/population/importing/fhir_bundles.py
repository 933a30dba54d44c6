"""FHIR bundles: Patient, Practitioner, PractitionerRole and Organization, as one registration.

A PractitionerRole is an activity of its Practitioner. References lead to an entry of the bundle
(`fullUrl` or `Type/id`), or to a structure of the sandbox by its id or national identifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.population.doors import PATIENT, PROFESSIONAL, STRUCTURE
from services.population.importing import fhir_people
from services.population.importing.elements import (
    Json,
    child,
    identifiers,
    items,
    mailboxes,
    text,
)
from services.population.importing.rows import Row, Unreadable

TYPES = ("Patient", "Practitioner", "PractitionerRole", "Organization")


class Entries:
    """The resources of a bundle, by place and by what references call them."""

    def __init__(self, bundle: object) -> None:
        if not isinstance(bundle, dict) or text(bundle, "resourceType") not in ("Bundle", *TYPES):
            raise Unreadable(f"Un Bundle FHIR, ou une ressource {', '.join(TYPES)}, est attendu.")
        entries = [{"resource": bundle}]
        if text(bundle, "resourceType") == "Bundle":
            entries = list(items(bundle, "entry"))
        self.resources = [child(entry, "resource") for entry in entries]
        self._places: dict[str, int] = {}
        for place, entry in enumerate(entries):
            resource = self.resources[place]
            named = f"{text(resource, 'resourceType')}/{text(resource, 'id')}"
            for name in (text(entry, "fullUrl"), named):
                self._places.setdefault(name, place)

    def of(self, type: str) -> list[tuple[int, Json]]:
        """Place and resource of that type, in order."""
        return [(place, one) for place, one in enumerate(self.resources)
                if text(one, "resourceType") == type]

    def find(self, reference: Json) -> int | None:
        """The entry that a reference leads to."""
        target = text(reference, "reference")
        if target in self._places:
            return self._places[target]
        return self._places.get("/".join(target.split("/")[-2:])) if target else None


def read(
    bundle: object, new_id: Callable[[], str]
) -> tuple[list[Row], list[tuple[int, str]]]:
    """The records, and (entry, type) of what is left out. Raises Unreadable."""
    entries = Entries(bundle)
    structures = {
        place: fhir_people.structure(one, _legal_entity(entries, one))
        for place, one in entries.of("Organization")
    }
    for members in structures.values():
        # Activities name their structure by its id.
        members["id"] = members["id"] or new_id()
    professionals = {
        place: fhir_people.professional(one) for place, one in entries.of("Practitioner")
    }
    boxes: dict[int, list[Json]] = {
        place: mailboxes(one) for place, one in entries.of("Practitioner")
    }
    rows = [Row(place, STRUCTURE, members) for place, members in structures.items()]
    for place, role in entries.of("PractitionerRole"):
        whose = entries.find(child(role, "practitioner"))
        if whose is None or whose not in professionals:
            rows.append(Row(place, PROFESSIONAL, trouble=((
                "practitioner", "Le Practitioner n'est pas dans le bundle."
            ),)))
            continue
        boxes[whose] += mailboxes(role)
        where = _structure_id(entries, structures, child(role, "organization"))
        if where:
            exercices: list[Any] = professionals[whose]["exercices"]
            exercices[:] = exercices or [{}]
            exercices[0].setdefault("activities", []).append(
                {"structure_id": where, **fhir_people.activity(role)}
            )
    for place, members in professionals.items():
        found = {each["address"]: each for each in boxes[place]}
        extra = {"mailboxes": list(found.values())} if found else {}
        rows.append(Row(place, PROFESSIONAL, members | extra))
    rows += [Row(place, PATIENT, fhir_people.patient(one))
             for place, one in entries.of("Patient")]
    ignored = [(place, text(one, "resourceType") or "?") for place, one in
               enumerate(entries.resources) if text(one, "resourceType") not in TYPES]
    return rows, ignored


def _legal_entity(entries: Entries, organization: Json) -> str:
    """FINESS of the legal entity that the organization is part of."""
    parent = child(organization, "partOf")
    place = entries.find(parent)
    if place is not None:
        return identifiers(entries.resources[place]).get("FINEJ", "")
    return text(parent, "identifier", "value").removeprefix("1")


def _structure_id(entries: Entries, structures: dict[int, Json], reference: Json) -> str:
    """Sandbox id of the structure, or what the reference says of it; "" without one."""
    place = entries.find(reference)
    if place is not None and place in structures:
        found: str = structures[place]["id"]
        return found
    return text(reference, "identifier", "value") or text(reference, "reference").rpartition("/")[2]
