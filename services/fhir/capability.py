"""CapabilityStatement R4, from what a service declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.fhir.declaration import Operation, ResourceType, SystemInteraction
from services.fhir.dialect import FHIR_JSON
from services.kernel.exchange import Exchange

__all__ = ["Operation", "ResourceType", "capability_statement"]

PUBLISHED = "2026-11-01"
VALIDATE = Operation(
    "validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    "Conformité à R4, aux profils que la ressource nomme, ou à ?profile=.",
)
"""Offered by every base."""


def capability_statement(
    exchange: Exchange,
    base: str,
    title: str,
    description: str,
    types: Iterable[ResourceType],
    *,
    guides: Iterable[str] = (),
    interactions: Iterable[SystemInteraction] = (),
    operations: Iterable[Operation] = (),
    formats: Iterable[str] = (FHIR_JSON, "json"),
) -> dict[str, Any]:
    """The statement of one FHIR base (`base`: "/dmp/fhir"), as a running instance."""
    url = exchange.base_url + base
    rest: dict[str, Any] = {
        "mode": "server",
        "security": {
            "service": [{
                "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "OAuth",
                }],
            }],
            "description": "Jeton d'accès Pro Santé Connect du professionnel (Bearer).",
        },
        "resource": [_resource(each, url) for each in types],
    }
    whole = [{"code": code} for code in interactions]
    if whole:
        rest["interaction"] = whole
    rest["operation"] = [_operation(each, url) for each in (VALIDATE, *operations)]
    statement: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "url": f"{url}/metadata",
        "name": "Socle" + "".join(part.capitalize() for part in base.split("/") if part),
        "title": title,
        "status": "active",
        "experimental": True,
        "date": PUBLISHED,
        "publisher": "Socle, bac à sable (données fictives)",
        "description": description,
        "kind": "instance",
        "software": {"name": "Socle"},
        "implementation": {"description": title, "url": url},
        "fhirVersion": "4.0.1",
        "format": list(formats),
        "rest": [rest],
    }
    followed = list(guides)
    if followed:
        statement["implementationGuide"] = followed
    return statement


def _resource(each: ResourceType, url: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": each.name}
    if each.profiles:
        made["supportedProfile"] = list(each.profiles)
    if each.documentation:
        made["documentation"] = each.documentation
    if each.interactions:
        made["interaction"] = [{"code": code} for code in each.interactions]
        made["versioning"] = "versioned" if "vread" in each.interactions else "no-version"
    made |= _rules(each)
    if each.parameters:
        made["searchParam"] = [
            {"name": p.name, "type": p.kind, "documentation": p.documentation or p.name}
            for p in each.parameters
        ]
    if each.operations:
        made["operation"] = [_operation(one, url) for one in each.operations]
    return made


def _rules(each: ResourceType) -> dict[str, Any]:
    """What holds of its writes, versions and inclusions, as far as it is declared."""
    made: dict[str, Any] = {}
    if "vread" in each.interactions:
        made["readHistory"] = True
    if "update" in each.interactions:
        made["updateCreate"] = each.update_creates
    if "read" in each.interactions and "vread" in each.interactions:
        made["conditionalRead"] = "full-support"
    for name in ("create", "update"):
        if name in each.conditional:
            made[f"conditional{name.capitalize()}"] = True
    if "delete" in each.conditional:
        made["conditionalDelete"] = "single"
    if each.includes:
        made["searchInclude"] = list(each.includes)
    if each.revincludes:
        made["searchRevInclude"] = list(each.revincludes)
    return made


def _operation(operation: Operation, url: str) -> dict[str, str]:
    """url: of the base, which a definition that it serves is written without."""
    own = operation.definition.startswith("OperationDefinition/")
    made = {
        "name": operation.name,
        "definition": f"{url}/{operation.definition}" if own else operation.definition,
    }
    if operation.documentation:
        made["documentation"] = operation.documentation
    return made
