"""patch: FHIRPath Patch (Parameters) or JSON Patch, on one resource by id or by criteria."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.fhir import errors, exact
from services.fhir.api.call import Call
from services.fhir.api.conditional import matched
from services.fhir.api.headers import require_match
from services.fhir.api.reading import shown
from services.fhir.api.writing import Incoming, Plan, Planner, plan_storing, receive
from services.fhir.declaration import Json
from services.fhir.dialect import FHIR_JSON
from services.fhir.formats import with_json
from services.fhir.patch import fhirpath_patch, json_patch
from services.fhir.resource import load, parse
from services.fhir.structure import require
from services.kernel import errors as kernel_errors
from services.kernel.exchange import Exchange

JSON_PATCH = "application/json-patch+json"

Edit = Callable[[Json], None]


def received_patch(exchange: Exchange) -> Edit:
    """The patch as what it does to a resource. Raises UNSUPPORTED_MEDIA_TYPE for another kind,
    and what `parse` and `require` do."""
    if exchange.media_type == JSON_PATCH:
        load(exchange.body)
        operations = exact.loads(exchange.body)
        return lambda resource: json_patch.apply(resource, operations)
    if exchange.media_type not in (FHIR_JSON, "application/json"):
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            "Un correctif est un FHIRPath Patch (Parameters) ou un JSON Patch.",
            at="Content-Type", expected=f"{FHIR_JSON} ou {JSON_PATCH}",
            found=exchange.media_type or "(absent)",
        )
    parameters = parse(exchange, "Parameters")
    require(parameters)
    if exact.has_decimals(exchange.body):
        parameters = exact.loads(exchange.body)
    return lambda resource: fhirpath_patch.apply(resource, parameters)


def plan_patch(edit: Edit) -> Planner:
    """The plan of a patch that was received."""

    async def plan(call: Call, _: Incoming) -> Plan:
        """Raises NO_MATCH, RESOURCE_UNKNOWN, GONE, PATCH_INVALID or INVALID_STRUCTURE."""
        found = await shown(call) if call.rid else (await matched(call, "")).one
        if found is None:
            raise errors.NO_MATCH(at=call.type.name, found=call.name)
        if found.deleted:
            raise errors.GONE(at=f"{call.type.name}.id", found=call.name)
        require_match(call.exchange, found)
        resource = exact.loads(found.content)
        edit(resource)
        if resource.get("resourceType") != call.type.name or resource.get("id") != found.rid:
            raise errors.PATCH_INVALID(
                "Le type et l'identifiant d'une ressource ne changent pas.",
                at=f"{call.type.name}.id",
            )
        incoming = receive(replace(call, exchange=with_json(call.exchange, exact.dumps(resource))))
        return await plan_storing(call, incoming, found.rid, found)

    return plan
