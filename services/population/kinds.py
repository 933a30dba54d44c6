"""The five kinds of record: what identifies one, what it is looked up by, how it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import TypeAdapter

from services.population.derived import OPPOSITIONS, bare, read
from services.population.models import Client, Mailbox, Patient, Professional, Structure

Record = Patient | Professional | Structure | Mailbox | Client
T = TypeVar("T", bound=Record)


class Key(NamedTuple):
    """A value that a record is looked up by. shared: several records may have it."""

    name: str
    value: str
    shared: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[T]):
    """name: in the database; plural: in paths and data files; id_of: what `People.get` takes;
    bare: the record without what follows from the rest, as it is stored; whole: with it again,
    from its content."""

    name: str
    plural: str
    model: type[T]
    id_of: Callable[[T], str]
    keys_of: Callable[[T], Iterator[Key]]
    bare: Callable[[T], T] | None = None
    whole: Callable[[bytes], T] | None = None

    def read(self, content: bytes) -> T:
        """A stored record."""
        if self.whole is not None:
            return self.whole(content)
        one: T = _adapter(self).validate_json(content)
        return one

    def write(self, one: T) -> bytes:
        """As it is stored: what it does not say is the default of the model."""
        kept = one if self.bare is None else self.bare(one)
        return _adapter(self).dump_json(kept, exclude_defaults=True)


def traits_key(nom: str, sexe: str, date_naissance: str) -> str:
    """What a search by traits compares exactly, as one value."""
    return f"{nom}|{sexe}|{date_naissance}"


def _of_patient(one: Patient) -> Iterator[Key]:
    for value in dict.fromkeys((one.matricule.value, *(old.value for old in one.historique))):
        yield Key("matricule", value)
    yield Key("traits", traits_key(one.nom_naissance, one.sexe, one.date_naissance), shared=True)
    for opposed in one.dmp.opposed:
        if opposed not in OPPOSITIONS:
            yield Key("opposed", opposed, shared=True)


def _of_professional(one: Professional) -> Iterator[Key]:
    yield Key("id", one.id)
    for structure_id in one.structure_ids:
        yield Key("structure", structure_id, shared=True)


def _of_structure(one: Structure) -> Iterator[Key]:
    yield Key("id_nat", one.id_nat)
    if one.finess:
        yield Key("finess", one.finess)
    if one.finess_ej:
        yield Key("ej", one.finess_ej, shared=True)


def _of_mailbox(one: Mailbox) -> Iterator[Key]:
    yield Key("owner", one.owner_id, shared=True)
    for id_nat in one.delegates:
        yield Key("delegate", id_nat, shared=True)


def _of_client(one: Client) -> Iterator[Key]:
    yield from ()


@cache
def _adapter(kind: Kind[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind.model)


PATIENTS = Kind(
    "patient", "patients", Patient, lambda one: one.id, _of_patient, bare, read
)
PROFESSIONALS = Kind(
    "professional", "professionals", Professional, lambda one: one.id_nat, _of_professional
)
STRUCTURES = Kind("structure", "structures", Structure, lambda one: one.id, _of_structure)
MAILBOXES = Kind("mailbox", "mailboxes", Mailbox, lambda one: one.address, _of_mailbox)
"""Without those of patients, which follow from the patients."""
CLIENTS = Kind("client", "clients", Client, lambda one: one.client_id, _of_client)
