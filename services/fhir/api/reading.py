"""read, vread and histories."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from services.fhir import errors, store, subsets, versions
from services.fhir.api.call import Call
from services.fhir.api.headers import unchanged
from services.fhir.criteria import Criterion
from services.fhir.cursor import Position, open_cursor, seal_cursor
from services.fhir.dates import EVER_AFTER, interval
from services.fhir.interactions import links
from services.fhir.numbers import LOWEST
from services.fhir.resource import answer
from services.fhir.search import CURSOR, DEFAULT_COUNT, MAX_COUNT, Query, read_controls
from services.fhir.versions import Version
from services.kernel.clock import iso
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer

_NUMBER_MAX = 9


async def read(call: Call) -> Answer:
    """The current version. Raises RESOURCE_UNKNOWN or GONE."""
    found = await current(call)
    if found is None:
        raise errors.RESOURCE_UNKNOWN(at=f"{call.type.name}.id", found=call.name)
    return _answered(call, found)


async def vread(call: Call) -> Answer:
    """One version by its number. Raises RESOURCE_UNKNOWN or GONE."""
    found = None
    if call.vid.isascii() and call.vid.isdigit() and len(call.vid) <= _NUMBER_MAX:
        exchange = call.exchange
        found = await versions.numbered(
            exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name,
            call.rid, int(call.vid),
        )
    if found is None or not await _visible(call):
        raise errors.RESOURCE_UNKNOWN(
            at=f"{call.type.name}.id", found=f"{call.name}/_history/{call.vid[:80]}"
        )
    return _answered(call, found)


async def current(call: Call) -> Version | None:
    """The newest version that the caller may see, a deletion among them."""
    exchange = call.exchange
    found = await versions.newest(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name, call.rid
    )
    if found is None or found.deleted or await _visible(call):
        return found
    return None


async def history(call: Call) -> Answer:
    """Versions of a resource or of a type, newest first, by pages. Raises RESOURCE_UNKNOWN."""
    exchange = call.exchange
    if call.rid and await current(call) is None:
        raise errors.RESOURCE_UNKNOWN(at=f"{call.type.name}.id", found=call.name)
    if not call.rid and call.api.restrict is not None:
        raise errors.INTERACTION_UNSUPPORTED(
            "« history-type » montrerait des ressources que tous ne voient pas."
        )
    query, since = _history_query(call)
    place = store.owner(exchange.tenant, call.api.service, call.type.name)
    if call.rid:
        place["rid"] = call.rid
    seal = (*place.values(), "history", repr(query.echo))
    after = open_cursor(query.cursor, seal) if query.cursor else Position(
        EVER_AFTER, "", (), EVER_AFTER
    )
    found = await versions.history(
        exchange.sandbox.database, place, after, since, query.count + 1
    )
    shown, cursor = found[: query.count], ""
    if shown and len(found) > query.count:
        last = shown[-1]
        cursor = seal_cursor(Position(last.updated, last.rid, (), last.vid), seal)
    total = None if cursor or query.cursor else len(found)
    here = f"{call.url}/_history"
    return answer(_history_bundle(call, shown, total, links(here, query, cursor)))


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
        subset = read_controls(call.exchange.query, call.offer).subset
        content = subsets.apply(content, subset)
    return answer(content, version=found.vid, updated=found.updated)


async def _visible(call: Call) -> bool:
    """Whether the caller may see the current version."""
    restrict = call.api.restrict
    if restrict is None:
        return True
    exchange = call.exchange
    criteria = [
        Criterion("id", "_id", ("=",), ((call.rid,),), selective=True),
        *await restrict(exchange, call.type.name),
    ]
    page = await store.search(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name,
        Query(criteria, count=1),
    )
    return bool(page.rows)


def _history_query(call: Call) -> tuple[Query, int]:
    """(page size, cursor and echo; since in µs). Raises PARAMETER_UNKNOWN or
    PARAMETER_INVALID."""
    query, since = Query(count=DEFAULT_COUNT), LOWEST
    for name, value in call.exchange.query:
        if name in ("_format", "_pretty") or not value:
            continue
        if name == CURSOR:
            query.cursor = value
            continue
        if name == "_count" and value.isascii() and value.isdigit() and len(value) <= _NUMBER_MAX:
            query.count = min(int(value), MAX_COUNT) or DEFAULT_COUNT
        elif name == "_since":
            since = _instant(value)
        else:
            raise _not_understood(name, value)
        query.echo.append((name, value))
    return query, since


def _instant(text: str) -> int:
    try:
        return interval(text.replace(" ", "+"))[0]
    except (ValueError, OverflowError) as error:
        raise errors.PARAMETER_INVALID(
            at="http._since", expected="un instant FHIR", found=text[:80]
        ) from error


def _not_understood(name: str, value: str) -> Refusal:
    if name == "_count":
        return errors.PARAMETER_INVALID(at="http._count", expected="un entier", found=value[:80])
    return errors.PARAMETER_UNKNOWN(
        at=f"http.{name}", expected="_count, _since", found=name
    )


def _history_bundle(
    call: Call, found: list[Version], total: int | None, linked: dict[str, str]
) -> bytes:
    head: dict[str, object] = {"resourceType": "Bundle", "type": "history"}
    if total is not None:
        head["total"] = total
    head["link"] = [{"relation": name, "url": url} for name, url in linked.items()]
    if found:
        head["entry"] = [_history_entry(call, each) for each in found]
    return orjson.dumps(head)


def _history_entry(call: Call, version: Version) -> dict[str, object]:
    """FHIR R4 §3.1.0.12: how each version came to be; a patch shows as the update it made."""
    rtype, first = call.type.name, version.vid == 1
    method = "DELETE" if version.deleted else "POST" if first else "PUT"
    status = HTTPStatus.NO_CONTENT if version.deleted else (
        HTTPStatus.CREATED if first else HTTPStatus.OK
    )
    entry: dict[str, object] = {"fullUrl": f"{call.root}/{rtype}/{version.rid}"}
    if not version.deleted:
        entry["resource"] = orjson.Fragment(version.content)
    entry["request"] = {
        "method": method, "url": rtype if method == "POST" else f"{rtype}/{version.rid}",
    }
    entry["response"] = {
        "status": f"{status.value} {status.phrase}", "etag": f'W/"{version.vid}"',
        "lastModified": iso(version.updated),
    }
    return entry
