"""Names of search parameters that lead elsewhere: `actor:Practitioner.name`, `_has:…`."""

from __future__ import annotations

from typing import NamedTuple

from services.fhir.criteria import Link, Parameter, ParameterError
from services.fhir.declaration import Offer, ResourceType

MAX_LINKS = 4
HAS = "_has:"


class Resolved(NamedTuple):
    """A declared parameter, its modifier, and the way to the type that declares it."""

    parameter: Parameter
    modifier: str
    links: tuple[Link, ...] = ()


def resolve(name: str, offer: Offer) -> Resolved | None:
    """What a name means on the searched type, None when it means nothing there.

    Raises ParameterError for a reference that several types could be behind.
    """
    here, links = offer.type, list[Link]()
    while len(links) <= MAX_LINKS:
        stem, _, modifier = name.partition(":")
        known = here.parameter(stem)
        if known is not None and "." not in modifier:
            return Resolved(known, modifier, tuple(links))
        step = _reversed(name, here, offer) if name.startswith(HAS) else _forward(name, here, offer)
        if step is None:
            return None
        link, name = step
        if link.target not in offer.types:
            known = here.parameter(link.param)
            return Resolved(known, "identifier", tuple(links)) if known else None
        links.append(link)
        here = offer.types[link.target]
    return None


def _forward(name: str, here: ResourceType, offer: Offer) -> tuple[Link, str] | None:
    """`organization.name` or `actor:Practitioner.identifier`: one step and what is left.

    The identifier of a type that this base does not hold is looked for in the reference itself:
    then the target is no type of the base.
    """
    head, dot, rest = name.partition(".")
    stem, _, target = head.partition(":")
    parameter = here.parameter(stem)
    if not dot or parameter is None or parameter.kind != "reference":
        return None
    if target and target not in parameter.targets:
        return None
    candidates = [
        each for each in ((target,) if target else parameter.targets)
        if each in offer.types and _leads(rest, offer.types[each])
    ]
    if len(candidates) > 1:
        asked = " ou ".join(f"{stem}:{each}.{rest}" for each in candidates)
        raise ParameterError(f"le type visé : {asked}")
    if candidates:
        return Link(stem, candidates[0]), rest
    return (Link(stem, ""), rest) if rest == "identifier" else None


def _reversed(name: str, here: ResourceType, offer: Offer) -> tuple[Link, str] | None:
    """`_has:Observation:subject:code`: the step to what refers here, and what is left."""
    parts = name.removeprefix(HAS).split(":", 2)
    if len(parts) < 3 or parts[0] not in offer.types:
        return None
    source, reference, rest = parts
    parameter = offer.types[source].parameter(reference)
    if parameter is None or parameter.kind != "reference" or here.name not in parameter.targets:
        return None
    return Link(reference, source, reverse=True), rest


def _leads(rest: str, target: ResourceType) -> bool:
    """Whether the next name of a chain means something on the target."""
    if rest.startswith(HAS):
        return True
    return target.parameter(rest.partition(".")[0].partition(":")[0]) is not None
