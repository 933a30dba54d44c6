"""Prescriptions and their executions, per tenant.

The version of a prescription counts its changes; execution n is the change that made version n,
so that two changes of the same version cannot both be stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import BigInteger, Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.database import Conflict, Database, Duplicate, Write
from services.kernel.schema import blob, number, tenant_table, text

prescription = tenant_table(
    "ep_prescription", text("numero"), text("id_nat"), text("digest"), number("registered_at"),
    number("version"), number("cancelled_at", nullable=True), blob("content"), key=("numero",),
)
execution = tenant_table(
    "ep_execution", text("numero"), number("version"), text("id"), text("id_nat"), number("at"),
    blob("content"), key=("numero", "version"),
)

ADD = insert(prescription).values(
    tenant_id=bindparam("tenant_id"), numero=bindparam("numero"), id_nat=bindparam("id_nat"),
    digest=bindparam("digest"), registered_at=bindparam("registered_at"), version=1,
    content=bindparam("content"),
)
GET = select(
    prescription.c.numero, prescription.c.id_nat, prescription.c.digest,
    prescription.c.registered_at, prescription.c.version, prescription.c.cancelled_at,
    prescription.c.content,
).where(
    prescription.c.tenant_id == bindparam("tenant_id"),
    prescription.c.numero == bindparam("numero"),
)
_CURRENT = (
    (prescription.c.tenant_id == bindparam("tenant_id", type_=Text))
    & (prescription.c.numero == bindparam("numero", type_=Text))
    & (prescription.c.version == bindparam("current", type_=BigInteger))
)
STEP = prescription.update().where(_CURRENT).values(version=prescription.c.version + 1)
CANCEL = prescription.update().where(_CURRENT).values(
    version=prescription.c.version + 1, cancelled_at=bindparam("cancelled_at"),
)
ADD_EXECUTION = insert(execution).values(
    tenant_id=bindparam("tenant_id"), numero=bindparam("numero"), version=bindparam("version"),
    id=bindparam("id"), id_nat=bindparam("id_nat"), at=bindparam("at"),
    content=bindparam("content"),
)
EXECUTIONS = select(
    execution.c.id, execution.c.id_nat, execution.c.at, execution.c.content
).where(
    execution.c.tenant_id == bindparam("tenant_id"), execution.c.numero == bindparam("numero"),
).order_by(execution.c.version)


@dataclass(frozen=True, slots=True)
class Record:
    """A stored prescription. content: the EP4 body as received; instants in µs."""

    numero: str
    id_nat: str
    digest: str
    registered_at: int
    version: int
    cancelled_at: int | None
    content: bytes


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """A stored execution. content: JSON of `wire.rendering.execution_content`."""

    id: str
    id_nat: str
    at: int
    content: bytes


async def find(database: Database, tenant_key: str, numero: str) -> Record | None:
    row = await database.one(GET, tenant_id=tenant_key, numero=numero)
    return None if row is None else Record(*row)


async def executions_of(
    database: Database, tenant_key: str, numero: str
) -> list[ExecutionRecord]:
    """Oldest first."""
    rows = await database.all(EXECUTIONS, tenant_id=tenant_key, numero=numero)
    return [ExecutionRecord(*row) for row in rows]


async def add(database: Database, tenant_key: str, record: Record) -> bool:
    """Register durably; False when the number is taken."""
    try:
        await database.write([Write(ADD, {
            "tenant_id": tenant_key, "numero": record.numero, "id_nat": record.id_nat,
            "digest": record.digest, "registered_at": record.registered_at,
            "content": record.content,
        }, rows=1)])
    except Duplicate:
        return False
    return True


async def add_execution(
    database: Database, tenant_key: str, record: Record, added: ExecutionRecord
) -> bool:
    """Store an execution of this very version; False when the prescription has moved on."""
    return await _change(database, [
        Write(STEP, _key(tenant_key, record), rows=1),
        Write(ADD_EXECUTION, {
            "tenant_id": tenant_key, "numero": record.numero, "version": record.version + 1,
            "id": added.id, "id_nat": added.id_nat, "at": added.at, "content": added.content,
        }, rows=1),
    ])


async def cancel(database: Database, tenant_key: str, record: Record, at: int) -> bool:
    """Cancel this very version; False when the prescription has moved on."""
    parameters = {**_key(tenant_key, record), "cancelled_at": at}
    return await _change(database, [Write(CANCEL, parameters, rows=1)])


async def _change(database: Database, writes: list[Write]) -> bool:
    try:
        await database.write(writes)
    except (Conflict, Duplicate):
        return False
    return True


def _key(tenant_key: str, record: Record) -> dict[str, object]:
    return {"tenant_id": tenant_key, "numero": record.numero, "current": record.version}


def canonical(content: object) -> bytes:
    """JSON with sorted keys, without nulls: the same content however it is spelled."""
    return orjson.dumps(_said(content), option=orjson.OPT_SORT_KEYS)


def _said(content: object) -> object:
    if isinstance(content, dict):
        return {name: _said(value) for name, value in content.items() if value is not None}
    if isinstance(content, list):
        return [_said(value) for value in content]
    return content
