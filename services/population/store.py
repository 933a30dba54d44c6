"""The tenant's overlay over the base: its own people, and the base people it changed or hides."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.schema import blob, number, numbered_table, tenant_table, text

record = numbered_table(
    "population_record",
    text("kind"), text("id"), number("base"), text("searched"), blob("content", nullable=True),
    key=("kind", "id"),
)
"""content: JSON, NULL for a base record that is hidden; base: 1 when it stands for a base record;
searched: what `?q=` looks into, upper case."""

lookup = tenant_table(
    "population_key",
    text("kind"), text("name"), text("value"), number("holder"), number("place"),
    key=("kind", "name", "value", "holder"),
)
"""What records are found by. place: of the record; holder: 0 where only one record may have the
value, else its place. One row of each table is read: among a million people, that is the price."""

_OWN = (record.c.tenant_id == bindparam("tenant_id")) & (record.c.kind == bindparam("kind"))
_SEARCHED = record.c.searched.like(bindparam("pattern", type_=Text), escape="\\")
_THIS = _OWN & (record.c.id == bindparam("id"))

ANY = select(record.c.base).where(_OWN).limit(bindparam("one", 1, BigInteger))
GET = select(record.c.content).where(_THIS)
BY_KEY = (
    select(record.c.content)
    .join(lookup, (lookup.c.tenant_id == record.c.tenant_id) & (lookup.c.place == record.c.place))
    .where(lookup.c.tenant_id == bindparam("tenant_id"),
           lookup.c.kind == bindparam("kind"), lookup.c.name == bindparam("name"),
           lookup.c.value == bindparam("value"))
    .order_by(lookup.c.holder).limit(bindparam("count", type_=BigInteger))
)
"""The oldest first, in the order of the keys themselves: nothing is sorted."""
PAGE = (
    select(record.c.content).where(_OWN, record.c.base == 0, _SEARCHED).order_by(record.c.id)
    .limit(bindparam("count", type_=BigInteger)).offset(bindparam("skip", type_=BigInteger))
)
COUNT = select(func.count()).select_from(record).where(_OWN, record.c.base == 0, _SEARCHED)
OVER_BASE = select(record.c.id, record.c.content).where(_OWN, record.c.base == 1)
"""At most as many rows as the base has records."""

ADD = insert(record).values(
    tenant_id=bindparam("tenant_id"), kind=bindparam("kind"), id=bindparam("id"),
    base=bindparam("base"), searched=bindparam("searched"), content=bindparam("content"),
).inline()
PUT = ADD.on_conflict_do_update(
    index_elements=["tenant_id", "kind", "id"],
    set_={"searched": ADD.excluded.searched, "content": ADD.excluded.content},
)
REMOVE = delete(record).where(_THIS)
_SHARED = bindparam("shared", type_=BigInteger)
_KEY = ("tenant_id", "kind", "name", "value")
ADD_KEY = insert(lookup).from_select(
    [*_KEY, "holder", "place"],
    select(
        *(bindparam(name, type_=Text) for name in _KEY), record.c.place * _SHARED, record.c.place
    ).where(_THIS),
)
"""Of a record that is there; shared: 1 when several may have the value, else 0."""
_PLACE = select(record.c.place).where(_THIS).scalar_subquery()
REMOVE_KEY = delete(lookup).where(
    lookup.c.tenant_id == bindparam("tenant_id"), lookup.c.kind == bindparam("kind"),
    lookup.c.name == bindparam("name"), lookup.c.value == bindparam("value"),
    lookup.c.holder == _PLACE * _SHARED, lookup.c.place == _PLACE,
)
