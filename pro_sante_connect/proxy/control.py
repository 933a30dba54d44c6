"""`/sandbox/psc/platines`: try a vendor's proxy e-santé."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from pro_sante_connect.proxy.platines import Proxy, run
from services.kernel.control import current_tenant
from services.kernel.sandbox import Sandbox

Text = Annotated[str, Field(min_length=1, max_length=100)]


class Tried(BaseModel):
    """url: of the proxy, where /connect is; client_id: a software that it knows, registered here;
    backend: what it calls the conformity API."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(max_length=500, pattern=r"^https?://[!-~]+$")]
    client_id: Text
    id_nat: Text = "899900000011"
    backend: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,50}$")] = "signsessiondata"
    channel: Literal["CARD", "MOBILE"] = "MOBILE"


def build_router(sandbox: Sandbox) -> APIRouter:
    """The route under /sandbox/psc/platines."""
    router = APIRouter(prefix="/psc/platines", tags=["Pro Santé Connect"])

    @router.post("")
    async def tried(request: Request, wanted: Tried) -> dict[str, Any]:
        """Call it as conformity tests do, read its traces, and say what is right and what is not.

        It is called only if the tenant lets it (`outbound`), and has two minutes for a /connect.
        """
        tenant = await current_tenant(request)
        checks = await run(sandbox, tenant, Proxy(
            wanted.url, wanted.client_id, wanted.id_nat, wanted.backend, wanted.channel
        ))
        failed = any(each.outcome == "fail" for each in checks)
        return {
            "outcome": "fail" if failed else "pass", "checks": [asdict(each) for each in checks],
        }

    return router
