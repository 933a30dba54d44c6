"""One interaction on its way: which type, which resource, from method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from services.fhir import errors
from services.fhir.declaration import FhirApi, Offer, ResourceType
from services.fhir.structure import is_resource_type
from services.kernel.errors import Refusal

if TYPE_CHECKING:
    from services.kernel.exchange import Exchange

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

_BY_METHOD = {
    "GET": "search-type", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete",
}
_ON_INSTANCE = {"GET": "read", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_BASE = {"GET": "search-system", "POST": "transaction"}


@dataclass(frozen=True, slots=True)
class Call:
    """An interaction of a declared type.

    rid, vid: "" where the interaction has none; new_id: of what it may create, when others refer
    to it already.
    """

    api: FhirApi
    type: ResourceType
    interaction: str
    exchange: Exchange
    rid: str = ""
    vid: str = ""
    new_id: str = ""

    def made_id(self) -> str:
        """The id of what this call creates."""
        return self.new_id or self.exchange.tenant.ids.uuid()

    @property
    def root(self) -> str:
        """Absolute URL of the base."""
        return self.exchange.base_url + self.api.base

    @property
    def url(self) -> str:
        """Absolute URL of the type or of the resource."""
        here = f"{self.root}/{self.type.name}"
        return f"{here}/{self.rid}" if self.rid else here

    @property
    def name(self) -> str:
        """`Type/id`, for messages."""
        return f"{self.type.name}/{self.rid}" if self.rid else self.type.name

    @property
    def offer(self) -> Offer:
        return Offer(self.type, self.api.by_name)


ON_CRITERIA = ("update", "patch", "delete")
"""On a type, they are for what matches."""


def call_of(api: FhirApi, exchange: Exchange) -> Call:
    """The declared interaction of a request. Raises TYPE_UNSUPPORTED, INTERACTION_UNSUPPORTED
    or RESOURCE_UNKNOWN (what can be no id)."""
    segments = segments_of(api, exchange.path)
    interaction = meaning(exchange.method, segments)
    rtype = api.by_name.get(segments[0]) if segments else None
    if rtype is None or not _declared(rtype, interaction, segments):
        raise unsupported(api, exchange.method, segments)
    rid = segments[1] if len(segments) > 1 and segments[1][0] != "_" else ""
    if rid and ID.fullmatch(rid) is None:
        raise errors.RESOURCE_UNKNOWN(at=f"{rtype.name}.id", found=f"{rtype.name}/{rid[:80]}")
    return Call(
        api, rtype, interaction, exchange, rid, segments[3] if len(segments) == 4 else ""
    )


def segments_of(api: FhirApi, path: str) -> list[str]:
    """What follows the base, decoded, without empty segments."""
    return [unquote(part) for part in path[len(api.base):].split("/") if part]


def meaning(method: str, segments: list[str]) -> str:
    """The interaction as FHIR names it, `$name` for an operation, "" for none."""
    operation = next((part for part in segments if part.startswith("$")), "")
    if operation:
        return operation
    match segments:
        case []:
            return _ON_BASE.get(method, "")
        case ["metadata"]:
            return "capabilities"
        case ["_history"]:
            return "history-system"
        case ["_search"]:
            return "search-system"
        case [_]:
            return _BY_METHOD.get(method, "")
        case [_, "_search"]:
            return "search-type" if method == "POST" else ""
        case [_, "_history"]:
            return "history-type" if method == "GET" else ""
        case [_, _]:
            return _ON_INSTANCE.get(method, "")
        case [_, _, "_history"]:
            return "history-instance" if method == "GET" else ""
        case [_, _, "_history", _]:
            return "vread" if method == "GET" else ""
        case [_, _, name]:
            return f"compartiment {name}"
    return ""


def unsupported(api: FhirApi, method: str, segments: list[str]) -> Refusal:
    """Why nothing answers there: the type or the interaction, by its name."""
    place = f"{method} {'/'.join([api.base, *segments])}"
    rtype = segments[0] if segments else ""
    if is_resource_type(rtype) and rtype not in api.by_name:
        return errors.TYPE_UNSUPPORTED(
            at="http.path", expected=", ".join(api.by_name), found=rtype
        )
    interaction = meaning(method, segments)
    if not interaction or (rtype and rtype[0].isupper() and rtype not in api.by_name):
        return errors.TYPE_UNSUPPORTED(
            "Aucune ressource FHIR R4 n'est à cette adresse.", at="http.path", found=place
        )
    on = f" pour {rtype}" if rtype in api.by_name else ""
    how = " conditionnel" if interaction in ON_CRITERIA and len(segments) == 1 else ""
    return errors.INTERACTION_UNSUPPORTED(
        f"« {interaction} »{how} n'est pas proposé{on}.", at="http.path", found=place
    )


def _declared(rtype: ResourceType, interaction: str, segments: list[str]) -> bool:
    conditional = interaction in ON_CRITERIA and len(segments) == 1
    if conditional and interaction not in rtype.conditional:
        return False
    return interaction in rtype.interactions
