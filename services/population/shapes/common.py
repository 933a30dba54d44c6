"""What all shapes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.population.models import Mailbox
from services.population.traits import has_control


def _printable(text: str) -> str:
    if has_control(text):
        raise PydanticCustomError("texte", "Un texte sans caractère de contrôle est attendu.")
    return text


Word = Annotated[str, Field(max_length=200)]
Words = Annotated[list[Word], Field(max_length=50)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
"""A text that nothing else checks."""
Behaviours = Annotated[
    dict[Line, Annotated[str, Field(max_length=1000), AfterValidator(_printable)]],
    Field(max_length=20),
]


class Shape(BaseModel):
    """Exactly these members, also in what is sent to us."""

    model_config = ConfigDict(extra="forbid")


class Remarked(Shape):
    """A record as stored, and what deserves attention."""

    avertissements: Annotated[
        list[str], Field(description="Ignorés en entrée : une réponse se renvoie telle quelle.")
    ] = Field(default_factory=list)


class OwnedMailbox(Shape):
    """A mailbox beside its owner."""

    address: Word
    type: Word = ""


class Coded(Shape):
    """A code; its label is ignored in what is sent to us."""

    code: Word
    label: Word = ""


class Workplace(Shape):
    """A structure beside the professional who works there: designated by `id` or `id_nat`."""

    id: Word = ""
    id_nat: Word = ""
    nom: Word = ""


class Page(Shape):
    """Where a page stands: `total` counts what matches, on all pages."""

    total: int
    limit: int
    offset: int


def owned(boxes: Sequence[Mailbox]) -> list[OwnedMailbox]:
    return [OwnedMailbox(address=box.address, type=box.type) for box in boxes]
