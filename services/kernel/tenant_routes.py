"""`/sandbox/tenants`: who shares the installation. For its administrator, not for a tenant."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from services.kernel.clock import iso
from services.kernel.control import Contended, Nothing, refused
from services.kernel.guards import is_shared
from services.kernel.ids import secret
from services.kernel.sandbox import Sandbox
from services.kernel.setting_routes import (
    ClockChange,
    SettingsChange,
    change_clock,
    change_settings,
    clock_of,
    settings_of,
)
from services.kernel.tenants import DEFAULT, NAME, SECRET, Tenant

Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[str, Query(pattern="^[a-z0-9-]*$", max_length=63)]
TenantName = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]


class NewTenant(SettingsChange):
    """A tenant's name and what it begins with."""

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    clock: ClockChange | None = None


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["espaces"], route_class=Contended)

    @router.get("/tenants")
    async def tenants(limit: Limit = 1000, after: After = "") -> dict[str, Any]:
        """`default`, then those that hold something, by name; `after` is a name, to page on."""
        first = [] if after else [(DEFAULT, (await sandbox.tenants.get(DEFAULT)).created)]
        rows = [*first, *await sandbox.tenants.listed(limit - len(first), after)]
        return {"tenants": [
            {"name": name, "created": None if created is None else iso(created)}
            for name, created in rows
        ]}

    @router.post("/tenants", status_code=201)
    async def create(wanted: NewTenant) -> dict[str, Any]:
        """Create a tenant with its settings; `secret`, where secrets exist, is told only here."""
        tenant = await sandbox.tenants.get(wanted.name)
        if tenant.created is not None:
            raise refused(409, "espace", f"L'espace {wanted.name} existe déjà.")
        if wanted.clock is not None:
            change_clock(tenant, wanted.clock)
        change_settings(tenant, wanted)
        told = {"secret": _give_secret(tenant)} if is_shared(sandbox.settings) else {}
        await sandbox.tenants.save(tenant)
        return _described(sandbox, tenant) | told

    @router.get("/tenants/{name}")
    async def show(name: TenantName) -> dict[str, Any]:
        """One tenant: settings and clock."""
        return _described(sandbox, await _existing(name))

    @router.post("/tenants/{name}/secret")
    async def renew_secret(name: TenantName, _: Nothing) -> dict[str, Any]:
        """A new secret for the tenant, told only here; the old one opens nothing any more."""
        tenant = await _existing(name)
        told = _give_secret(tenant)
        await sandbox.tenants.save(tenant)
        return {"name": name, "secret": told}

    @router.delete("/tenants/{name}", status_code=204)
    async def delete(name: TenantName) -> None:
        """Purge the tenant's data and settings: its name is fresh again. Not `default`."""
        if name == DEFAULT:
            raise refused(409, "espace", "L'espace default se remet à zéro, il ne se supprime pas.")
        sandbox.purger.add(await sandbox.tenants.delete(name))

    async def _existing(name: str) -> Tenant:
        tenant = await sandbox.tenants.get(name)
        if tenant.created is None and name != DEFAULT:
            raise refused(404, "espace", f"L'espace {name} n'existe pas, ou ne contient rien.")
        return tenant

    return router


def _give_secret(tenant: Tenant) -> str:
    """A secret of 256 bits needs no slow hash."""
    given = secret()
    tenant.settings[SECRET] = hashlib.sha256(given.encode()).hexdigest()
    return given


def _described(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name, "url": sandbox.public_url + tenant.url_prefix,
        "created": None if tenant.created is None else iso(tenant.created),
        "settings": settings_of(tenant), "clock": clock_of(tenant),
    }
