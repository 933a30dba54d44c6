"""Control parameters of a search on a declared type: order, parts, totals, inclusions.

Every reader raises ParameterError with what is accepted here.
"""

from __future__ import annotations

from typing import NamedTuple

from services.fhir.criteria import ParameterError
from services.fhir.declaration import ALWAYS, Offer
from services.fhir.sorting import Order, read_sort
from services.fhir.subsets import SUMMARIES, Subset, unknown_element

_TOTALS = ("none", "estimate", "accurate", "count")
_SORT_KINDS = {"_id": "id", "_lastUpdated": "updated"}


class Include(NamedTuple):
    """One inclusion: the type that has the reference `param`, and the type it must point to ("":
    any). reverse: what refers to the resources at hand; repeat: also from what was included."""

    source: str
    param: str
    target: str
    reverse: bool
    repeat: bool


def total(value: str) -> bool:
    """Whether a total is to be counted; an estimate is exact here."""
    if value not in _TOTALS:
        raise ParameterError("none, estimate ou accurate")
    return value != "none"


def sort(value: str, offer: Offer) -> tuple[Order, tuple[str, ...]]:
    kinds = {
        each.name: _SORT_KINDS.get(each.name, each.kind)
        for each in (*ALWAYS, *offer.type.parameters)
    }
    try:
        return read_sort(value, kinds)
    except ValueError as error:
        raise ParameterError(f"[-]{', [-]'.join(sorted(kinds))}") from error


def summary(value: str, current: Subset) -> Subset:
    if value not in SUMMARIES:
        raise ParameterError(", ".join(SUMMARIES))
    return current._replace(summary=value)


def elements(value: str, current: Subset, offer: Offer) -> Subset:
    names = tuple(part.strip() for part in value.split(","))
    unknown = unknown_element(offer.type.name, names)
    if unknown or not all(names):
        raise ParameterError(f"des éléments de {offer.type.name}, sans « {unknown} »")
    return current._replace(elements=(*current.elements, *names))


def includes(name: str, value: str, offer: Offer) -> list[Include]:
    """`_include=Type:param[:Target]`, `_revinclude`, `_include=Type:*`, `_include=*`; `:iterate`
    repeats.

    A type other than the one searched can only have been included: it repeats too.
    """
    control, _, modifier = name.partition(":")
    if modifier not in ("", "iterate", "recurse"):
        raise ParameterError(f"{control} ou {control}:iterate")
    reverse = control == "_revinclude"
    declared = _declared(offer, reverse)
    wanted = [each for each in declared if value == "*" or _names(value, each)]
    if not wanted:
        raise ParameterError(", ".join(sorted(declared)) or "aucune inclusion ici")
    made = []
    for each in wanted:
        source, param, *_ = each.split(":")
        target = value.split(":")[2] if value.count(":") == 2 else ""
        here = offer.type.revincludes if reverse else offer.type.includes
        made.append(Include(
            source, param, target, reverse, repeat=bool(modifier) or each not in here
        ))
    if value == "*" and not modifier:
        return [each for each in made if not each.repeat]
    return made


def _declared(offer: Offer, reverse: bool) -> list[str]:
    """What may be asked, on the searched type and on those that may be included."""
    found: dict[str, None] = {}
    for each in (offer.type, *offer.types.values()):
        found |= dict.fromkeys(each.revincludes if reverse else each.includes)
    return [*found]


def _names(value: str, declared: str) -> bool:
    asked, offered = value.split(":")[:2], declared.split(":")[:2]
    return asked == offered or asked == [offered[0], "*"]
