"""OpenAPI pages: one FastAPI application per service, made from its declarations, for reading.

Nothing is served by these applications: the gateway answers declared transactions itself.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import RedirectResponse

from services.kernel import errors
from services.kernel.errors import catalogue
from services.kernel.sandbox import Sandbox
from services.kernel.transactions import Service, Transaction

PAGE = "/console/interfaces"
_FORM = ("application/x-www-form-urlencoded",)
MEDIA_TYPES = {
    "fhir": ("application/fhir+json",), "json": ("application/json",), "oauth": _FORM,
    "page": _FORM, "html": _FORM, "soap": ("application/soap+xml",),
}
"""What each dialect is sent in, where a transaction does not say."""
MEANINGS = {
    "official": "officielle (official), d'un texte publié",
    "derived": "déduite des textes (derived)",
    "default": "choisie par Socle faute de source (default)",
}


def describe(service: Service) -> dict[str, Any]:
    """The OpenAPI document of a service's HTTP transactions."""
    app = FastAPI(
        title=service.name, version="1", description=f"Socle, service `{service.id}`. Une panne "
        "simulée (/sandbox/faults) répond tout statut qu'on lui demande.",
    )
    for each in service.transactions:
        if each.handler is None or each.action:  # its leader describes the address
            continue
        for route in each.routes:
            method, _, path = route.partition(" ")
            app.add_api_route(
                path, _endpoint, methods=[method], name=f"{each.code} {each.name}",
                summary=f"{each.code} : {each.name}", operation_id=f"{each.code} {route}",
                description=_description(service, each), responses=_responses(service, each),
                response_model=None, status_code=each.answers[0],
                openapi_extra=_parameters(path) | _body(each, method) | {
                    "x-sandbox-fidelity": each.fidelity
                },
            )
    return app.openapi()


def build_router(sandbox: Sandbox) -> APIRouter:
    """/docs: the readable page is the console's; here is one OpenAPI document per service."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def index() -> RedirectResponse:
        return RedirectResponse(PAGE)

    @router.get("/docs/{service_id}")
    async def page(service_id: str) -> RedirectResponse:
        return RedirectResponse(f"{PAGE}#{_service(sandbox, service_id).id}")

    @router.get("/docs/{service_id}/openapi.json")
    async def document(service_id: str) -> dict[str, Any]:
        return describe(_service(sandbox, service_id))

    return router


def _service(sandbox: Sandbox, service_id: str) -> Service:
    if service_id not in sandbox.services:
        raise HTTPException(404, {"code": "service", "libelle": "Aucun service de ce nom."})
    return sandbox.services[service_id]


def _description(service: Service, each: Transaction) -> str:
    told = f"Source : {each.spec}. Fidélité : {MEANINGS[each.fidelity]}."
    if each.sorts is None:
        return told
    operations = (one for one in service.transactions if one.action and one.routes == each.routes)
    return told + "".join(
        f" {one.code} : action {one.action}, {MEANINGS[one.fidelity]}." for one in operations
    )


def statuses(service: Service, each: Transaction) -> dict[int, str]:
    """HTTP status → what it says: answers, then refusals of the service and of the gateway."""
    refusals: dict[int, set[str]] = {}
    for error in (*catalogue(errors), *each.dialect.errors, *service.errors):
        refusals.setdefault(error.status, set()).add(error.code)
    found = dict.fromkeys(each.answers, "Réponse de la transaction.")
    for status, codes in sorted(refusals.items()):
        told = f"Refus dans le dialecte {each.dialect.name} : {', '.join(sorted(codes))}."
        found[status] = f"{found[status]} {told}" if status in found else told
    return found


def _responses(service: Service, each: Transaction) -> dict[int | str, dict[str, Any]]:
    mark = {"description": "D'où vient la forme de cette réponse.",
            "schema": {"type": "string", "enum": list(MEANINGS)}}
    return {
        status: {"description": told, "headers": {"X-Sandbox-Fidelity": mark}}
        for status, told in statuses(service, each).items()
    }


def _parameters(path: str) -> dict[str, Any]:
    names = [part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")]
    return {"parameters": [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]}


def _body(each: Transaction, method: str) -> dict[str, Any]:
    if method in ("GET", "DELETE"):
        return {}
    consumes = each.consumes or MEDIA_TYPES.get(each.dialect.name, ("text/xml",))
    content = {media_type: {"schema": {"type": "object"}} for media_type in consumes}
    return {"requestBody": {"content": content}}


async def _endpoint() -> None:
    """Stands for a declared transaction in the document."""
