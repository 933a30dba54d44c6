"""Mails: bytes once in the blobs, one row per message, one row per mailbox that received it.

A mailbox numbers what it receives (`uid`), in order of arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import BigInteger, Index, Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.database import Database, Write
from services.kernel.schema import blob, number, tenant_table, text

box = tenant_table("mss_box", text("address"), number("uid_next"), key=("address",))
message = tenant_table(
    "mss_message", text("id"), text("blob_key"), number("size"), number("received_at"),
    text("mail_from"), text("subject"), blob("summary"), key=("id",),
)
"""summary: what a list shows, as JSON, so that lists read no blob."""
delivery = tenant_table(
    "mss_delivery", text("address"), number("uid"), text("message_id"),
    Index("ix_mss_delivery_message", "tenant_id", "address", "message_id"),
    key=("address", "uid"),
)

_TENANT = bindparam("tenant_id", type_=Text)
_ADDRESS = bindparam("address", type_=Text)
NUMBER = insert(box).values(tenant_id=_TENANT, address=_ADDRESS, uid_next=2).on_conflict_do_update(
    index_elements=["tenant_id", "address"], set_={"uid_next": box.c.uid_next + 1}
)
DELIVER = insert(delivery).from_select(
    ["tenant_id", "address", "uid", "message_id"],
    select(box.c.tenant_id, box.c.address, box.c.uid_next - 1, bindparam("message_id", type_=Text))
    .where(box.c.tenant_id == _TENANT, box.c.address == _ADDRESS),
)
ADD = insert(message).values(
    tenant_id=_TENANT, id=bindparam("id"), blob_key=bindparam("blob_key"), size=bindparam("size"),
    received_at=bindparam("received_at"), mail_from=bindparam("mail_from"),
    subject=bindparam("subject"), summary=bindparam("summary"),
)
_STORED = (
    select(delivery.c.uid, message.c.id, message.c.blob_key, message.c.size,
           message.c.received_at, message.c.mail_from, message.c.subject, message.c.summary)
    .join(message, (message.c.tenant_id == delivery.c.tenant_id)
          & (message.c.id == delivery.c.message_id))
    .where(delivery.c.tenant_id == _TENANT, message.c.tenant_id == _TENANT,
           delivery.c.address == _ADDRESS)
)
LIST = (
    _STORED.where(delivery.c.uid < bindparam("before", type_=BigInteger))
    .order_by(delivery.c.uid.desc()).limit(bindparam("count", type_=BigInteger))
)
AFTER = (
    _STORED.where(delivery.c.uid > bindparam("after", type_=BigInteger))
    .order_by(delivery.c.uid.desc()).limit(bindparam("count", type_=BigInteger))
)
GET = _STORED.where(delivery.c.message_id == bindparam("message_id", type_=Text))

LAST = 2**62


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message. blob_key: where its bytes are; received_at: real instant, µs."""

    id: str
    blob_key: str
    size: int
    received_at: int
    mail_from: str
    subject: str
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Received:
    """A message in a mailbox."""

    uid: int
    message: StoredMessage


async def deliver(
    database: Database, tenant_key: str,
    deliveries: Sequence[tuple[StoredMessage, Sequence[str]]],
) -> None:
    """Put messages into mailboxes, all or none, durably."""
    writes: list[Write] = []
    for arrival, addresses in deliveries:
        writes.append(Write(ADD, {
            "tenant_id": tenant_key, "id": arrival.id, "blob_key": arrival.blob_key,
            "size": arrival.size, "received_at": arrival.received_at,
            "mail_from": arrival.mail_from, "subject": arrival.subject,
            "summary": orjson.dumps(arrival.summary),
        }, rows=1))
        for address in addresses:
            key = {"tenant_id": tenant_key, "address": address}
            writes += [Write(NUMBER, key, rows=1),
                       Write(DELIVER, {**key, "message_id": arrival.id}, rows=1)]
    await database.write(writes)


async def messages(
    database: Database, tenant_key: str, address: str, count: int, before: int = LAST
) -> list[Received]:
    """Newest first, those before a uid."""
    rows = await database.all(
        LIST, tenant_id=tenant_key, address=address, before=before, count=count
    )
    return [_received(row) for row in rows]


async def newest(
    database: Database, tenant_key: str, address: str, count: int, after: int = 0
) -> list[Received]:
    """Newest first, those after a uid."""
    rows = await database.all(
        AFTER, tenant_id=tenant_key, address=address, after=after, count=count
    )
    return [_received(row) for row in rows]


async def find(
    database: Database, tenant_key: str, address: str, message_id: str
) -> Received | None:
    row = await database.one(GET, tenant_id=tenant_key, address=address, message_id=message_id)
    return None if row is None else _received(row)


def _received(row: tuple[Any, ...]) -> Received:
    uid, id, blob_key, size, received_at, mail_from, subject, summary = row
    return Received(uid, StoredMessage(
        id, blob_key, size, received_at, mail_from, subject, orjson.loads(summary)
    ))
