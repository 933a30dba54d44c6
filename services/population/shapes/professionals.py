"""The JSON of a professional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from services.population.codes import profession_label
from services.population.models import Activity, Exercice, Mailbox, Professional, Structure
from services.population.shapes.common import (
    Behaviours,
    Coded,
    OwnedMailbox,
    Page,
    Remarked,
    Shape,
    Word,
    Workplace,
    owned,
)


class ActivityShape(Shape):
    """Where and how a profession is exercised."""

    structure_id: Word
    mode: Literal["", "L", "S", "B"] = ""
    secteur: Word = ""
    role: Word = ""
    genre: Word = ""
    section_pharmacien: Word = ""

    @classmethod
    def of(cls, one: Activity) -> ActivityShape:
        return cls(structure_id=one.structure_id, mode=one.mode, secteur=one.secteur,
                   role=one.role, genre=one.genre, section_pharmacien=one.section_pharmacien)


class ExerciceShape(Shape):
    """One profession in one category; nom and prenom are those of the person when absent."""

    profession: Word = ""
    categorie: Literal["C", "M", "E"] = "C"
    civilite: Word = ""
    nom: Word = ""
    prenom: Word = ""
    type_savoir_faire: Word = ""
    savoir_faire: Word = ""
    activities: Annotated[list[ActivityShape], Field(max_length=20)] = Field(default_factory=list)

    @classmethod
    def of(cls, one: Exercice) -> ExerciceShape:
        return cls(
            profession=one.profession, categorie=one.categorie, civilite=one.civilite,
            nom=one.nom, prenom=one.prenom, type_savoir_faire=one.type_savoir_faire,
            savoir_faire=one.savoir_faire,
            activities=[ActivityShape.of(each) for each in one.activities],
        )


class ProfessionalShape(Shape):
    """A professional; to add one, the names are enough.

    profession, specialite and structures say of the first exercise what `exercices` says of all.
    """

    id: Word = ""
    id_nat: Word = ""
    rpps: Word = ""
    civilite: Word = ""
    nom: Word
    prenom: Word
    card: Literal["", "CPS", "CPE", "CPF"] = ""
    profession: Coded | None = None
    specialite: Word | None = None
    structures: Annotated[list[Workplace], Field(max_length=20)] | None = None
    exercices: Annotated[list[ExerciceShape], Field(max_length=10)] | None = None
    regulation: bool = False
    mailboxes: Annotated[list[OwnedMailbox], Field(max_length=10)] | None = None
    behaviours: Behaviours = Field(default_factory=dict)

    @classmethod
    def of(
        cls, one: Professional, structures: Sequence[Structure], boxes: Sequence[Mailbox]
    ) -> ProfessionalShape:
        code = one.profession
        return cls(
            id=one.id, id_nat=one.id_nat, rpps=one.rpps, civilite=one.civilite, nom=one.nom,
            prenom=one.prenom, card=one.card,
            profession=Coded(code=code, label=profession_label(code)),
            specialite=one.exercices[0].savoir_faire if one.exercices else "",
            structures=[Workplace(id=each.id, id_nat=each.id_nat, nom=each.nom)
                        for each in structures],
            exercices=[ExerciceShape.of(each) for each in one.exercices],
            regulation=one.regulation, mailboxes=owned(boxes), behaviours=dict(one.behaviours),
        )


class StoredProfessional(ProfessionalShape, Remarked):
    """The professional as stored."""


class ProfessionalPage(Page):
    professionals: list[ProfessionalShape]
