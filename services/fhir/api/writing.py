"""create, update and delete: each is planned as writes, then stored as one transaction.

A plan is made on what is stored at that moment and fails when that has changed meanwhile; then it
is made again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import orjson

from services.fhir import errors, exact, store, versions
from services.fhir.api.call import Call
from services.fhir.api.conditional import Matched, guarded, matched
from services.fhir.api.headers import preferred, require_match
from services.fhir.api.reading import current
from services.fhir.declaration import Change, Json, TypeInteraction
from services.fhir.extraction import indexes_of
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer, parse
from services.fhir.splice import insert_id_and_meta
from services.fhir.structure import require
from services.fhir.validating import examined
from services.fhir.versions import Version
from services.kernel.clock import iso
from services.kernel.database import Conflict, Duplicate, Write
from services.kernel.exchange import Answer

ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a write received: the bytes as they came, and what they say."""

    raw: bytes = b""
    resource: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A write about to be made. status: of its answer; stored: what will be there, None when
    there is nothing to show; writes: empty when everything is there already."""

    call: Call
    status: int
    stored: Version | None
    writes: list[Write] = field(default_factory=list)


Planner = Callable[[Call, Incoming], Awaitable[Plan]]


def receive(call: Call) -> Incoming:
    """The body of a create or update, checked against R4. Raises what `parse` and `require` do."""
    exchange = call.exchange
    resource = parse(exchange, call.type.name)
    require(resource)
    if exact.has_decimals(exchange.body):
        resource = exact.loads(exchange.body)
    examined(exchange, resource, call.type.profiles[:1])
    if call.type.observe is not None:
        call.type.observe(exchange, resource)
    return Incoming(exchange.body, resource)


async def carry_out(call: Call, incoming: Incoming, plan: Planner) -> Answer:
    """Plan and store, again when others wrote meanwhile. Raises EDIT_CONFLICT in the end."""
    findings = call.exchange.findings
    known = len(findings)
    for _ in range(ATTEMPTS):
        del findings[known:]
        made = await plan(call, incoming)
        try:
            if made.writes:
                await call.exchange.sandbox.database.write(made.writes)
        except (Conflict, Duplicate):
            continue
        return answered(made)
    raise errors.EDIT_CONFLICT(at=call.type.name, found=call.name)


async def plan_create(call: Call, incoming: Incoming) -> Plan:
    """POST; with `If-None-Exist`, only when nothing matches. Raises MULTIPLE_MATCHES."""
    asked = call.exchange.header("if-none-exist")
    if not asked:
        return await plan_storing(call, incoming, call.made_id(), None)
    if "create" not in call.type.conditional:
        raise errors.INTERACTION_UNSUPPORTED("La création conditionnelle n'est pas proposée.",
                                             at="If-None-Exist", found=asked[:80])
    found = await matched(call, asked)
    if found.one is not None:
        return Plan(call, 200, found.one)
    return await plan_storing(call, incoming, call.made_id(), None, unless=found)


async def plan_update(call: Call, incoming: Incoming) -> Plan:
    """PUT, by id or by criteria. Raises ID_MISMATCH, VERSION_CONFLICT, CREATION_BY_UPDATE."""
    said = incoming.resource.get("id")
    if not call.rid:
        return await _update_matching(call, incoming, said)
    if said != call.rid:
        raise errors.ID_MISMATCH(
            at=f"{call.type.name}.id", expected=call.rid, found=str(said or "(absent)")
        )
    former = await current(call)
    require_match(call.exchange, former)
    if (former is None or former.deleted) and not call.type.update_creates:
        raise errors.CREATION_BY_UPDATE(at=f"{call.type.name}.id", found=call.name)
    return await plan_storing(call, incoming, call.rid, former)


async def plan_delete(call: Call, incoming: Incoming) -> Plan:
    """DELETE, by id or by criteria; what is not there is deleted already."""
    if not call.rid:
        found = (await matched(call, "")).one
    else:
        found = await current(call)
    require_match(call.exchange, found)
    if found is None or found.deleted:
        return Plan(call, 204, None)
    change = Change("delete", call.type.name, found.rid, None, exact.loads(found.content))
    if call.type.before_store is not None:
        await call.type.before_store(call.exchange, change)
    tenant = call.exchange.tenant
    now = tenant.clock.now()
    mark = Version(found.rid, found.vid + 1, now, b"")
    writes = versions.deletion(
        tenant, call.api.service, call.type.name, found.rid, found.vid, now
    )
    return Plan(call, 204, mark, [*writes, *change.writes])


async def plan_storing(
    call: Call, incoming: Incoming, rid: str, former: Version | None,
    unless: Matched | None = None,
) -> Plan:
    """The writes of one version, after the service's own checks. unless: nothing may match."""
    tenant, rtype = call.exchange.tenant, call.type.name
    replaced = former is not None and not former.deleted
    change = Change(
        cast("TypeInteraction", call.interaction), rtype, rid, incoming.resource,
        exact.loads(former.content) if former is not None and replaced else None,
    )
    if call.type.before_store is not None:
        await call.type.before_store(call.exchange, change)
    resource = change.resource if change.resource is not None else incoming.resource
    now, vid = tenant.clock.now(), former.vid + 1 if former is not None else 1
    raw = incoming.raw if resource is incoming.resource else exact.dumps(resource)
    content = insert_id_and_meta(raw, rid, _meta(resource, vid, iso(now)))
    indexes = indexes_of(resource, (*call.type.parameters, *call.type.hidden), call.root)
    writes = store.writes_for(
        tenant, call.api.service, rtype, rid, content, indexes, version=vid, updated=now,
        deleted=former is not None and former.deleted,
    )
    if unless is not None:
        writes[0] = guarded(writes[0], unless)
    status = 200 if replaced else 201
    return Plan(call, status, Version(rid, vid, now, content), [*writes, *change.writes])


