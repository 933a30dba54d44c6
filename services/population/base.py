"""The base population: immutable, shared by all tenants, read once from `data/` when first used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TypeVar

from pydantic import TypeAdapter

from services.population.derived import completed, mailbox_of
from services.population.models import Client, Mailbox, Patient, Professional, Structure

T = TypeVar("T")
K = TypeVar("K")
Traits = tuple[str, str, str]
"""Birth name, sex, birth date."""


@dataclass(frozen=True, slots=True)
class Base:
    """Everything, by every key that services look up; mappings keep the order of the data files."""

    patients: Mapping[str, Patient]
    patients_by_matricule: Mapping[str, Patient]
    patients_by_traits: Mapping[Traits, tuple[Patient, ...]]
    professionals: Mapping[str, Professional]
    structures: Mapping[str, Structure]
    structures_by_id_nat: Mapping[str, Structure]
    mailboxes: Mapping[str, Mailbox]
    mailboxes_by_owner: Mapping[str, tuple[Mailbox, ...]]
    clients: Mapping[str, Client]


@cache
def base() -> Base:
    """The base, indexed. Raises pydantic.ValidationError when a data file has another shape."""
    patients = tuple(map(completed, _read("patients", TypeAdapter(tuple[Patient, ...]))))
    boxes = _read("mailboxes", TypeAdapter(tuple[Mailbox, ...])) + tuple(
        mailbox_of(one) for one in patients if one.mailbox
    )
    owned = _grouped((box.owner_id, box) for box in boxes)
    professionals = tuple(
        replace(one, mailboxes=_addresses(owned, one.id))
        for one in _read("professionals", TypeAdapter(tuple[Professional, ...]))
    )
    structures = tuple(
        replace(one, mailboxes=_addresses(owned, one.id))
        for one in _read("structures", TypeAdapter(tuple[Structure, ...]))
    )
    clients = _read("clients", TypeAdapter(tuple[Client, ...]))
    return Base(
        patients={one.id: one for one in patients},
        patients_by_matricule={number: one for one in patients for number in matricules(one)},
        patients_by_traits=_grouped((traits(one), one) for one in patients),
        professionals={one.id_nat: one for one in professionals},
        structures={one.id: one for one in structures},
        structures_by_id_nat={one.id_nat: one for one in structures},
        mailboxes={box.address: box for box in boxes},
        mailboxes_by_owner=owned,
        clients={one.client_id: one for one in clients},
    )


def traits(patient: Patient) -> Traits:
    """What a search by traits compares exactly."""
    return patient.nom_naissance, patient.sexe, patient.date_naissance


def matricules(patient: Patient) -> tuple[str, ...]:
    """The 13-character numbers, active then historic, each once."""
    known = (patient.matricule, *patient.historique)
    return tuple(dict.fromkeys(one.value for one in known))


def _read(name: str, adapter: TypeAdapter[T]) -> T:
    content = files("services.population").joinpath("data", f"{name}.json").read_bytes()
    return adapter.validate_json(content)


def _grouped(pairs: Iterable[tuple[K, T]]) -> Mapping[K, tuple[T, ...]]:
    groups: dict[K, tuple[T, ...]] = {}
    for key, value in pairs:
        groups[key] = (*groups.get(key, ()), value)
    return groups


def _addresses(owned: Mapping[str, tuple[Mailbox, ...]], owner_id: str) -> tuple[str, ...]:
    return tuple(box.address for box in owned.get(owner_id, ()))
