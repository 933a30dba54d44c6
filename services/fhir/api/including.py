"""`_include` and `_revinclude`: what the matches refer to, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, select

from services.fhir import store
from services.fhir.api.call import Call
from services.fhir.controls import Include
from services.fhir.criteria import Criterion
from services.fhir.search import Query
from services.fhir.store import Stored
from services.fhir.tables import fhir_reference

MOST = 1000
ROUNDS = 8
CHUNK = 64

Key = tuple[str, str]


async def included(
    call: Call, matches: Sequence[Stored], includes: Sequence[Include]
) -> tuple[list[tuple[str, Stored]], bool]:
    """(type, resource) of what is included, once each and never a match; whether it is all.

    What the base does not hold, or hides from the caller, is left out.
    """
    made: list[tuple[str, Stored]] = []
    seen = {(call.type.name, row.rid) for row in matches}
    frontier, wanted = set(seen), list(includes)
    for _ in range(ROUNDS):
        if not frontier or not wanted:
            return made, True
        linked = set()
        for each in wanted:
            linked |= await _linked(call, each, frontier)
        frontier = {key for key in linked - seen if key[0] in call.api.by_name}
        seen |= frontier
        made += await _fetched(call, frontier)
        if len(made) > MOST:
            return made[:MOST], False
        wanted = [each for each in includes if each.repeat]
    return made, not frontier


async def _linked(call: Call, include: Include, frontier: set[Key]) -> set[Key]:
    """(type, id) one step further along an inclusion."""
    linked: set[Key] = set()
    near = {rtype for rtype, _ in frontier}
    end = include.target if include.reverse else include.source
    if end:
        near &= {end}
    for rtype in near:
        rids = sorted(rid for each, rid in frontier if each == rtype)
        for chunk in _chunks(rids):
            rows = await call.exchange.sandbox.database.all(
                _references(include.reverse, len(chunk)),
                **store.owner(call.exchange.tenant, call.api.service, include.source),
                param=include.param, target_type=rtype, count=MOST + 1,
                **{f"rid{n}": rid for n, rid in enumerate(chunk)},
            )
            linked |= {(found, rid) for found, rid in rows}
    if include.target and not include.reverse:
        return {key for key in linked if key[0] == include.target}
    return linked


async def _fetched(call: Call, keys: Iterable[Key]) -> list[tuple[str, Stored]]:
    """The resources of these keys that the caller may see."""
    exchange, restrict = call.exchange, call.api.restrict
    by_type: dict[str, list[str]] = {}
    for rtype, rid in sorted(keys):
        by_type.setdefault(rtype, []).append(rid)
    made: list[tuple[str, Stored]] = []
    for rtype, rids in by_type.items():
        hidden = list(await restrict(exchange, rtype)) if restrict is not None else []
        for chunk in _chunks(rids):
            those = Criterion(
                "id", "_id", ("=",) * len(chunk), tuple((rid,) for rid in chunk), selective=True
            )
            page = await store.search(
                exchange.sandbox.database, exchange.tenant, call.api.service, rtype,
                Query([those, *hidden], count=len(chunk)),
            )
            made += [(rtype, row) for row in page.rows]
    return made


def _chunks(rids: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Chunks whose size is a power of two, the last id repeated: few shapes of statement."""
    for start in range(0, len(rids), CHUNK):
        chunk = tuple(rids[start:start + CHUNK])
        yield chunk + chunk[-1:] * ((1 << (len(chunk) - 1).bit_length()) - len(chunk))


@lru_cache(maxsize=32)
def _references(reverse: bool, size: int) -> Select[Any]:
    """(type, id) at the other end of a reference, for `size` resources at this end."""
    table = fhir_reference
    near, far = table.c.rid, (table.c.target_type, table.c.target_id)
    conditions = []
    if reverse:
        near, far = table.c.target_id, (table.c.rtype, table.c.rid)
        conditions.append(table.c.target_type == bindparam("target_type"))
    return select(*far).where(
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.service == bindparam("service"),
        table.c.rtype == bindparam("rtype"),
        table.c.param == bindparam("param"),
        near.in_([bindparam(f"rid{n}") for n in range(size)]), *conditions,
    ).limit(bindparam("count", type_=BigInteger))
