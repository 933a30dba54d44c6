"""OperationDefinition of a base's own operations: what goes in, what comes out.

A service describes them once; the base serves them, and its CapabilityStatement names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from services.fhir import errors
from services.fhir.capability import PUBLISHED
from services.fhir.declaration import Operation
from services.fhir.dialect import FHIR
from services.fhir.formats import in_both
from services.fhir.resource import answer
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import Transaction

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, or a part of one: French documentation, how many at least and at most ("1" or
    "*"). type: "" for one that is made of parts."""

    name: str
    type: str
    documentation: str
    least: int = 1
    most: str = "1"
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """An operation: name without `$`, French texts. on: what it is called on; changes: whether it
    changes anything; given, returned: its parameters."""

    name: str
    title: str
    description: str
    given: tuple[Part, ...] = ()
    returned: tuple[Part, ...] = ()
    on: Literal["system", "type", "instance"] = "instance"
    changes: bool = True
    resource: str = "Patient"

    @property
    def operation(self) -> Operation:
        """As the CapabilityStatement names it."""
        return Operation(self.name, f"OperationDefinition/{self.name}", self.description)

    def made(self, base: str) -> Json:
        """The resource, on the base of that URL."""
        return {
            "resourceType": "OperationDefinition", "id": self.name,
            "url": f"{base}/OperationDefinition/{self.name}",
            "name": "".join(part.capitalize() for part in self.name.split("-")),
            "title": self.title, "status": "active", "kind": "operation", "experimental": True,
            "date": PUBLISHED, "publisher": "Socle, bac à sable (données fictives)",
            "description": self.description, "affectsState": self.changes, "code": self.name,
            **({"resource": [self.resource]} if self.on != "system" else {}),
            **{each: each == self.on for each in ("system", "type", "instance")},
            "parameter": [
                *(_made(each, "in") for each in self.given),
                *(_made(each, "out") for each in self.returned),
            ],
        }


def definitions(code: str, name: str, base: str, every: Iterable[Definition]) -> Transaction:
    """The transaction that serves them, open to everyone as metadata is. name: its own, French;
    base: "/ins/fhir"."""
    known = {each.name: each for each in every}

    async def definition(exchange: Exchange) -> Answer:
        asked = exchange.path_params["name"]
        if asked not in known:
            raise errors.RESOURCE_UNKNOWN(
                at="OperationDefinition", expected=", ".join(known), found=asked
            )
        return answer(known[asked].made(exchange.base_url + base))

    return in_both(Transaction(
        code, name, "FHIR R4, OperationDefinition", FHIR,
        (f"GET {base}/OperationDefinition/{{name}}",), "default", definition,
    ))


def _made(each: Part, use: str) -> Json:
    made: Json = {
        "name": each.name, "use": use, "min": each.least, "max": each.most,
        "documentation": each.documentation,
    }
    if each.type:
        made["type"] = each.type
    if each.parts:
        made["part"] = [_made(one, use) for one in each.parts]
    return made
