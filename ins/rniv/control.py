"""Whom the store tells of its identities, over the control API."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ins.rniv import store
from ins.rniv.domain.abonnements import (
    EVENEMENTS,
    MOST,
    SETTING,
    Abonnement,
    Annonces,
    Evenement,
    annonces_of,
    as_setting,
)
from ins.rniv.wire.sortant import PORTS, kick
from services.kernel.clock import iso
from services.kernel.control import Contended, Nothing, current_tenant, refused
from services.kernel.outbound import destination
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:\-]+$")]
Name = Annotated[str, Field(max_length=180, pattern=r"^[^\r\n|]*$")]


class AnnoncesChange(BaseModel):
    """What changes."""

    model_config = ConfigDict(extra="forbid")
    outbound: Annotated[list[Host], Field(max_length=50, description=(
        "Hôtes qui peuvent être appelés, outre cette machine."
    ))]


class NewSubscription(BaseModel):
    """A system that wants to be told."""

    model_config = ConfigDict(extra="forbid")
    address: Annotated[str, Field(max_length=300, description="mllp://hôte:port")]
    events: Annotated[list[Evenement], Field(min_length=1, max_length=3)] = list(EVENEMENTS)
    application: Annotated[Name, Field(description="MSH-5 de ce qui est envoyé.")] = ""
    etablissement: Annotated[Name, Field(description="MSH-6 de ce qui est envoyé.")] = ""


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox/ins/rniv."""
    router = APIRouter(tags=["Référentiel d'identités"], prefix="/rniv", route_class=Contended)

    @router.get("/subscriptions")
    async def subscriptions(request: Request) -> dict[str, Any]:
        """Systems that are told of identities, and hosts that may be called."""
        return as_setting(annonces_of((await current_tenant(request)).settings))

    @router.put("/subscriptions")
    async def allow(request: Request, change: AnnoncesChange) -> dict[str, Any]:
        """Set the hosts that may be called."""
        tenant = await current_tenant(request)
        wanted = replace(annonces_of(tenant.settings), outbound=tuple(change.outbound))
        return await _saved(sandbox, tenant, wanted)

    @router.post("/subscriptions", status_code=201)
    async def subscribe(request: Request, wanted: NewSubscription) -> dict[str, Any]:
        """Have a system told by MLLP of every identity that is created, changed or merged."""
        tenant = await current_tenant(request)
        if destination(wanted.address, PORTS) is None:
            raise refused(422, "adresse", "Une adresse : mllp://hôte:port.")
        known = annonces_of(tenant.settings)
        if len(known.abonnements) >= MOST:
            raise refused(409, "abonnement", f"Au plus {MOST} abonnements.")
        made = Abonnement(
            tenant.ids.uuid(), wanted.address, tuple(dict.fromkeys(wanted.events)),
            wanted.application, wanted.etablissement,
        )
        await _saved(sandbox, tenant, replace(known, abonnements=(*known.abonnements, made)))
        return asdict(made)

    @router.delete("/subscriptions/{id}")
    async def unsubscribe(request: Request, id: str) -> dict[str, Any]:
        """No more messages for this one; those that wait are forgotten."""
        tenant = await current_tenant(request)
        known = annonces_of(tenant.settings)
        left = tuple(each for each in known.abonnements if each.id != id)
        if len(left) == len(known.abonnements):
            raise refused(404, "abonnement", "Aucun abonnement de ce numéro.")
        tenant.settings[SETTING] = as_setting(replace(known, abonnements=left))
        await sandbox.tenants.save(tenant, store.clear(tenant, id))
        return {"removed": id}

    @router.get("/outbox")
    async def outbox(request: Request) -> dict[str, Any]:
        """Messages that are not sent yet."""
        tenant = await current_tenant(request)
        found = await store.pending(sandbox.database, tenant)
        return {"messages": [
            asdict(each) | {"due": iso(each.due) if each.due else None} for each in found
        ]}

    @router.post("/outbox/deliver")
    async def deliver(request: Request, _: Nothing) -> dict[str, Any]:
        """Try again now what waits for a system that was not there."""
        tenant = await current_tenant(request)
        kick(sandbox, tenant)
        return {"pending": len(await store.pending(sandbox.database, tenant))}

    return router


async def _saved(sandbox: Sandbox, tenant: Tenant, wanted: Annonces) -> dict[str, Any]:
    tenant.settings[SETTING] = as_setting(wanted)
    await sandbox.tenants.save(tenant)
    return as_setting(wanted)
