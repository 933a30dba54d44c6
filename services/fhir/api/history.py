"""Histories: of a resource, of a type, of the whole base."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from services.fhir import errors, versions
from services.fhir.api.call import Call
from services.fhir.api.reading import shown
from services.fhir.cursor import Position, open_cursor, seal_cursor
from services.fhir.dates import EVER_AFTER, interval
from services.fhir.declaration import FhirApi
from services.fhir.interactions import links
from services.fhir.resource import answer
from services.fhir.search import CURSOR, DEFAULT_COUNT, MAX_COUNT, Query
from services.fhir.versions import Asked, Version
from services.kernel.clock import iso
from services.kernel.exchange import Answer, Exchange

_DIGITS = 9


async def history(call: Call) -> Answer:
    """Versions of a resource or of a type. Raises RESOURCE_UNKNOWN."""
    if call.rid:
        await shown(call)
    return await _page(call.api, call.exchange, (call.type.name,), call.rid, call.url)


async def system_history(api: FhirApi, exchange: Exchange) -> Answer:
    """`GET [base]/_history`: versions of every type that offers its own."""
    await api.admit(exchange, "history-system", "")
    types = tuple(
        each.name for each in api.types
        if {"history-type", "history-instance"} & {*each.interactions}
    )
    return await _page(api, exchange, types, "", exchange.base_url + api.base)


async def _page(
    api: FhirApi, exchange: Exchange, types: tuple[str, ...], rid: str, here: str
) -> Answer:
    """One page, newest first. Raises what `_read` does, and CURSOR_INVALID."""
    query, asked = _read(exchange)
    tenant = exchange.tenant
    seal = (tenant.key, api.service, *types, rid, "history", repr(query.echo))
    after = open_cursor(query.cursor, seal) if query.cursor else Position(
        EVER_AFTER, "", (), EVER_AFTER
    )
    found = await versions.history(
        exchange.sandbox.database, tenant, api.service, types, rid, asked, after, query.count + 1
    )
    page, cursor = found[: query.count], ""
    if len(found) > query.count:
        last = page[-1]
        cursor = seal_cursor(Position(last.updated, last.rid, (last.rtype,), last.vid), seal)
    total = None if cursor or query.cursor else len(found)
    root = exchange.base_url + api.base
    return answer(_bundle(root, page, total, links(f"{here}/_history", query, cursor)))


def _read(exchange: Exchange) -> tuple[Query, Asked]:
    """(page size, cursor and echo; which versions). Raises PARAMETER_UNKNOWN or
    PARAMETER_INVALID."""
    query, asked = Query(count=DEFAULT_COUNT), Asked()
    for name, value in exchange.query:
        if not value:
            continue
        match name:
            case "_cursor":
                query.cursor = value
            case "_count":
                query.count = _count(value)
            case "_since":
                asked = asked._replace(since=max(asked.since, _interval(name, value)[0]))
            case "_at":
                since, until = _interval(name, value)
                asked = Asked(since, until, at=True)
            case "_format" | "_pretty":
                pass
            case _:
                raise errors.PARAMETER_UNKNOWN(
                    at=f"http.{name}", expected="_at, _count, _since", found=name
                )
        if name != CURSOR:
            query.echo.append((name, value))
    named = {name for name, _ in query.echo}
    if {"_at", "_since"} <= named:
        raise errors.PARAMETER_INVALID(at="http._at", expected="_at ou _since", found="les deux")
    return query, asked


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise errors.PARAMETER_INVALID(at="http._count", expected="un entier", found=text[:80])
    return min(int(text), MAX_COUNT) or DEFAULT_COUNT


def _interval(name: str, text: str) -> tuple[int, int]:
    try:
        return interval(text.replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        raise errors.PARAMETER_INVALID(
            at=f"http.{name}", expected="une date ou un instant FHIR", found=text[:80]
        ) from error


def _bundle(
    root: str, found: list[Version], total: int | None, linked: dict[str, str]
) -> bytes:
    head: dict[str, object] = {"resourceType": "Bundle", "type": "history"}
    if total is not None:
        head["total"] = total
    head["link"] = [{"relation": name, "url": url} for name, url in linked.items()]
    if found:
        head["entry"] = [_entry(root, each) for each in found]
    return orjson.dumps(head)


def _entry(root: str, version: Version) -> dict[str, object]:
    """FHIR R4 §3.1.0.12: how each version came to be; a patch shows as the update it made."""
    rtype, first = version.rtype, version.vid == 1
    method = "DELETE" if version.deleted else "POST" if first else "PUT"
    status = HTTPStatus.NO_CONTENT if version.deleted else (
        HTTPStatus.CREATED if first else HTTPStatus.OK
    )
    entry: dict[str, object] = {"fullUrl": f"{root}/{rtype}/{version.rid}"}
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
