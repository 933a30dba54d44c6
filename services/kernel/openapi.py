"""OpenAPI pages: one FastAPI application per service, made from its declarations, for reading.

Nothing is served by these applications: the gateway answers declared transactions itself.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import RedirectResponse

from services.kernel.sandbox import Sandbox
from services.kernel.transactions import Service, Transaction

PAGE = "/console/interfaces"


def describe(service: Service) -> dict[str, Any]:
    """The OpenAPI document of a service's HTTP transactions."""
    app = FastAPI(title=service.name, version="1", description=f"Socle, service `{service.id}`.")
    for each in service.transactions:
        if each.handler is None:
            continue
        for route in each.routes:
            method, _, path = route.partition(" ")
            app.add_api_route(
                path, _endpoint, methods=[method], name=f"{each.code} {each.name}",
                summary=f"{each.code} : {each.name}", operation_id=f"{each.code} {route}",
                description=_description(each), responses=_responses(each), response_model=None,
                openapi_extra=_parameters(path) | _body(each, method),
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


def _description(each: Transaction) -> str:
    return f"Source : {each.spec}. Fidélité : {each.fidelity}."


def _responses(each: Transaction) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "Réponse de la transaction."},
        "4XX": {"description": f"Refus dans le dialecte {each.dialect.name}."},
        "5XX": {"description": f"Erreur technique dans le dialecte {each.dialect.name}."},
    }


def _parameters(path: str) -> dict[str, Any]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return {"parameters": [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]}


def _body(each: Transaction, method: str) -> dict[str, Any]:
    if method in ("GET", "DELETE") or not each.consumes:
        return {}
    content: dict[str, Any] = {media_type: {"schema": {}} for media_type in each.consumes}
    return {"requestBody": {"content": content}}


async def _endpoint() -> None:
    """Stands for a declared transaction in the document."""