def answered(plan: Plan) -> Answer:
    """The answer of a write that was made, as `Prefer: return=…` asks."""
    call, stored = plan.call, plan.stored
    wanted = preferred(call.exchange)
    if stored is None or stored.deleted:
        tags = (("ETag", f'W/"{stored.vid}"'),) if stored is not None else ()
        if wanted == "OperationOutcome":
            return answer(_done("Ressource absente désormais"), headers=tags)
        return Answer(204, headers=tags)
    place = f"{call.root}/{call.type.name}/{stored.rid}/_history/{stored.vid}"
    body = stored.content
    if wanted == "OperationOutcome":
        body = orjson.dumps(_done(f"{call.type.name}/{stored.rid}, version {stored.vid}"))
    made = answer(
        body, plan.status, version=stored.vid, updated=stored.updated, location=place
    )
    if wanted == "minimal":
        return Answer(made.status, headers=made.headers)
    return made


async def _update_matching(call: Call, incoming: Incoming, said: object) -> Plan:
    """FHIR R4 §3.1.0.8.1: none creates, one is updated, several are refused."""
    found = await matched(call, "")
    require_match(call.exchange, found.one)
    if found.one is not None:
        if said not in (None, found.one.rid):
            raise errors.ID_MISMATCH(
                at=f"{call.type.name}.id", expected=found.one.rid, found=str(said)
            )
        return await plan_storing(call, incoming, found.one.rid, found.one)
    if isinstance(said, str):
        if not call.type.update_creates:
            raise errors.CREATION_BY_UPDATE(at=f"{call.type.name}.id", found=said)
        return await plan_storing(call, incoming, said, await _former(call, said), unless=found)
    return await plan_storing(call, incoming, call.made_id(), None, unless=found)


async def _former(call: Call, rid: str) -> Version | None:
    """What the id of a conditional update already denotes. Raises ID_MISMATCH when it is there."""
    exchange = call.exchange
    found = await versions.newest(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name, rid
    )
    if found is not None and not found.deleted:
        raise errors.ID_MISMATCH(
            "Cet identifiant est celui d'une ressource qui ne répond pas aux critères.",
            at=f"{call.type.name}.id", found=rid,
        )
    return found


def _meta(resource: Json, vid: int, updated: str) -> Json:
    received = resource.get("meta") or {}
    return {**received, "versionId": str(vid), "lastUpdated": updated}


def _done(text: str) -> Json:
    return operation_outcome([issue("information", "informational", text=f"Fait : {text}.")])
