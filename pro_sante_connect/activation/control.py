"""`/sandbox/ecps/activations`: the same as the portal, without a page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from pro_sante_connect.activation import device
from services.kernel.clock import iso
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.population import people


class Wanted(BaseModel):
    """id_nat: whose e-CPS; by: card, or mail (correspondence data, and a second code by SMS)."""

    model_config = ConfigDict(extra="forbid")
    id_nat: Annotated[str, Field(max_length=100)]
    by: Literal["card", "mail"] = "card"


class Reading(BaseModel):
    """second: what the telephone received by SMS, empty by card."""

    model_config = ConfigDict(extra="forbid")
    second: Annotated[str, Field(max_length=20)] = ""


Code = Annotated[str, Path(max_length=100)]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox/ecps/activations."""
    router = APIRouter(
        prefix="/ecps/activations", tags=["Pro Santé Connect"], route_class=Contended
    )

    @router.post("", status_code=201)
    async def begin(request: Request, wanted: Wanted) -> dict[str, Any]:
        """A QR code of the portal, good for ninety seconds; `code`: what is in it."""
        tenant = await current_tenant(request)
        who = await people(sandbox.database, tenant).professional(wanted.id_nat)
        if who is None:
            raise refused(404, "id_nat", "Aucun professionnel n'a cet identifiant national.")
        try:
            made = await device.begin(sandbox, tenant, who, wanted.by)
        except device.OnlyByCard:
            raise refused(409, "by", "Cette personne n'active que par carte.") from None
        return {"code": made.code, "second": made.second, "expires": iso(made.ends)}

    @router.post("/{code}")
    async def read(request: Request, code: Code, given: Reading) -> dict[str, str]:
        """The telephone reads it: the e-CPS is active."""
        tenant = await current_tenant(request)
        try:
            known = await device.read(sandbox, tenant, code, given.second)
        except device.Expired:
            raise refused(409, "code", "Ce code a plus de quatre-vingt-dix secondes.") from None
        except device.Unknown:
            raise refused(404, "code", "Code inconnu, déjà lu, ou second code erroné.") from None
        return {"id_nat": known.id_nat, "mode": "auto"}

    return router
