"""The control API's own part: health, tenants, clock, settings, journal. JSON, never journalled.

Services add theirs with `Service.control`. Errors are {"erreur": {"code", "libelle"}}.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.kernel.clock import SECOND, from_datetime, iso
from services.kernel.database import Write
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant, purge_statements

HEARTBEAT_SECONDS = 15.0


def refused(status: int, code: str, label: str) -> HTTPException:
    """The control API's error, to raise."""
    return HTTPException(status, {"code": code, "libelle": label})


async def current_tenant(request: Request) -> Tenant:
    """The tenant of a control call, from its path. Raises 404 for what is not a tenant name."""
    name = request.scope.get("socle.tenant")
    if name is None:
        raise refused(404, "espace", "Un nom d'espace : lettres minuscules, chiffres et tirets.")
    sandbox: Sandbox = request.app.state.sandbox
    return await sandbox.tenants.get(name)


class ClockChange(BaseModel):
    """One of: shift by seconds from real time, freeze at an instant, resume real time."""

    model_config = ConfigDict(extra="forbid")
    shift_seconds: Annotated[float | None, Field(ge=-1e10, le=1e10)] = None
    freeze: datetime | None = None
    resume: bool | None = None


class SettingsChange(BaseModel):
    """Settings of a tenant."""

    model_config = ConfigDict(extra="forbid")
    strict: bool


class Nothing(BaseModel):
    """An empty object."""

    model_config = ConfigDict(extra="forbid")


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox that belong to no service."""
    router = APIRouter(tags=["bac à sable"])

    @router.get("/endpoints")
    async def endpoints() -> dict[str, Any]:
        """Addresses of the listeners and the path of the CA certificate."""
        return sandbox.endpoints

    @router.get("/tenants")
    async def tenants() -> dict[str, Any]:
        """Tenants that ever stored settings, a clock or a reset."""
        return {"tenants": [{"name": name} for name in await sandbox.tenants.names()]}

    @router.post("/reset")
    async def reset(request: Request, _: Nothing) -> dict[str, Any]:
        """Empty this tenant, and only this one."""
        tenant = await current_tenant(request)
        old = await sandbox.tenants.reset(tenant.name)
        task = asyncio.create_task(_purge(sandbox, old))
        sandbox.resources.setdefault("purges", set()).add(task)
        task.add_done_callback(sandbox.resources["purges"].discard)
        return {"tenant": tenant.name, "epoch": tenant.epoch}

    @router.get("/clock")
    async def clock(request: Request) -> dict[str, Any]:
        """The tenant's time."""
        return _clock(await current_tenant(request))

    @router.put("/clock")
    async def set_clock(request: Request, change: ClockChange) -> dict[str, Any]:
        """Shift, freeze or resume the tenant's time."""
        tenant = await current_tenant(request)
        given = change.model_dump(exclude_none=True)
        if len(given) != 1 or change.resume is False:
            raise refused(
                400, "horloge", "Un seul de shift_seconds, freeze, resume (true) est attendu."
            )
        shift, frozen = 0, None
        if change.shift_seconds is not None:
            shift = round(change.shift_seconds * SECOND)
        if change.freeze is not None:
            if change.freeze.tzinfo is None:
                raise refused(400, "horloge", "freeze : un instant avec son fuseau est attendu.")
            frozen = from_datetime(change.freeze)
        tenant.clock.shift, tenant.clock.frozen = shift, frozen
        await sandbox.tenants.save(tenant)
        return _clock(tenant)

    @router.get("/settings")
    async def settings(request: Request) -> dict[str, Any]:
        """Whether error-level findings refuse the call."""
        return {"strict": (await current_tenant(request)).strict}

    @router.put("/settings")
    async def set_settings(request: Request, change: SettingsChange) -> dict[str, Any]:
        """Make the tenant strict or lenient."""
        tenant = await current_tenant(request)
        tenant.settings["strict"] = change.strict
        await sandbox.tenants.save(tenant)
        return {"strict": tenant.strict}

    _journal_routes(router, sandbox)
    return router


def _journal_routes(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/journal")
    async def journal(
        request: Request, service: str = "", transaction: str = "", before: str = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        """Exchanges of the tenant, newest first, every one already answered included."""
        tenant = await current_tenant(request)
        entries = await sandbox.journal.query(
            tenant.key, service=service, transaction=transaction, limit=limit, before=before
        )
        return {"entries": entries}

    @router.get("/journal/stream")
    async def stream(request: Request) -> StreamingResponse:
        """Server-sent events: one `entry` per exchange, `gap` when some were dropped."""
        tenant = await current_tenant(request)
        return StreamingResponse(
            _events(sandbox, tenant), media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    @router.get("/journal/{id}")
    async def entry(request: Request, id: str) -> dict[str, Any]:
        """One exchange."""
        found = await sandbox.journal.get((await current_tenant(request)).key, id)
        if found is None:
            raise refused(404, "journal", "Aucun échange de ce numéro dans cet espace.")
        return found

    @router.get("/journal/{id}/{side}")
    async def raw(request: Request, id: str, side: str) -> Response:
        """The bytes on the wire; `side` is request or response."""
        found = await sandbox.journal.raw((await current_tenant(request)).key, id)
        if found is None or side not in ("request", "response"):
            raise refused(404, "journal", "Aucun échange de ce numéro dans cet espace.")
        content = found[0] if side == "request" else found[1]
        # Bytes of vendors are never rendered by the browser.
        return Response(content, media_type="application/octet-stream", headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f'attachment; filename="{re.sub("[^0-9a-f-]", "", id)}.{side}"',
        })


async def _events(sandbox: Sandbox, tenant: Tenant) -> AsyncIterator[bytes]:
    """Until the sandbox stops or the tenant is reset: the reader then comes back to the new one."""
    key = tenant.key
    with sandbox.journal.subscribe(key) as subscriber:
        waiting = asyncio.ensure_future(subscriber.get())
        stopping = asyncio.ensure_future(sandbox.stopping.wait())
        try:
            yield b"retry: 2000\n\n"
            while not stopping.done() and tenant.key == key:
                await asyncio.wait(
                    {waiting, stopping}, timeout=HEARTBEAT_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if not waiting.done():
                    yield b": ici\n\n"
                    continue
                summary = waiting.result()
                waiting = asyncio.ensure_future(subscriber.get())
                if summary is None:
                    yield b"event: gap\ndata: {}\n\n"
                    continue
                yield (b"id: " + summary["id"].encode() + b"\nevent: entry\ndata: "
                       + orjson.dumps(summary) + b"\n\n")
        finally:
            waiting.cancel()
            stopping.cancel()


async def _purge(sandbox: Sandbox, old_key: str) -> None:
    writes = [Write(statement, {"tenant_id": old_key}) for statement in purge_statements()]
    await sandbox.database.write(writes)
    await sandbox.journal.purge(old_key)
    await asyncio.to_thread(sandbox.blobs.purge, old_key)


def _clock(tenant: Tenant) -> dict[str, Any]:
    clock = tenant.clock
    return {
        "now": iso(clock.now()), "shift_seconds": clock.shift / SECOND,
        "frozen": clock.frozen is not None,
    }
