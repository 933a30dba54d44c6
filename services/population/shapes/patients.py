"""The JSON of a patient."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.population.models import DmpState, Matricule, Patient
from services.population.shapes.common import (
    Behaviours,
    Line,
    Page,
    Remarked,
    Shape,
    Word,
    Words,
)


class MatriculeShape(Shape):
    """A historic matricule."""

    matricule: Word
    cle: Word = ""
    oid: Word = ""
    date_debut: Word = ""
    date_fin: Word = ""

    @classmethod
    def of(cls, one: Matricule) -> MatriculeShape:
        return cls(matricule=one.value, cle=one.cle, oid=one.oid,
                   date_debut=one.date_debut, date_fin=one.date_fin)


class DmpShape(Shape):
    """State of the DMP."""

    status: Literal["active", "none", "closed"] = "active"
    closed_on: Word = ""
    closed_reason: Line = ""
    opposed: Words = Field(default_factory=list)
    minor: bool = False

    @classmethod
    def of(cls, one: DmpState) -> DmpShape:
        return cls(status=one.status, closed_on=one.closed_on, closed_reason=one.closed_reason,
                   opposed=list(one.opposed), minor=one.minor)


class PatientShape(Shape):
    """A patient; to add one, the names, sex and birth date are enough."""

    id: Word = ""
    matricule: Word = ""
    cle: Word = ""
    oid: Word = ""
    nom_naissance: Word
    prenoms: Annotated[list[Word], Field(min_length=1, max_length=20)]
    sexe: Literal["M", "F"]
    date_naissance: Word
    lieu_naissance: Word = ""
    nom_utilise: Word = ""
    historique: Annotated[list[MatriculeShape], Field(max_length=20)] = Field(default_factory=list)
    dmp: DmpShape = DmpShape()
    mailbox: Annotated[Word, Field(description="Déduite du matricule ; ignorée en entrée.")] = ""
    behaviours: Behaviours = Field(default_factory=dict)

    @classmethod
    def of(cls, one: Patient) -> PatientShape:
        return cls(
            id=one.id, matricule=one.matricule.value, cle=one.matricule.cle,
            oid=one.matricule.oid, nom_naissance=one.nom_naissance, prenoms=list(one.prenoms),
            sexe=one.sexe, date_naissance=one.date_naissance, lieu_naissance=one.lieu_naissance,
            nom_utilise=one.nom_utilise,
            historique=[MatriculeShape.of(each) for each in one.historique],
            dmp=DmpShape.of(one.dmp), mailbox=one.mailbox, behaviours=dict(one.behaviours),
        )


class StoredPatient(PatientShape, Remarked):
    """The patient as stored."""


class PatientPage(Page):
    patients: list[PatientShape]
