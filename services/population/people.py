"""Who exists for one tenant: the base population and the tenant's own people.

    who = people(exchange.sandbox.database, exchange.tenant)
    patient = await who.patient_by_ins("279035121518989")

Base look-ups are dictionary look-ups; what the base does not have costs one indexed statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Executable

from services.kernel.database import Database, Duplicate, Row, Write
from services.kernel.tenants import Tenant
from services.population import store
from services.population.base import base, matricules, traits
from services.population.derived import completed, mailbox_of
from services.population.matricule import PATIENT_DOMAIN
from services.population.models import Client, Mailbox, Patient, Professional, Structure
from services.population.searching import like_pattern, matches, words_of

MOST = 10_000
"""Added patients that `patients()` returns at most."""


def people(database: Database, tenant: Tenant) -> People:
    """The people of that tenant."""
    return People(database, tenant)


class People:
    """Read access to everyone, and the addition of patients. Absent is None, never an error."""

    __slots__ = ("_database", "_tenant")

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def patients(self, q: str = "", count: int = MOST, skip: int = 0) -> Sequence[Patient]:
        """Base patients in their order, then the tenant's own; `q`: part of a name or number."""
        known = [one for one in base().patients.values() if matches(one, q)]
        page = known[skip : skip + count]
        rows = await self._all(
            store.SEARCH, pattern=like_pattern(q), count=count - len(page),
            skip=max(0, skip - len(known)),
        )
        return [*page, *(_patient(row) for row in rows)]

    async def count_patients(self, q: str = "") -> int:
        """How many `patients(q)` would return without a limit."""
        known = sum(matches(one, q) for one in base().patients.values())
        row = await self._one(store.COUNT, pattern=like_pattern(q))
        return known + (int(row[0]) if row else 0)

    async def patient(self, id: str) -> Patient | None:
        """The patient of that sandbox id."""
        return base().patients.get(id) or _first(await self._one(store.GET, id=id))

    async def patient_by_ins(self, matricule: str, oid: str | None = None) -> Patient | None:
        """The patient whose active or historic matricule this is (13 or 15 characters).

        With 15 characters the key must be the one on record; `oid`, when given, must be too.
        """
        value = matricule[:13]
        patient = base().patients_by_matricule.get(value) or _first(
            await self._one(store.BY_MATRICULE, matricule=value)
        )
        if patient is None:
            return None
        for one in (patient.matricule, *patient.historique):
            if matricule in (one.value, one.ins) and oid in (None, one.oid):
                return patient
        return None

    async def matching(self, nom: str, sexe: str, date_naissance: str) -> list[Patient]:
        """Everyone with exactly this birth name, sex and birth date."""
        known = base().patients_by_traits.get((nom, sexe, date_naissance), ())
        rows = await self._all(
            store.BY_TRAITS, nom=nom, sexe=sexe, date_naissance=date_naissance, count=100
        )
        return [*known, *(_patient(row) for row in rows)]

    async def add_patient(self, patient: Patient) -> Patient:
        """Store a patient of the tenant; as stored, with its mailbox and behaviours.

        Raises Duplicate when its id or one of its matricules is taken.
        """
        patient = completed(patient)
        known = base()
        taken = patient.id in known.patients or any(
            value in known.patients_by_matricule for value in matricules(patient)
        )
        if taken:
            raise Duplicate(patient.id)
        nom, sexe, date_naissance = traits(patient)
        key = self._tenant.key
        row = {
            "tenant_id": key, "id": patient.id, "nom": nom, "sexe": sexe,
            "date_naissance": date_naissance, "searched": words_of(patient),
            "content": _adapter().dump_json(patient),
        }
        numbers = [
            Write(store.ADD_MATRICULE,
                  {"tenant_id": key, "matricule": value, "patient_id": patient.id}, rows=1)
            for value in matricules(patient)
        ]
        await self._database.write([Write(store.ADD, row, rows=1), *numbers])
        return patient

    async def professionals(self) -> Sequence[Professional]:
        """All professionals; the first is the default doctor."""
        return tuple(base().professionals.values())

    async def professional(self, id_nat: str) -> Professional | None:
        """The professional of that national identifier (`8`+RPPS, `3`FINESS`/`…)."""
        return base().professionals.get(id_nat)

    async def structures(self) -> Sequence[Structure]:
        return tuple(base().structures.values())

    async def structure(self, id: str) -> Structure | None:
        """The structure of that sandbox id, as in `Activity.structure_id`."""
        return base().structures.get(id)

    async def structure_by_id_nat(self, id_nat: str) -> Structure | None:
        """The structure of that Struct_IdNat (`1`+FINESS, `3`+SIRET, `4`+RPPS+rank)."""
        return base().structures_by_id_nat.get(id_nat)

    async def mailbox(self, address: str) -> Mailbox | None:
        """The mailbox of that address, whatever its case."""
        address = address.lower()
        known = base().mailboxes.get(address)
        if known is not None:
            return known
        local, _, domain = address.partition("@")
        if domain != PATIENT_DOMAIN:
            return None
        owner = await self.patient_by_ins(local.upper())
        has_it = owner is not None and owner.mailbox.lower() == address
        return mailbox_of(owner) if owner is not None and has_it else None

    async def mailboxes(self) -> Sequence[Mailbox]:
        """Mailboxes of professionals and structures, then of patients."""
        added = (await self.patients())[len(base().patients):]
        own = [mailbox_of(one) for one in added if one.mailbox]
        return [*base().mailboxes.values(), *own]

    async def mailboxes_of(self, owner_id: str) -> Sequence[Mailbox]:
        """Mailboxes of that professional, structure or patient (sandbox id)."""
        known = base().mailboxes_by_owner.get(owner_id)
        if known is not None:
            return known
        owner = await self.patient(owner_id)
        return (mailbox_of(owner),) if owner is not None and owner.mailbox else ()

    async def clients(self) -> Sequence[Client]:
        return tuple(base().clients.values())

    async def client(self, client_id: str) -> Client | None:
        return base().clients.get(client_id)

    async def _one(self, statement: Executable, **parameters: Any) -> Row | None:
        return await self._database.one(statement, tenant_id=self._tenant.key, **parameters)

    async def _all(self, statement: Executable, **parameters: Any) -> list[Row]:
        return await self._database.all(statement, tenant_id=self._tenant.key, **parameters)


@cache
def _adapter() -> TypeAdapter[Patient]:
    return TypeAdapter(Patient)


def _patient(row: Row) -> Patient:
    return _adapter().validate_json(row[0])


def _first(row: Row | None) -> Patient | None:
    return None if row is None else _patient(row)
