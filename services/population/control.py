"""Who exists, over the control API: `/sandbox/identities` and its sisters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.kernel.control import current_tenant, refused
from services.kernel.sandbox import Sandbox
from services.population import bulk, changing, shapes
from services.population.doors import CLIENT, DOORS, PROFESSIONAL, STRUCTURE, Door
from services.population.kinds import CLIENTS, MAILBOXES, PROFESSIONALS, STRUCTURES
from services.population.people import People, people
from services.population.searching import matches

ANNUAIRE_KEY = "socle-demo-annuaire"
"""The ESANTE-API-KEY of the sandbox: fixed, and worth nothing elsewhere."""

NAMED = 500
"""People of a kind in `/identities`: the base, then the first own ones; the others are paged."""

Fragment = Annotated[str, Query(max_length=100, description="Partie d'un nom ou d'un numéro.")]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox about people."""
    router = APIRouter(tags=["population"])

    @router.get("/identities")
    async def identities(request: Request, q: Fragment = "") -> shapes.Identities:
        """Personas, public identities and the tenant's own people, on one page."""
        who = people(sandbox.database, await current_tenant(request))
        return shapes.Identities(
            patients=[shapes.PatientShape.of(one) for one in await who.patients(q, NAMED)],
            professionals=[
                await PROFESSIONAL.shown(who, one)
                for one in await who.page(PROFESSIONALS, q, NAMED)
            ],
            structures=[
                await STRUCTURE.shown(who, one) for one in await who.page(STRUCTURES, q, NAMED)
            ],
            clients=[
                await CLIENT.shown(who, one) for one in await who.page(CLIENTS, q, NAMED)
            ],
            api_keys=shapes.ApiKeys(annuaire=ANNUAIRE_KEY),
        )

    bulk.routes(router, sandbox)
    for door in DOORS:
        _reading(router, sandbox, door)
        changing.routes(router, sandbox, door)
    return router


def _reading(router: APIRouter, sandbox: Sandbox, door: Door[Any, Any]) -> None:
    plural = door.kind.plural

    async def page(
        request: Request, q: Fragment = "", limit: Limit = 50, offset: Offset = 0
    ) -> Any:
        who = people(sandbox.database, await current_tenant(request))
        found, total = await _page(who, door, q, limit, offset)
        return {
            plural: [await door.shown(who, one) for one in found],
            "total": total, "limit": limit, "offset": offset,
        }

    async def one(request: Request, id: str) -> Any:
        who = people(sandbox.database, await current_tenant(request))
        found = await door.find(who, id)
        if found is None:
            raise refused(404, door.code, f"{door.none} de cet identifiant dans cet espace.")
        return await door.shown(who, found)

    router.add_api_route(
        f"/{plural}", page, response_model=door.page, name=plural,
        description="Ceux de la base, puis ceux de l'espace.",
    )
    router.add_api_route(
        changing.path(door), one, response_model=door.shape, name=door.kind.name,
        description=f"{door.by}.",
    )


async def _page(
    who: People, door: Door[Any, Any], q: str, limit: int, offset: int
) -> tuple[Any, int]:
    if door.kind is MAILBOXES:
        # Those of patients are not stored: they follow from the patients.
        found = [one for one in await who.mailboxes() if matches(one, q)]
        return found[offset : offset + limit], len(found)
    return await who.page(door.kind, q, limit, offset), await who.count(door.kind, q)
