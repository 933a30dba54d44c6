"""The JSON of everyone on one page, and of a removal."""

from __future__ import annotations

from services.population.shapes.common import Shape
from services.population.shapes.directory import ClientShape
from services.population.shapes.patients import PatientShape
from services.population.shapes.professionals import ProfessionalShape
from services.population.shapes.structures import StructureShape


class ApiKeys(Shape):
    """Test keys of the services that want one."""

    annuaire: str


class Identities(Shape):
    """Everyone with a name in the documentation."""

    patients: list[PatientShape]
    professionals: list[ProfessionalShape]
    structures: list[StructureShape]
    clients: list[ClientShape]
    api_keys: ApiKeys


class Removed(Shape):
    """A record that a removal took with it, or changed."""

    kind: str
    id: str


class Removal(Shape):
    """What was removed, and what named it and no longer does."""

    removed: list[Removed]
    changed: list[Removed]
