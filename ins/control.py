"""How INSi behaves for a tenant, over the control API: modes, delays, injected answers."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from ins.domain.reglages import (
    MODELES,
    SETTING,
    Forme,
    FrCore,
    Injection,
    ModeService,
    reglages_of,
)
from ins.fhir import messages
from ins.rniv.control import build_router as rniv_router
from ins.seed import FAUTES, rows
from ins.store import to_give_back, without_files
from ins.wire import suites
from ins.wire.datamatrix import of_patient
from ins.wire.fichier import LARGEST, lire
from ins.wire.injections import injections_of
from services.kernel import turns
from services.kernel.control import Contended, current_tenant, refused
from services.kernel.database import Write
from services.kernel.errors import Refusal
from services.kernel.sandbox import Sandbox
from services.kernel.setting_routes import change_own
from services.kernel.tenants import INJECTIONS, Tenant
from services.population import people
from services.soap.faults import explained

MOST = 50
"""Injections of a tenant at the same time."""
Seconds = Annotated[int | None, Field(ge=0, le=86_400)]
Minutes = Annotated[int | None, Field(ge=1, le=1440)]
Size = Annotated[int | None, Field(ge=1, le=10_000)]
Trait = Annotated[str, Field(max_length=100)]
DmFormat = Literal["png", "svg", "txt"]


class ReglagesChange(BaseModel):
    """What changes; the rest stays as it is."""

    model_config = ConfigDict(extra="forbid")
    mode: Annotated[ModeService | None, Field(
        description="production ; cnda : erreur technique au lieu de CR 01 ; indisponible.",
    )] = None
    forme: Annotated[Forme | None, Field(
        description="direct : préfixes des réponses réelles ; fichier : ceux des fichiers du CNDA.",
    )] = None
    delai_lot: Seconds = None
    nouveau_delai: Seconds = None
    lot_minimum: Size = None
    lot_maximum: Size = None
    minutes_ps: Minutes = None
    minutes_vitale: Minutes = None
    fr_core: Annotated[FrCore | None, Field(
        description="Version de FR Core des réponses FHIR, hors demande par _profile.",
    )] = None
    equivalence: Annotated[bool | None, Field(
        description="La recherche par traits tient espace, tiret et apostrophe pour égaux.",
    )] = None


class NewInjection(BaseModel):
    """An answer to give in place of the real one."""

    model_config = ConfigDict(extra="forbid")
    reponse: Annotated[str, Field(
        max_length=100, description=f"Une de : {', '.join(MODELES)} ; ou le nom du fichier.",
    )] = ""
    fichier: Annotated[Base64Bytes | None, Field(
        description="Une réponse à rendre telle quelle, en base64 : enveloppe SOAP 1.2, Body, "
        f"RESULTAT ou Fault, {LARGEST // 1024} Kio au plus.",
    )] = None
    adapter: Annotated[bool, Field(
        description="RelatesTo et messageID du fichier deviennent le MessageID de l'appel.",
    )] = False
    fois: Annotated[int, Field(ge=1, le=1000)] = 1
    nom_naissance: Trait = ""
    prenom: Trait = ""


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox."""
    router = APIRouter(tags=["INSi"], prefix="/ins", route_class=Contended)
    router.include_router(rniv_router(sandbox))

    @router.get("/settings")
    async def settings(request: Request) -> dict[str, Any]:
        """Mode, form of answers, delays and bounds of lots, lives of assertions."""
        return asdict(reglages_of((await current_tenant(request)).settings))

    @router.put("/settings")
    async def set_settings(request: Request, change: ReglagesChange) -> dict[str, Any]:
        """Change how INSi behaves for this tenant."""
        tenant = await current_tenant(request)
        own = tenant.settings.get(SETTING, {}) | change.model_dump(exclude_none=True)
        wanted = reglages_of({SETTING: own})
        if wanted.lot_minimum > wanted.lot_maximum:
            raise refused(422, "lot", f"Aucun lot n'a au moins {wanted.lot_minimum} et au plus "
                          f"{wanted.lot_maximum} identités.")
        await change_own(sandbox, tenant, SETTING, change)
        return asdict(reglages_of(tenant.settings))

    @router.get("/injections")
    async def injections(request: Request) -> dict[str, Any]:
        """Injected answers, with how often each was served."""
        return await _listed(sandbox, await current_tenant(request))

    @router.post("/injections", status_code=201)
    async def inject(request: Request, wanted: NewInjection) -> dict[str, Any]:
        """Answer the next searches that fit with this instead, so many times; then the real one."""
        tenant = await current_tenant(request)
        if wanted.fichier is None and wanted.reponse not in MODELES:
            raise refused(422, "injection", f"Réponses connues : {', '.join(MODELES)}.")
        queue = tenant.settings.get(INJECTIONS, [])
        if len(queue) >= MOST:
            raise refused(409, "injection", f"Au plus {MOST} injections : videz la file d'abord.")
        made = Injection(tenant.ids.uuid(), **wanted.model_dump(exclude={"fichier"}))
        writes = [turns.new(tenant.key, made.id)]
        if wanted.fichier is not None:
            made, kept = _with_file(made, tenant, wanted.fichier)
            writes.append(kept)
        tenant.settings[INJECTIONS] = [*queue, asdict(made)]
        await sandbox.tenants.save(tenant, *writes)
        return asdict(made)

    @router.delete("/injections")
    async def clear(request: Request) -> dict[str, Any]:
        """Empty the queue."""
        tenant = await current_tenant(request)
        gone = tenant.settings.pop(INJECTIONS, [])
        await sandbox.tenants.save(
            tenant, without_files(tenant.key),
            *(turns.forget(tenant.key, each["id"]) for each in gone),
        )
        return {"removed": len(gone)}

    @router.get("/datamatrix/{patient}", response_class=Response)
    async def datamatrix(request: Request, patient: str, format: DmFormat = "png") -> Response:
        """The INS datamatrix of a patient of this tenant (identifier or matricule)."""
        who = people(sandbox.database, await current_tenant(request))
        found = await who.patient(patient) or await who.patient_by_ins(patient.upper())
        if found is None:
            raise refused(404, "patient", "Aucun patient de cet identifiant dans cet espace.")
        made = await of_patient(found, format)
        return Response(made.body, media_type=made.media_type)

    @router.get("/sequences")
    async def sequences(request: Request) -> dict[str, Any]:
        """Calls of one caller for one person, in order, and what each sequence still lacks."""
        return {"sequences": await suites.listed(sandbox, await current_tenant(request))}

    @router.get("/messages/{message_id}", response_class=Response)
    async def message(request: Request, message_id: str) -> Response:
        """The SOAP message of a call: `X-Sandbox-INSi-MessageID` of a FHIR answer gives its number.
        """
        made = await messages.message(sandbox, await current_tenant(request), message_id)
        if made is None:
            raise refused(404, "message", "Aucun appel d'INSi de ce numéro dans cet espace.")
        return Response(made, media_type="application/soap+xml")

    @router.get("/requests")
    async def requests(request: Request) -> dict[str, Any]:
        """To obtain this answer, use this identity: every public row, in both modes; to obtain
        this fault, do this."""
        await current_tenant(request)
        return {
            "requests": rows(),
            "faults": [{"code": code, "obtenir": how} for code, how in FAUTES],
        }

    return router


async def _listed(sandbox: Sandbox, tenant: Tenant) -> dict[str, Any]:
    served = await turns.used(sandbox.database, tenant.key)
    return {"injections": [
        asdict(each) | {"servies": served.get(each.id, 0)}
        for each in injections_of(tenant.settings)
    ]}


def _with_file(made: Injection, tenant: Tenant, given: bytes) -> tuple[Injection, Write]:
    """The injection of a file, and the write that keeps it. Raises 413 or 422."""
    if len(given) > LARGEST:
        raise refused(413, "fichier", f"Un fichier a au plus {LARGEST // 1024} Kio.")
    try:
        content, said = lire(given)
    except Refusal as refusal:
        raise refused(422, "fichier", explained(refusal)) from refusal
    named = replace(made, reponse=made.reponse or "fichier", fichier=True, lu=str(said))
    return named, to_give_back(tenant.key, named.id, content, said)
