"""Kernel transactions of a declared base: one per interaction, with a route per type."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable

from services.fhir.api.bundles import bundle
from services.fhir.api.call import call_of
from services.fhir.api.dialect import ApiDialect
from services.fhir.api.dispatch import one_answer
from services.fhir.api.history import system_history
from services.fhir.api.statement import statement
from services.fhir.declaration import FhirApi, ResourceType
from services.fhir.formats import spoken
from services.fhir.validating import validation
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import Transaction

Act = Callable[[FhirApi, Exchange], Awaitable[Answer]]

_NAMES = {
    "read": "Lecture d'une ressource", "vread": "Lecture d'une version",
    "search-type": "Recherche", "create": "Création", "update": "Mise à jour",
    "patch": "Correctif", "delete": "Suppression",
    "history-instance": "Versions d'une ressource", "history-type": "Versions d'un type",
    "history-system": "Versions de toutes les ressources",
    "bundle": "Lot d'interactions (batch ou transaction)",
    "capabilities": "Déclaration de capacités",
}
_ROUTES = {
    "read": ("GET {type}/{{id}}",), "vread": ("GET {type}/{{id}}/_history/{{vid}}",),
    "search-type": ("GET {type}", "POST {type}/_search"), "create": ("POST {type}",),
    "update": ("PUT {type}/{{id}}",), "patch": ("PATCH {type}/{{id}}",),
    "delete": ("DELETE {type}/{{id}}",),
    "history-instance": ("GET {type}/{{id}}/_history",), "history-type": ("GET {type}/_history",),
}
_ANSWERS = {
    "read": (200, 304), "vread": (200, 304), "create": (201, 200), "update": (200, 201),
    "delete": (204, 200),
}
_CONDITIONAL = {"update": "PUT {type}", "patch": "PATCH {type}", "delete": "DELETE {type}"}


def transactions_of(api: FhirApi) -> tuple[Transaction, ...]:
    """Every transaction of the base, in the order of the declarations, `metadata` last."""
    routes: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    answers: dict[str, dict[int, None]] = {}
    for rtype in api.types:
        for interaction in rtype.interactions:
            code = rtype.codes.get(interaction) or _code(api, interaction)
            routes.setdefault(code, []).extend(_routes(api, rtype, interaction))
            names.setdefault(code, _NAMES[interaction])
            statuses = _ANSWERS.get(interaction, (200,))
            answers.setdefault(code, {}).update(dict.fromkeys(statuses))
    made = [
        _transaction(api, code, names[code], tuple(found), _interaction, tuple(answers[code]))
        for code, found in routes.items()
    ]
    if {"batch", "transaction"} & {*api.interactions}:
        made.append(_whole(api, "bundle", f"POST {api.base}", bundle))
    if "history-system" in api.interactions:
        made.append(
            _whole(api, "history-system", f"GET {api.base}/_history", system_history)
        )
    made.append(validation(
        api.service, api.base, {each.name: each.profiles[:1] for each in api.types}, api.max_body
    ))
    return (*made, _whole(api, "capabilities", f"GET {api.base}/metadata", statement))


async def _interaction(api: FhirApi, exchange: Exchange) -> Answer:
    return await one_answer(call_of(api, exchange))


def _whole(api: FhirApi, interaction: str, route: str, act: Act) -> Transaction:
    return _transaction(api, _code(api, interaction), _NAMES[interaction], (route,), act)


def _code(api: FhirApi, interaction: str) -> str:
    return api.codes.get(interaction) or f"{api.service}.{interaction}"


def _routes(api: FhirApi, rtype: ResourceType, interaction: str) -> list[str]:
    templates = [*_ROUTES[interaction]]
    if interaction in _CONDITIONAL and interaction in rtype.conditional:
        templates.append(_CONDITIONAL[interaction])
    place = f"{api.base}/{rtype.name}"
    return [template.format(type=place) for template in templates]


def _transaction(
    api: FhirApi, code: str, name: str, routes: tuple[str, ...], act: Act,
    answers: tuple[int, ...] = (200,),
) -> Transaction:
    """The exchange in JSON to `act`, its answer in the format asked for."""

    async def handle(exchange: Exchange) -> Answer:
        return await spoken(exchange, functools.partial(act, api))

    return Transaction(
        code, name, api.spec, ApiDialect(api), routes, api.fidelity, handle, api.max_body,
        answers=answers,
    )
