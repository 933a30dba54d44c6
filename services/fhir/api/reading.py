"""read and vread."""

from __future__ import annotations

from services.fhir import errors, store, subsets, versions
from services.fhir.api.call import Call
from services.fhir.api.headers import unchanged
from services.fhir.criteria import Criterion
from services.fhir.resource import answer
from services.fhir.search import Query, read_controls
from services.fhir.versions import Version
from services.kernel.exchange import Answer

_DIGITS = 9


async def read(call: Call) -> Answer:
    """The current version. Raises RESOURCE_UNKNOWN or GONE."""
    return _answered(call, await shown(call))


async def vread(call: Call) -> Answer:
    """One version by its number. Raises RESOURCE_UNKNOWN or GONE."""
    found = None
    if call.vid.isascii() and call.vid.isdigit() and len(call.vid) <= _DIGITS:
        exchange = call.exchange
        found = await versions.numbered(
            exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name,
            call.rid, int(call.vid),
        )
    if found is None or not await _visible(call, found.deleted):
        raise errors.RESOURCE_UNKNOWN(
            at=f"{call.type.name}.id", found=f"{call.name}/_history/{call.vid[:80]}"
        )
    return _answered(call, found)


async def shown(call: Call) -> Version:
    """The newest version, or the deletion, for one who may see it. Raises RESOURCE_UNKNOWN."""
    found = await current(call)
    if found is None or (found.deleted and not await _visible(call, deleted=True)):
        raise errors.RESOURCE_UNKNOWN(at=f"{call.type.name}.id", found=call.name)
    return found


async def current(call: Call) -> Version | None:
    """The newest version that the caller may see, or the deletion: a write continues it."""
    exchange = call.exchange
    found = await versions.newest(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name, call.rid
    )
    if found is None or found.deleted or await _visible(call):
        return found
    return None


def _answered(call: Call, found: Version) -> Answer:
    if found.deleted:
        raise errors.GONE(
            at=f"{call.type.name}.id", found=f"{call.name}/_history/{found.vid}",
            headers={"ETag": f'W/"{found.vid}"'},
        )
    same = unchanged(call.exchange, found)
    if same is not None:
        return same
    content = found.content
    if call.exchange.query_string:
        subset = read_controls(call.exchange, call.offer).subset
        content = subsets.apply(content, subset)
    return answer(content, version=found.vid, updated=found.updated)


async def _visible(call: Call, deleted: bool = False) -> bool:
    """Whether the caller may see the current version; who does not see all sees no deletion."""
    exchange, restrict = call.exchange, call.api.restrict
    hidden = await restrict(exchange, call.type.name) if restrict is not None else ()
    if not hidden or deleted:
        return not hidden
    criteria = [Criterion("id", "_id", ("=",), ((call.rid,),), selective=True), *hidden]
    page = await store.search(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name,
        Query(criteria, count=1),
    )
    return bool(page.rows)
