"""The control API: what its routers share, and resets and the journal. JSON, never journalled.

Services add theirs with `Service.control`. Errors are {"erreur": {"code", "libelle"}}.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from services.kernel.database import Conflict
from services.kernel.requirements import Severity, named
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

HEARTBEAT_SECONDS = 15.0
ATTEMPTS, PAUSE_SECONDS = 30, 0.002


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


class Contended(APIRoute):
    """A change of the tenant, begun again when another call has changed it meanwhile.

    Nothing was written then, and the route reads the tenant anew.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        once = super().get_route_handler()

        async def handler(request: Request) -> Response:
            for attempt in range(ATTEMPTS):
                try:
                    return await once(request)
                except Conflict:
                    await asyncio.sleep(PAUSE_SECONDS * attempt)
            return await once(request)

        return handler


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

    @router.post("/reset")
    async def reset(request: Request, _: Nothing) -> dict[str, Any]:
        """Empty this tenant, and only this one."""
        name = (await current_tenant(request)).name
        sandbox.purger.add(await sandbox.tenants.reset(name))
        return {"tenant": name, "epoch": (await sandbox.tenants.get(name)).epoch}

    _journal_routes(router, sandbox)
    return router


def _journal_routes(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/journal")
    async def journal(
        request: Request, service: str = "", transaction: str = "", before: str = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50, requirement: str = "", rule: str = "",
        severity: Severity | None = None,
    ) -> dict[str, Any]:
        """Exchanges of the tenant, newest first, every one already answered included.

        `requirement`, `rule`, `severity`: those that broke it only.
        """
        tenant = await current_tenant(request)
        entries = await sandbox.journal.query(
            tenant.key, service=service, transaction=transaction, limit=limit, before=before,
            rules=_rules(sandbox, requirement, rule), severity=severity or "",
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

    @router.get("/journal/{id}/{side}", response_class=Response)
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


def _rules(sandbox: Sandbox, requirement: str, rule: str) -> set[str] | None:
    """Ids of the rules that a query names, None for any. Raises 404 for no requirement of ours."""
    if not requirement:
        return {rule} if rule else None
    found = named(sandbox.services.values(), requirement)
    if not found:
        raise refused(
            404, "exigence", "Aucune règle n'observe cette exigence : voir /sandbox/requirements."
        )
    return found & {rule} if rule else found


async def _events(sandbox: Sandbox, tenant: Tenant) -> AsyncIterator[bytes]:
    """Until the sandbox stops or the tenant is reset: the reader then comes back to the new one."""
    key = tenant.key
    with sandbox.journal.subscribe(key) as subscriber:
        waiting = asyncio.ensure_future(subscriber.get())
        stopping = asyncio.ensure_future(sandbox.stopping.wait())
        try:
            yield b"retry: 2000\n\n"
            while not stopping.done() and (await sandbox.tenants.get(tenant.name)).key == key:
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
