"""The base population: immutable, shared by all tenants, read once from `data/` when first used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import TypeAdapter

from services.population.derived import completed
from services.population.kinds import (
    CLIENTS,
    MAILBOXES,
    PATIENTS,
    PROFESSIONALS,
    STRUCTURES,
    Kind,
    T,
)
from services.population.models import Client, Mailbox, Patient, Professional, Structure

Index = Mapping[tuple[str, str, str], tuple[Any, ...]]
"""Name of the kind, name and value of the key → the records."""


@dataclass(frozen=True, slots=True)
class Base:
    """Everyone, in the order of the data files, by what `People.get` takes."""

    patients: Mapping[str, Patient]
    professionals: Mapping[str, Professional]
    structures: Mapping[str, Structure]
    mailboxes: Mapping[str, Mailbox]
    clients: Mapping[str, Client]
    index: Index

    def of(self, kind: Kind[T]) -> Mapping[str, T]:
        """The records of one kind."""
        records: Mapping[str, T] = getattr(self, kind.plural)
        return records

    def find(self, kind: Kind[T], key: str, value: str) -> tuple[T, ...]:
        """The records with that key (see `kinds`)."""
        return self.index.get((kind.name, key, value), ())


@cache
def base() -> Base:
    """The base, indexed. Raises pydantic.ValidationError when a data file has another shape."""
    patients = {id: completed(one) for id, one in _read(PATIENTS).items()}
    professionals, structures = _read(PROFESSIONALS), _read(STRUCTURES)
    mailboxes, clients = _read(MAILBOXES), _read(CLIENTS)
    index = {
        **_index(PATIENTS, patients), **_index(PROFESSIONALS, professionals),
        **_index(STRUCTURES, structures), **_index(MAILBOXES, mailboxes),
    }
    return Base(patients, professionals, structures, mailboxes, clients, index)


def _read(kind: Kind[T]) -> dict[str, T]:
    content = files("services.population").joinpath("data", f"{kind.plural}.json").read_bytes()
    everyone: tuple[T, ...] = TypeAdapter(tuple[kind.model, ...]).validate_json(content)  # type: ignore[name-defined]
    return {kind.id_of(one): one for one in everyone}


def _index(kind: Kind[T], everyone: Mapping[str, T]) -> Index:
    found: dict[tuple[str, str, str], tuple[Any, ...]] = {}
    for one in everyone.values():
        for key in kind.keys_of(one):
            place = (kind.name, key.name, key.value)
            found[place] = (*found.get(place, ()), one)
    return found
