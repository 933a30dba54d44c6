"""Adding, changing and removing people over the control API: POST, PUT, PATCH, DELETE."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.kernel.control import current_tenant, refused
from services.kernel.database import Conflict
from services.kernel.sandbox import Sandbox
from services.population import shapes
from services.population.checking.problems import Checked, NoNumberLeft, Problem, Refused
from services.population.doors import Door
from services.population.draft import Draft, Taken
from services.population.kinds import PATIENTS
from services.population.registering import add, change, drafted, patched
from services.population.removal import Effects, InUse
from services.population.wording import taken_label

R = TypeVar("R")
Patch = Annotated[dict[str, Any], Body(description="Les seuls membres à changer (RFC 7396).")]


def path(door: Door[Any, Any]) -> str:
    """Of one record. National identifiers of employees contain `/`."""
    return f"/{door.kind.plural}/{{id:path}}" if door.code == "professionnel" else (
        f"/{door.kind.plural}/{{id}}"
    )


def routes(router: APIRouter, sandbox: Sandbox, door: Door[Any, Any]) -> None:
    """The four routes of one kind."""

    async def change_drafted(
        request: Request, act: Callable[[Draft], Coroutine[Any, Any, R]]
    ) -> R:
        with _answered(door):
            return await drafted(sandbox, await current_tenant(request), act)

    async def known(draft: Draft, id: str) -> Any:
        found = await door.find(draft, id)
        if found is None:
            raise refused(404, door.code, f"{door.none} de cet identifiant dans cet espace.")
        return found

    async def post(request: Request, given: Any) -> Any:
        async def act(draft: Draft) -> shapes.Remarked:
            return await _stored(door, await add(door, given, draft), draft)

        return await change_drafted(request, act)

    async def put(request: Request, id: str, given: Any) -> Any:
        async def act(draft: Draft) -> shapes.Remarked:
            checked = await change(door, given, await known(draft, id), draft)
            return await _stored(door, checked, draft)

        return await change_drafted(request, act)

    async def patch(request: Request, id: str, given: Patch) -> Any:
        async def act(draft: Draft) -> shapes.Remarked:
            before = await known(draft, id)
            whole = _read(door, await patched(door, given, before, draft))
            return await _stored(door, await change(door, whole, before, draft), draft)

        return await change_drafted(request, act)

    async def delete(request: Request, id: str) -> Any:
        async def act(draft: Draft) -> Effects:
            effects: Effects = await door.remove(await known(draft, id), draft)
            return effects

        effects = await change_drafted(request, act)
        return shapes.Removal(removed=_named(effects.removed), changed=_named(effects.changed))

    for declared in (post, put):
        declared.__annotations__["given"] = door.stored
    name, one, stored = door.kind.name, path(door), door.stored
    router.add_api_route(
        f"/{door.kind.plural}", post, methods=["POST"], status_code=201, response_model=stored,
        name=f"add_{name}", description="Ajoute à cet espace ; ce qui manque est inventé.",
    )
    router.add_api_route(
        one, put, methods=["PUT"], response_model=stored, name=f"change_{name}",
        description="Remplace dans cet espace, personne de la base comprise.",
    )
    router.add_api_route(
        one, patch, methods=["PATCH"], response_model=stored, name=f"patch_{name}",
        description="Change quelques membres dans cet espace, personne de la base comprise.",
    )
    router.add_api_route(
        one, delete, methods=["DELETE"], response_model=shapes.Removal, name=f"remove_{name}",
        description="Retire de cet espace, personne de la base comprise, et dit ce qui suit.",
    )


def details(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    """Problems as the control API writes them."""
    return [{"emplacement": each.at, "message": each.message} for each in problems]


@contextmanager
def _answered(door: Door[Any, Any]) -> Iterator[None]:
    """What checks and removals raise, as answers."""
    try:
        yield
    except Refused as error:
        raise HTTPException(422, {
            "code": door.code, "libelle": f"{door.this} ne convient pas.",
            "details": details(error.problems),
        }) from error
    except Taken as error:
        raise refused(409, "doublon", taken_label(error)) from error
    except InUse as error:
        raise refused(409, "utilise", str(error)) from error
    except NoNumberLeft as error:
        code = "matricules" if door.kind is PATIENTS else "numeros"
        raise refused(
            409, code, "Tous les numéros fictifs possibles sont pris : donnez-en un."
        ) from error
    except Conflict as error:
        raise refused(
            409, "concurrence", "D'autres changent les mêmes personnes : recommencez."
        ) from error


def _read(door: Door[Any, Any], members: dict[str, Any]) -> Any:
    try:
        return door.stored.model_validate(members)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()]
        raise RequestValidationError(faults) from error


async def _stored(
    door: Door[Any, Any], checked: Checked[Any], draft: Draft
) -> shapes.Remarked:
    shown = await door.shown(draft, checked.value)
    remarks = [each.message for each in checked.remarks]
    return door.stored.model_validate(shown.model_dump() | {"avertissements": remarks})


def _named(places: list[tuple[str, str]]) -> list[shapes.Removed]:
    return [shapes.Removed(kind=kind, id=id) for kind, id in places]
