"""Conditional interactions: which resource some criteria denote, and a guard against races."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from services.fhir import errors, selection
from services.fhir.api.call import Call
from services.fhir.api.searching import found, query_of
from services.fhir.criteria import Criterion
from services.fhir.versions import Version
from services.kernel.database import Write


class Matched(NamedTuple):
    """What criteria denote: one resource or nothing, and the criteria themselves."""

    one: Version | None
    criteria: list[Criterion]


async def matched(call: Call, query: str) -> Matched:
    """The one resource that the criteria denote. query: "a=b&c=d", "" for the exchange's own.

    Raises MULTIPLE_MATCHES, NO_CRITERIA, or what a search raises.
    """
    own = query.removeprefix(call.type.name).removeprefix("?")
    text = own.encode("utf-8", "replace") or call.exchange.query_string
    exchange = replace(call.exchange, method="GET", query_string=text)
    asked = query_of(replace(call, exchange=exchange))
    for name in asked.ignored:
        raise errors.PARAMETER_UNKNOWN(at=f"http.{name}", found=name)
    if not asked.criteria:
        raise errors.NO_CRITERIA(at=f"http.{call.type.name}", found=text.decode()[:80])
    asked.count, asked.includes = 2, []
    page = await found(call, asked)
    if len(page.rows) > 1:
        raise errors.MULTIPLE_MATCHES(
            at=call.type.name, expected="une ressource", found=text.decode("utf-8", "replace")[:200]
        )
    one = Version(*page.rows[0]) if page.rows else None
    return Matched(one, asked.criteria)


def guarded(creation: Write, nothing: Matched) -> Write:
    """The creation of a resource, which fails with Conflict when something matches meanwhile."""
    criteria, driven, _ = selection.start(nothing.criteria)
    statement = selection.guarded(selection.shape_of(criteria), driven)
    return Write(statement, {**creation.parameters, **selection.bound(criteria)}, rows=1)
