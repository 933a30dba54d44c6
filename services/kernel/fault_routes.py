"""`/sandbox/faults` and `/sandbox/answers`: failures asked for, by a tenant, for itself."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from services.kernel import turns
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.faults import (
    MOST,
    Fault,
    Kind,
    Script,
    TooMany,
    Unfit,
    add,
    check_fault,
    check_script,
    faults_of,
    remove,
    scripts_of,
)
from services.kernel.ids import exchange_id
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import ANSWERS, FAULTS, Tenant

Short = Annotated[str, Field(max_length=100)]
Code = Annotated[str, Field(max_length=300)]


class NewFault(BaseModel):
    """What is to fail, how, and for whom."""

    model_config = ConfigDict(extra="forbid")
    service: Short
    transaction: Short = ""
    kind: Kind
    value: Annotated[float | Code | None, Field(
        description="Seconds, HTTP status, catalogue code, nothing, or bytes, after the kind.",
    )] = None
    first: Annotated[int | None, Field(
        ge=1, le=1_000_000, description="Only the first n exchanges; all when absent.",
    )] = None
    id_nat: Annotated[Short, Field(description="Only calls of this professional.")] = ""
    matricule: Annotated[Short, Field(description="Only requests that name this patient.")] = ""


class NewScript(BaseModel):
    """Answers of the next calls of one transaction: catalogue codes, or "real"."""

    model_config = ConfigDict(extra="forbid")
    service: Short
    transaction: Annotated[str, Field(min_length=1, max_length=100)]
    answers: Annotated[list[Code], Field(min_length=1, max_length=1000)]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["pannes"], route_class=Contended)

    @router.get("/faults")
    async def faults(request: Request) -> dict[str, Any]:
        """Faults in force, and how often each has struck."""
        tenant = await current_tenant(request)
        used = await turns.used(sandbox.database, tenant.key)
        return {"faults": [_fault(each, used.get(each.id, 0)) for each in faults_of(tenant)]}

    @router.post("/faults", status_code=201)
    async def add_fault(request: Request, wanted: NewFault) -> dict[str, Any]:
        """Make calls fail: delay, status, error of the catalogue, drop or truncate."""
        given = wanted.model_dump()
        if isinstance(wanted.value, float) and wanted.value.is_integer():
            given["value"] = int(wanted.value)
        fault = Fault(id=exchange_id(), **given)
        await _store(await current_tenant(request), FAULTS, fault)
        return _fault(fault, 0)

    @router.delete("/faults", status_code=204)
    async def delete_faults(request: Request) -> None:
        """No more faults."""
        await remove(sandbox.tenants, await current_tenant(request), FAULTS, None)

    @router.delete("/faults/{id}", status_code=204)
    async def delete_fault(request: Request, id: str) -> None:
        """One fault less."""
        if not await remove(sandbox.tenants, await current_tenant(request), FAULTS, id):
            raise refused(404, "panne", "Aucune panne de ce numéro dans cet espace.")

    @router.get("/answers")
    async def scripts(request: Request) -> dict[str, Any]:
        """Scripted answers, and how many of each script have been served."""
        tenant = await current_tenant(request)
        used = await turns.used(sandbox.database, tenant.key)
        return {"answers": [_script(each, used.get(each.id, 0)) for each in scripts_of(tenant)]}

    @router.post("/answers", status_code=201)
    async def add_script(request: Request, wanted: NewScript) -> dict[str, Any]:
        """Say what the next calls of a transaction are answered, one per call."""
        script = Script(exchange_id(), wanted.service, wanted.transaction, tuple(wanted.answers))
        await _store(await current_tenant(request), ANSWERS, script)
        return _script(script, 0)

    @router.delete("/answers", status_code=204)
    async def delete_scripts(request: Request) -> None:
        """Real answers again."""
        await remove(sandbox.tenants, await current_tenant(request), ANSWERS, None)

    @router.delete("/answers/{id}", status_code=204)
    async def delete_script(request: Request, id: str) -> None:
        """One script less."""
        if not await remove(sandbox.tenants, await current_tenant(request), ANSWERS, id):
            raise refused(404, "reponses", "Aucune suite de réponses de ce numéro ici.")

    async def _store(tenant: Tenant, setting: str, item: Fault | Script) -> None:
        try:
            if isinstance(item, Fault):
                check_fault(item, sandbox.services)
            else:
                check_script(item, sandbox.services)
            await add(sandbox.tenants, sandbox.database, tenant, setting, item)
        except Unfit as error:
            raise HTTPException(422, {
                "code": "panne", "libelle": str(error), "connus": list(error.known),
            }) from error
        except TooMany as error:
            raise refused(409, "panne", f"Au plus {MOST} à la fois : supprimez-en.") from error

    return router


def _fault(fault: Fault, fired: int) -> dict[str, Any]:
    return {
        "id": fault.id, "service": fault.service, "transaction": fault.transaction,
        "kind": fault.kind, "value": fault.value, "first": fault.first, "id_nat": fault.id_nat,
        "matricule": fault.matricule, "fired": fired,
    }


def _script(script: Script, served: int) -> dict[str, Any]:
    return {
        "id": script.id, "service": script.service, "transaction": script.transaction,
        "answers": list(script.answers), "served": served,
    }
