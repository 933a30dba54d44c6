"""`/sandbox/psc/pairings`: local accounts and the professionals they are paired with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from pro_sante_connect.delegation.accounts import ACCOUNTS, ALIAS, TENANT_ID
from pro_sante_connect.delegation.store import Pairing, Pairings
from services.kernel.clock import iso
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import people

AccountId = Literal["agent-telephone", "agent-carte"]


class Paired(BaseModel):
    """account: of the CHU Fictif; id_nat: the professional."""

    model_config = ConfigDict(extra="forbid")
    account: AccountId
    id_nat: Annotated[str, Field(max_length=100)]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox/psc/pairings."""
    router = APIRouter(
        prefix="/psc/pairings", tags=["Pro Santé Connect"], route_class=Contended
    )

    @router.get("")
    async def pairings(request: Request) -> dict[str, Any]:
        """Accounts of the local provider, and pairings; `kc_idp_hint`: what goes straight there."""
        return await _described(sandbox, await current_tenant(request))

    @router.post("", status_code=201)
    async def pair(request: Request, wanted: Paired) -> dict[str, Any]:
        """Pair an account, as the professional does the first time."""
        tenant = await current_tenant(request)
        if await people(sandbox.database, tenant).professional(wanted.id_nat) is None:
            raise refused(404, "id_nat", "Aucun professionnel n'a cet identifiant national.")
        account = ACCOUNTS[wanted.account]
        await Pairings(sandbox.database, tenant).put(Pairing(
            TENANT_ID, account.oid, account.name, wanted.id_nat, tenant.clock.now()
        ))
        return await _described(sandbox, tenant)

    @router.delete("/{account}", status_code=204)
    async def forget(request: Request, account: AccountId) -> None:
        """The next log-in with this account asks for a pairing again."""
        tenant = await current_tenant(request)
        await Pairings(sandbox.database, tenant).drop(TENANT_ID, ACCOUNTS[account].oid)

    return router


async def _described(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    now = tenant.clock.now()
    found = await Pairings(sandbox.database, tenant).all()
    names = {each.oid: each.id for each in ACCOUNTS.values()}
    return {
        "kc_idp_hint": ALIAS,
        "accounts": [{"id": each.id, "name": each.name, "amr": list(each.amr)}
                     for each in ACCOUNTS.values()],
        "pairings": [
            {"account": names.get(each.oid, each.oid), "id_nat": each.id_nat,
             "since": iso(each.started), "until": iso(each.ends), "alive": now < each.ends}
            for each in found
        ],
    }
