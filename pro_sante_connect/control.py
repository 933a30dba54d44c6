"""`/sandbox/ecps`: what the virtual e-CPS answers, for one professional or for everyone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from pro_sante_connect.domain import ecps
from services.kernel.control import current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.population import people


class EcpsChange(BaseModel):
    """mode: what the device does; id_nat: whose device, everyone's when absent."""

    model_config = ConfigDict(extra="forbid")
    mode: ecps.Mode
    id_nat: str | None = None


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["Pro Santé Connect"])

    @router.get("/ecps")
    async def show(request: Request) -> dict[str, Any]:
        """Modes in force: everyone's, and the exceptions."""
        return ecps.described((await current_tenant(request)).settings)

    @router.put("/ecps")
    async def change(request: Request, wanted: EcpsChange) -> dict[str, Any]:
        """auto, manual, refuse, timeout or wrong_pin."""
        tenant = await current_tenant(request)
        if wanted.id_nat is not None:
            known = await people(sandbox.database, tenant).professional(wanted.id_nat)
            if known is None:
                raise refused(404, "id_nat", "Aucun professionnel n'a cet identifiant national.")
        tenant.settings[ecps.SETTING] = ecps.changed(tenant.settings, wanted.mode, wanted.id_nat)
        await sandbox.tenants.save(tenant)
        return ecps.described(tenant.settings)

    return router
