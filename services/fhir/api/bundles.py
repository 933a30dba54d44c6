"""batch and transaction: many interactions in one request.

A batch answers each entry for itself. A transaction is one database write: all or nothing, in the
order that FHIR R4 §3.1.0.11.2 sets (DELETE, POST, PUT and PATCH, GET); its reads see what it wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import orjson

from services.fhir import errors
from services.fhir.api.call import Call
from services.fhir.api.conditional import matched
from services.fhir.api.dispatch import one_answer, planned
from services.fhir.api.entries import Asked, asked_of, call_of_entry, located
from services.fhir.api.headers import Return, preferred
from services.fhir.api.links import resolved
from services.fhir.api.writing import ATTEMPTS, Plan, answered
from services.fhir.declaration import FhirApi, Json
from services.fhir.dialect import FHIR
from services.fhir.exact import dumps, has_decimals, loads
from services.fhir.formats import with_json
from services.fhir.resource import answer, parse
from services.fhir.structure import require
from services.kernel.clock import iso
from services.kernel.database import Conflict, Duplicate
from services.kernel.errors import Refusal
from services.kernel.exchange import Answer, Exchange

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}


@dataclass(slots=True)
class _Entry:
    """One entry on its way."""

    asked: Asked
    plan: Plan | None = None
    answer: Answer | None = None


async def bundle(api: FhirApi, exchange: Exchange) -> Answer:
    """`POST [base]`. Raises INTERACTION_UNSUPPORTED for another Bundle, and the refusal of the
    first entry that a transaction cannot carry out."""
    received = parse(exchange, "Bundle")
    require({**received, "entry": [_bare(each) for each in received.get("entry", [])]})
    if has_decimals(exchange.body):
        received = loads(exchange.body)
    kind = received.get("type", "")
    if kind not in ("batch", "transaction") or kind not in api.interactions:
        raise errors.INTERACTION_UNSUPPORTED(
            at="Bundle.type", expected=" ou ".join(api.interactions), found=str(kind)
        )
    await api.admit(exchange, kind, "Bundle")
    asked = asked_of(received)
    if kind == "batch":
        entries = [_Entry(each, answer=await _alone(api, exchange, each)) for each in asked]
    else:
        entries = await _together(api, exchange, asked)
    shown = preferred(exchange, "minimal")
    return answer(orjson.dumps({
        "resourceType": "Bundle", "type": f"{kind}-response",
        "entry": [_response(api, exchange, each, shown) for each in entries],
    }))


async def _alone(api: FhirApi, exchange: Exchange, asked: Asked) -> Answer:
    """One entry of a batch; its refusal is its answer."""
    try:
        return await one_answer(call_of_entry(api, exchange, asked))
    except Refusal as refusal:
        return FHIR.refuse(located(refusal, asked), exchange)


async def _together(api: FhirApi, exchange: Exchange, asked: list[Asked]) -> list[_Entry]:
    """Plan every write, store them as one, then read. Raises EDIT_CONFLICT in the end."""
    findings = exchange.findings
    known = len(findings)
    for _ in range(ATTEMPTS):
        del findings[known:]
        entries = [_Entry(each) for each in asked]
        await _plan(api, exchange, entries)
        writes = [write for each in entries if each.plan for write in each.plan.writes]
        try:
            if writes:
                await exchange.sandbox.database.write(writes)
        except (Conflict, Duplicate):
            continue
        for each in entries:
            if each.plan is not None:
                each.answer = answered(each.plan)
            else:
                each.answer = await _alone(api, exchange, each.asked)
        return entries
    raise errors.EDIT_CONFLICT(at="Bundle.entry")


async def _plan(api: FhirApi, exchange: Exchange, entries: list[_Entry]) -> None:
    """Every write, in the order of FHIR, with references to the entries that they create."""
    calls: dict[str, Call] = {}
    for each in entries:
        with _at(each.asked):
            calls[each.asked.at] = call_of_entry(api, exchange, each.asked)
    places = await _places(entries, calls)
    written: dict[tuple[str, str], str] = {}
    for each in sorted(entries, key=lambda one: _ORDER[one.asked.method]):
        asked, call = each.asked, calls[each.asked.at]
        if asked.method in ("GET", "HEAD"):
            continue
        with _at(asked):
            each.plan = await planned(await _linked(call, asked, places))
        stored = each.plan.stored
        if stored is None or not each.plan.writes:
            continue
        other = written.setdefault((call.type.name, stored.rid), asked.at)
        if other != asked.at:
            raise errors.BUNDLE_ENTRY(
                "Deux entrées d'une transaction écrivent la même ressource.", at=asked.at,
                found=f"{call.type.name}/{stored.rid}, déjà dans {other}",
            )


async def _places(entries: list[_Entry], calls: dict[str, Call]) -> dict[str, str]:
    """fullUrl → `Type/id` of what will be there; ids are made here, and kept in the calls."""
    places: dict[str, str] = {}
    for each in entries:
        asked, call = each.asked, calls[each.asked.at]
        if asked.method not in ("POST", "PUT"):
            continue
        with _at(asked):
            rid = call.rid or await _matched_id(call)
        if not rid and asked.method == "PUT":
            rid = str((asked.resource or {}).get("id", ""))
        if not rid:
            rid = call.exchange.tenant.ids.uuid()
            calls[asked.at] = replace(call, new_id=rid)
        place = f"{call.type.name}/{rid}"
        if asked.full_url and places.setdefault(asked.full_url, place) is not place:
            raise errors.BUNDLE_ENTRY(
                "Deux entrées portent la même adresse.", at=f"{asked.at}.fullUrl",
                found=asked.full_url[:200],
            )
        places.setdefault(_relative(asked, call.type.name), place)
    places.pop("", None)
    return places


async def _linked(call: Call, asked: Asked, places: dict[str, str]) -> Call:
    """The call with the references of its resource resolved."""
    if asked.resource is None or call.interaction == "patch":
        return call
    resource = await resolved(
        call.api, call.exchange, asked.resource, places, f"{asked.at}.resource"
    )
    if resource is asked.resource:
        return call
    return replace(call, exchange=with_json(call.exchange, dumps(resource)))


@contextmanager
def _at(asked: Asked) -> Iterator[None]:
    """Refusals within tell the place from the Bundle."""
    try:
        yield
    except Refusal as refusal:
        raise located(refusal, asked) from refusal


async def _matched_id(call: Call) -> str:
    """The id of what the criteria of an entry denote already, "" for none."""
    header = call.exchange.header("if-none-exist")
    if not (header or call.exchange.query_string):
        return ""
    found = (await matched(call, header)).one
    return found.rid if found is not None else ""


def _relative(asked: Asked, rtype: str) -> str:
    """`Patient/1`, for entries whose fullUrl ends with it; "" otherwise."""
    head, _, rid = asked.full_url.rpartition("/")
    return f"{rtype}/{rid}" if head.endswith(f"/{rtype}") else ""


def _bare(entry: Any) -> Any:
    """An entry whose resource is checked later, with its own interaction."""
    if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
        return entry
    return {name: value for name, value in entry.items() if name != "resource"}


def _response(api: FhirApi, exchange: Exchange, entry: _Entry, shown: Return) -> Json:
    """One entry of the answer; what was read, or asked for by `Prefer`, stands in it."""
    made = entry.answer or Answer(500)
    status = HTTPStatus(made.status)
    headers = {name.lower(): value for name, value in made.headers}
    response: Json = {"status": f"{status.value} {status.phrase}"}
    if "location" in headers:
        root = f"{exchange.base_url}{api.base}/"
        response["location"] = headers["location"].removeprefix(root)
    if "etag" in headers:
        response["etag"] = headers["etag"]
    stored = entry.plan.stored if entry.plan else None
    if stored is not None:
        response["lastModified"] = iso(stored.updated)
    content = orjson.Fragment(made.body) if made.body else None
    read = entry.asked.method in ("GET", "HEAD")
    told = shown == "OperationOutcome" and not read
    if content is not None and (told or status >= HTTPStatus.BAD_REQUEST):
        return {"response": {**response, "outcome": content}}
    wanted = entry.asked.method == "GET" if read else shown == "representation"
    if content is None or not wanted:
        return {"response": response}
    return {"resource": content, "response": response}
