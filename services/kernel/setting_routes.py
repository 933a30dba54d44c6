"""`/sandbox/settings` and `/sandbox/clock`: how a tenant behaves, and what time it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.kernel.clock import SECOND, from_datetime, iso, real_now
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

EARLIEST, LATEST = 0, 13_569_465_600 * SECOND
"""1970 and 2400: what certificates, tokens and dates can all express."""


class ClockChange(BaseModel):
    """One of: shift by seconds from real time, freeze at an instant, resume real time."""

    model_config = ConfigDict(extra="forbid")
    shift_seconds: Annotated[float | None, Field(ge=-1e10, le=1e10)] = None
    freeze: datetime | None = None
    resume: bool | None = None


class SettingsChange(BaseModel):
    """Settings of a tenant; those that are absent stay as they are."""

    model_config = ConfigDict(extra="forbid")
    strict: Annotated[bool | None, Field(
        description="Whether error-level findings refuse the call.",
    )] = None
    tls: Annotated[Literal["judge", "refuse"] | None, Field(
        description="A bad client certificate: judged by each service, or its connection is cut.",
    )] = None
    seed: Annotated[int | None, Field(
        ge=0, lt=2**53, description="Draw ids from this seed, so that a run can be repeated: its "
        "tokens can then be foretold. null: by chance.",
    )] = None


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["bac à sable"], route_class=Contended)

    @router.get("/clock")
    async def clock(request: Request) -> dict[str, Any]:
        """The tenant's time."""
        return clock_of(await current_tenant(request))

    @router.put("/clock")
    async def set_clock(request: Request, change: ClockChange) -> dict[str, Any]:
        """Shift, freeze or resume the tenant's time."""
        tenant = await current_tenant(request)
        change_clock(tenant, change)
        await sandbox.tenants.save(tenant)
        return clock_of(tenant)

    @router.get("/settings")
    async def settings(request: Request) -> dict[str, Any]:
        """Whether error-level findings refuse the call, and what ids are drawn from."""
        return settings_of(await current_tenant(request))

    @router.put("/settings")
    async def set_settings(request: Request, change: SettingsChange) -> dict[str, Any]:
        """Make the tenant strict or lenient, its ids repeatable or not."""
        tenant = await current_tenant(request)
        change_settings(tenant, change)
        await sandbox.tenants.save(tenant)
        return settings_of(tenant)

    return router


def change_clock(tenant: Tenant, change: ClockChange) -> None:
    """Set the clock, not yet stored. Raises 400 when the change says nothing, or two things."""
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
    if not EARLIEST <= (real_now() + shift if frozen is None else frozen) < LATEST:
        raise refused(400, "horloge", "L'heure d'un espace va de 1970 à 2400.")
    tenant.clock.shift, tenant.clock.frozen = shift, frozen


def change_settings(tenant: Tenant, change: SettingsChange) -> None:
    """Set what the change names, not yet stored."""
    if change.strict is not None:
        tenant.settings["strict"] = change.strict
    if change.tls is not None:
        tenant.settings["tls"] = change.tls
    if "seed" in change.model_fields_set:
        tenant.sow(change.seed)


async def change_own(sandbox: Sandbox, tenant: Tenant, setting: str, change: BaseModel) -> None:
    """Store what the change names of a service's own settings; the rest stays as it is."""
    stored = tenant.settings.get(setting, {})
    tenant.settings[setting] = stored | change.model_dump(exclude_none=True)
    await sandbox.tenants.save(tenant)


def clock_of(tenant: Tenant) -> dict[str, Any]:
    """As the control API shows it."""
    clock = tenant.clock
    return {
        "now": iso(clock.now()), "shift_seconds": clock.shift / SECOND,
        "frozen": clock.frozen is not None,
    }


def settings_of(tenant: Tenant) -> dict[str, Any]:
    """As the control API shows them."""
    tls = "refuse" if tenant.refuses_bad_certificates else "judge"
    return {"strict": tenant.strict, "seed": tenant.seed, "tls": tls}
