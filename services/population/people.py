"""Who exists for one tenant: the base population under the tenant's overlay.

    who = people(exchange.sandbox.database, exchange.tenant)
    patient = await who.patient_by_ins("279035121518989")

A base record is one dictionary look-up until the tenant changes or hides it; what the base does
not have costs one indexed statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable

from services.kernel.database import Database, Row
from services.kernel.tenants import OVERLAY, Tenant
from services.population import store
from services.population.base import base
from services.population.derived import mailbox_of
from services.population.kinds import (
    CLIENTS,
    MAILBOXES,
    PATIENTS,
    PROFESSIONALS,
    STRUCTURES,
    Kind,
    T,
    traits_key,
)
from services.population.matricule import PATIENT_DOMAIN
from services.population.models import Client, Mailbox, Patient, Professional, Structure
from services.population.searching import like_pattern, matches

_OWN = "population.own"
MOST = 10_000
"""Own records that a list without a limit returns at most."""


def people(database: Database, tenant: Tenant) -> People:
    """The people of that tenant."""
    return People(database, tenant)


class People:
    """Read access to everyone. Absent is None, never an error."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def get(self, kind: Kind[T], id: str) -> T | None:
        """The record of that kind and id."""
        known = base().of(kind).get(id)
        if known is not None and not self._is_overlaid(kind, id):
            return known
        row = await self._one(store.GET, kind=kind.name, id=id)
        return known if row is None else _read(kind, row[0])

    async def find(self, kind: Kind[T], key: str, value: str, count: int = 100) -> list[T]:
        """The records with that key (see `kinds`): of the base, then the tenant's own."""
        found, overlaid = {}, self._overlaid(kind)
        for one in base().find(kind, key, value):
            id = kind.id_of(one)
            current = await self.get(kind, id) if id in overlaid else one
            if current is one or (current is not None and has_key(kind, current, key, value)):
                found[id] = current
        if not await self._has_own(kind):
            return list(found.values())
        rows = await self._all(store.BY_KEY, kind=kind.name, name=key, value=value, count=count)
        for row in rows:
            one = kind.read(row[0])
            found[kind.id_of(one)] = one
        return list(found.values())

    async def first(self, kind: Kind[T], key: str, value: str) -> T | None:
        """The record with that key, where only one may have it."""
        for one in base().find(kind, key, value):
            if not self._is_overlaid(kind, kind.id_of(one)):
                return one
        return next(iter(await self.find(kind, key, value)), None)

    async def page(
        self, kind: Kind[T], q: str = "", count: int = MOST, skip: int = 0
    ) -> Sequence[T]:
        """Base records in their order, then the tenant's own; `q`: part of a name or number."""
        known = [one for one in await self._base(kind) if matches(one, q)]
        page = known[skip : skip + count]
        if len(page) == count:
            return page
        rows = await self._all(
            store.PAGE, kind=kind.name, pattern=like_pattern(q), count=count - len(page),
            skip=max(0, skip - len(known)),
        )
        return [*page, *(kind.read(row[0]) for row in rows)]

    async def count(self, kind: Kind[T], q: str = "") -> int:
        """How many `page(kind, q)` would return without a limit."""
        known = sum(matches(one, q) for one in await self._base(kind))
        row = await self._one(store.COUNT, kind=kind.name, pattern=like_pattern(q))
        return known + (int(row[0]) if row else 0)

    async def patients(self, q: str = "", count: int = MOST, skip: int = 0) -> Sequence[Patient]:
        """Base patients in their order, then the tenant's own; `q`: part of a name or number."""
        return await self.page(PATIENTS, q, count, skip)

    async def patient(self, id: str) -> Patient | None:
        """The patient of that sandbox id."""
        return await self.get(PATIENTS, id)

    async def patient_by_ins(self, matricule: str, oid: str | None = None) -> Patient | None:
        """The patient whose active or historic matricule this is (13 or 15 characters).

        With 15 characters the key must be the one on record; `oid`, when given, must be too.
        """
        patient = await self.first(PATIENTS, "matricule", matricule[:13])
        if patient is None:
            return None
        for one in (patient.matricule, *patient.historique):
            if matricule in (one.value, one.ins) and oid in (None, one.oid):
                return patient
        return None

    async def matching(self, nom: str, sexe: str, date_naissance: str) -> list[Patient]:
        """Everyone with exactly this birth name, sex and birth date."""
        return await self.find(PATIENTS, "traits", traits_key(nom, sexe, date_naissance))

    async def professionals(self, q: str = "", count: int = MOST) -> Sequence[Professional]:
        """All professionals; the first is the default doctor."""
        return await self.page(PROFESSIONALS, q, count)

    async def professional(self, id_nat: str) -> Professional | None:
        """The professional of that national identifier (`8`+RPPS, `3`FINESS`/`…)."""
        return await self.get(PROFESSIONALS, id_nat)

    async def default_professional(self, profession: str) -> Professional | None:
        """The first of that profession (`10`, `21`): the one that examples play."""
        for one in base().professionals.values():
            current = await self.get(PROFESSIONALS, one.id_nat)
            if current is not None and current.profession == profession:
                return current
        return next((
            one for one in await self.professionals() if one.profession == profession
        ), None)

    async def structures(self, q: str = "", count: int = MOST) -> Sequence[Structure]:
        return await self.page(STRUCTURES, q, count)

    async def structure(self, id: str) -> Structure | None:
        """The structure of that sandbox id, as in `Activity.structure_id`."""
        return await self.get(STRUCTURES, id)

    async def structure_by_id_nat(self, id_nat: str) -> Structure | None:
        """The structure of that Struct_IdNat (`1`+FINESS, `3`+SIRET, `4`+RPPS+rank)."""
        return await self.first(STRUCTURES, "id_nat", id_nat)

    async def mailbox(self, address: str) -> Mailbox | None:
        """The mailbox of that address, whatever its case."""
        address = address.lower()
        local, _, domain = address.partition("@")
        if domain != PATIENT_DOMAIN:
            return await self.get(MAILBOXES, address)
        owner = await self.patient_by_ins(local.upper())
        has_it = owner is not None and owner.mailbox.lower() == address
        return mailbox_of(owner) if owner is not None and has_it else None

    async def mailboxes(self, *, of_patients: bool = True) -> Sequence[Mailbox]:
        """Mailboxes of professionals and structures, then of patients."""
        patients = await self.patients() if of_patients else ()
        return [
            *await self.page(MAILBOXES), *(mailbox_of(one) for one in patients if one.mailbox)
        ]

    async def mailboxes_of(self, owner_id: str) -> Sequence[Mailbox]:
        """Mailboxes of that professional, structure or patient (sandbox id)."""
        owned = await self.find(MAILBOXES, "owner", owner_id)
        patient = None if owned else await self.patient(owner_id)
        return (mailbox_of(patient),) if patient is not None and patient.mailbox else owned

    async def clients(self) -> Sequence[Client]:
        return await self.page(CLIENTS)

    async def client(self, client_id: str) -> Client | None:
        return await self.get(CLIENTS, client_id)

    async def _has_own(self, kind: Kind[Any]) -> bool:
        """Whether the tenant has a record of that kind: most have none, and need no search."""
        # Taken before it is read: a change meanwhile drops what the memory held, not this.
        known: dict[str, bool] = self._tenant.memory.setdefault(_OWN, {})
        if kind.name not in known:
            known[kind.name] = await self._one(store.ANY, kind=kind.name) is not None
        return known[kind.name]

    async def _base(self, kind: Kind[T]) -> Sequence[T]:
        """The base records as this tenant has them."""
        known = base().of(kind)
        if not self._overlaid(kind):
            return tuple(known.values())
        over = {row[0]: row[1] for row in await self._all(store.OVER_BASE, kind=kind.name)}
        current = [
            _read(kind, over[id]) if id in over else one for id, one in known.items()
        ]
        return [one for one in current if one is not None]

    def _overlaid(self, kind: Kind[Any]) -> Sequence[str]:
        """Ids of the base records that the tenant changed or hides."""
        settings: Mapping[str, Sequence[str]] = self._tenant.settings.get(OVERLAY, {})
        return settings.get(kind.name, ())

    def _is_overlaid(self, kind: Kind[Any], id: str) -> bool:
        return id in self._overlaid(kind)

    async def _one(self, statement: Executable, **parameters: Any) -> Row | None:
        return await self._database.one(statement, tenant_id=self._tenant.key, **parameters)

    async def _all(self, statement: Executable, **parameters: Any) -> list[Row]:
        return await self._database.all(statement, tenant_id=self._tenant.key, **parameters)


def has_key(kind: Kind[T], one: T, key: str, value: str) -> bool:
    """Whether the record is found by that key."""
    return any(each[:2] == (key, value) for each in kind.keys_of(one))


def _read(kind: Kind[T], content: bytes | None) -> T | None:
    return None if content is None else kind.read(content)
