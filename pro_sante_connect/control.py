"""`/sandbox/ecps`: what virtual e-CPS and cards answer, by themselves or request by request;
`/sandbox/psc`: which Pro Santé Connect the tenant has.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from pro_sante_connect.activation.control import build_router as activations
from pro_sante_connect.delegation.control import build_router as pairings
from pro_sante_connect.domain import ecps, rotation
from pro_sante_connect.domain.profile import profile_of
from pro_sante_connect.domain.provider import provider_of
from pro_sante_connect.domain.settings import Settings, settings_of, store
from pro_sante_connect.proxy.control import build_router as platines
from pro_sante_connect.wire import device
from services.kernel.clock import SECOND, iso
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import people

Acr = Literal["eidas1", "eidas2", "eidas3", "1"]
Host = Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9][a-z0-9.:-]*$")]


class EcpsChange(BaseModel):
    """mode: what the device does; id_nat: whose device, everyone's when absent.

    after_seconds: everyone's delay before an automatic answer to a CIBA request.
    """

    model_config = ConfigDict(extra="forbid")
    mode: ecps.Mode
    id_nat: Annotated[str | None, Field(max_length=100)] = None
    after_seconds: Annotated[int, Field(ge=0, le=3600)] = 0


class Answered(BaseModel):
    """What the professional does on the device: accept, refuse, wrong_pin, block or ignore."""

    model_config = ConfigDict(extra="forbid")
    action: device.Action


class Quirks(BaseModel):
    """What is otherwise than in the profile; what is absent or null is as in the profile."""

    model_config = ConfigDict(extra="forbid")
    duplicate_acr: Annotated[bool | None, Field(
        description="The access token has acr twice, as in 2021: parsers keep the last.",
    )] = None
    cnf: Annotated[Literal["ans", "rfc8705"] | None, Field(
        description="Thumbprint of a certificate: base64 of its hexadecimal, or RFC 8705.",
    )] = None
    session_state: Literal["opaque", "uuid"] | None = None
    id_token_acr: Acr | None = None
    access_token_acr: Acr | None = None
    nonce_in_access_token: bool | None = None
    ciba_interval: Annotated[int | None, Field(ge=1, le=60, description="Seconds.")] = None


class Backend(BaseModel):
    """An API behind the proxy e-santé. id: what /send calls it; api: whose authorization server
    gives the token; url: where it is, empty for the sandbox's own."""

    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,50}$")]
    api: Literal["signsessiondata", "dmp", "ins", "mssante", "e_prescription"]
    url: Annotated[str, Field(max_length=500, pattern=r"^(https?://[!-~]+)?$")] = ""


class PscChange(BaseModel):
    """Which Pro Santé Connect the tenant has; what is absent stays as it is."""

    model_config = ConfigDict(extra="forbid")
    profile: Annotated[Literal["2021", "2023-02", "2023-11", "2026"] | None, Field(
        description="The date at which metadata, tokens, userinfo and lifetimes are.",
    )] = None
    quirks: Annotated[Quirks | None, Field(description="They replace those of before.")] = None
    require_mtls: Annotated[bool | None, Field(
        description="Every client needs its certificate, as announced for 2024; else only those "
        "of the espace de confiance.",
    )] = None
    outbound: Annotated[list[Host] | None, Field(
        max_length=20, description="Hosts that may be told of a log-out, beside this machine.",
    )] = None
    backends: Annotated[list[Backend] | None, Field(
        max_length=10, description="APIs behind the proxy e-santé; none, all those of the sandbox.",
    )] = None
    api_seconds: Annotated[int | None, Field(
        ge=60, le=14400, description="Lifetime of the tokens that an API's authorization server "
        "gives: an hour to four in reality.",
    )] = None
    signature: Annotated[rotation.Algorithm | None, Field(
        description="What tokens are signed with: RS256 as in reality, or ES256. The key of before "
        "stays published as after a rotation.",
    )] = None
    api_form: Annotated[Literal["", "ci-sis", "keycloak"] | None, Field(
        description="Rules of every API's authorization server: scope mandatory (ci-sis), or "
        "subject_issuer (keycloak); empty, each its own.",
    )] = None


