"""References of a transaction: to its own entries, by their fullUrl, and by criteria."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from services.fhir import errors
from services.fhir.api.call import Call
from services.fhir.api.conditional import matched
from services.fhir.declaration import FhirApi, Json
from services.kernel.exchange import Exchange

_OWN = ("urn:uuid:", "urn:oid:")
_LINKS = {"reference", "url", "uri", "valueUri", "valueUrl", "valueUuid", "valueOid"}
_CRITERIA = re.compile(r"[A-Z][A-Za-z]+\?")


async def resolved(
    api: FhirApi, exchange: Exchange, resource: Json, known: Mapping[str, str], at: str
) -> Json:
    """The resource with its references resolved; the same object when it has none to resolve.

    known: fullUrl → `Type/id`; replaced in references, uris and the links of the narrative.
    Raises REFERENCE_UNKNOWN, NO_MATCH or MULTIPLE_MATCHES.
    """
    places, root = dict(known), f"{exchange.base_url}{api.base}/"
    for reference in {*_references(resource)}:
        if reference in places:
            continue
        if _CRITERIA.match(reference.removeprefix(root)):
            criteria = reference.removeprefix(root)
            places[reference] = await _conditional(api, exchange, criteria, at)
        elif reference.startswith(_OWN):
            raise errors.REFERENCE_UNKNOWN(at=at, found=reference[:200])
    return _rewritten(resource, places) if places else resource


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "reference" and isinstance(one, str):
                yield one
            else:
                yield from _references(one)


async def _conditional(api: FhirApi, exchange: Exchange, reference: str, at: str) -> str:
    """`Patient?identifier=system|value` as `Patient/id`."""
    rtype, _, criteria = reference.partition("?")
    declared = api.by_name.get(rtype)
    if declared is None:
        raise errors.NO_MATCH(
            "Ce type de ressource n'est pas proposé ici.", at=at, found=reference[:200]
        )
    call = Call(api, declared, "search-type", replace(exchange, method="GET"))
    found = (await matched(call, criteria)).one
    if found is None:
        raise errors.NO_MATCH(at=at, found=reference[:200])
    return f"{rtype}/{found.rid}"


def _rewritten(value: Any, places: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, str):
        if name == "div":
            for each, place in places.items():
                value = value.replace(f'"{each}"', f'"{place}"')
            return value
        return places.get(value, value) if name in _LINKS else value
    if isinstance(value, list):
        return [_rewritten(one, places, name) for one in value]
    if isinstance(value, dict):
        return {key: _rewritten(one, places, key) for key, one in value.items()}
    return value
