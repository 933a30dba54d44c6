"""The JSON of a structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from services.population.models import Mailbox, Structure
from services.population.shapes.common import (
    Behaviours,
    Line,
    OwnedMailbox,
    Page,
    Remarked,
    Shape,
    Word,
    owned,
)


class StructureShape(Shape):
    """A structure; to add one, its name is enough.

    adresse: one line per element, the same as `voie_…`, `code_postal` and `commune`.
    """

    id: Word = ""
    id_nat: Word = ""
    technical_id: Word = ""
    nom: Word
    kind: Word = "cabinet"
    secteur: Word = ""
    finess: Word = ""
    finess_ej: Word = ""
    siret: Word = ""
    adresse: Annotated[list[Line], Field(max_length=2)] = Field(default_factory=list)
    voie_numero: Word = ""
    voie_type: Word = ""
    voie_libelle: Word = ""
    code_postal: Word = ""
    commune: Word = ""
    commune_cog: Word = ""
    telephone: Word = ""
    mailboxes: Annotated[list[OwnedMailbox], Field(max_length=20)] | None = None
    behaviours: Behaviours = Field(default_factory=dict)

    @classmethod
    def of(cls, one: Structure, boxes: Sequence[Mailbox]) -> StructureShape:
        street = " ".join(filter(None, (one.voie_numero, one.voie_type, one.voie_libelle)))
        return cls(
            id=one.id, id_nat=one.id_nat, technical_id=one.technical_id, nom=one.nom,
            kind=one.kind, secteur=one.secteur, finess=one.finess, finess_ej=one.finess_ej,
            siret=one.siret, adresse=[street, f"{one.code_postal} {one.commune}".strip()],
            voie_numero=one.voie_numero, voie_type=one.voie_type, voie_libelle=one.voie_libelle,
            code_postal=one.code_postal, commune=one.commune, commune_cog=one.commune_cog,
            telephone=one.telephone, mailboxes=owned(boxes), behaviours=dict(one.behaviours),
        )


class StoredStructure(StructureShape, Remarked):
    """The structure as stored."""


class StructurePage(Page):
    structures: list[StructureShape]