RequestId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["Pro Santé Connect"], route_class=Contended)

    @router.get("/ecps")
    async def show(request: Request) -> dict[str, Any]:
        """Modes in force: everyone's, and the exceptions."""
        return ecps.described((await current_tenant(request)).settings)

    @router.put("/ecps")
    async def change(request: Request, wanted: EcpsChange) -> dict[str, Any]:
        """auto, manual, refuse, timeout, wrong_pin, blocked, unreachable or inactive."""
        tenant = await current_tenant(request)
        if wanted.id_nat is not None:
            known = await people(sandbox.database, tenant).professional(wanted.id_nat)
            if known is None:
                raise refused(404, "id_nat", "Aucun professionnel n'a cet identifiant national.")
        tenant.settings[ecps.SETTING] = ecps.changed(
            tenant.settings, wanted.mode, wanted.id_nat, wanted.after_seconds
        )
        await sandbox.tenants.save(tenant)
        return ecps.described(tenant.settings)

    @router.get("/ecps/requests")
    async def requests(request: Request) -> dict[str, Any]:
        """CIBA requests whose two minutes are not over, latest first, as the devices show them."""
        tenant = await current_tenant(request)
        return {"requests": await device.shown(sandbox, tenant)}

    @router.post("/ecps/requests/{id}")
    async def answer(request: Request, id: RequestId, given: Answered) -> dict[str, Any]:
        """Answer one in the professional's place."""
        tenant = await current_tenant(request)
        try:
            return await device.act(sandbox, tenant, id, given.action)
        except device.NoSuchRequest:
            raise refused(404, "id", "Aucune demande en cours n'a ce numéro.") from None
        except device.Answered:
            raise refused(409, "id", "Cette demande a déjà sa réponse.") from None

    @router.get("/psc/keys")
    async def keys(request: Request) -> dict[str, Any]:
        """The key that signs, and former ones that are still published."""
        return await _keys(sandbox, await current_tenant(request))

    @router.post("/psc/keys", status_code=201)
    async def rotate(request: Request) -> dict[str, Any]:
        """Sign with another key from now on: clients must then read the published set again."""
        tenant = await current_tenant(request)
        wanted = rotation.rotated(tenant)
        await provider_of(sandbox).signing(wanted.key)
        store(tenant, wanted)
        await sandbox.tenants.save(tenant)
        return await _keys(sandbox, tenant)

    @router.get("/psc")
    async def psc(request: Request) -> dict[str, Any]:
        """The date of the service and the switches in force; `effective`: what comes of them."""
        return _described(await current_tenant(request))

    @router.put("/psc")
    async def set_psc(request: Request, change: PscChange) -> dict[str, Any]:
        """Choose a date, quirks, algorithm, who needs a certificate, who may be called."""
        tenant = await current_tenant(request)
        given = change.model_dump(exclude_none=True, exclude={"signature"})
        if change.signature is not None:
            store(tenant, rotation.converted(tenant, change.signature))
            await provider_of(sandbox).signing(rotation.current(tenant))
        store(tenant, Settings(**(asdict(settings_of(tenant)) | given)))
        await sandbox.tenants.save(tenant)
        return _described(tenant)

    router.include_router(pairings(sandbox))
    router.include_router(activations(sandbox))
    router.include_router(platines(sandbox))
    return router


async def _keys(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    provider, settings = provider_of(sandbox), settings_of(tenant)
    number, *retired = rotation.published(tenant)
    return {
        "current": {"kid": (await provider.signing(number)).kid},
        "retired": [
            {"kid": (await provider.signing(each)).kid,
             "until": iso(settings.retired[str(each)] * SECOND)}
            for each in retired
        ],
    }


def _described(tenant: Tenant) -> dict[str, Any]:
    return asdict(settings_of(tenant)) | {
        "signature": rotation.algorithm(tenant), "effective": asdict(profile_of(tenant)),
    }
