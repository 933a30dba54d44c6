"""Search on a declared type: matches, what they include, parts, links."""

from __future__ import annotations

import orjson

from services.fhir import store, subsets
from services.fhir.api.call import Call
from services.fhir.api.including import included
from services.fhir.bundle import Entry, searchset
from services.fhir.interactions import ignored_outcome, links
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer
from services.fhir.search import Query, read_query
from services.fhir.store import Page
from services.kernel.exchange import Answer


async def search(call: Call) -> Answer:
    """`GET [base]/Type?…` or POST `_search`. Raises PARAMETER_UNKNOWN, PARAMETER_INVALID or
    CURSOR_INVALID."""
    query = query_of(call)
    page = await found(call, query)
    others, whole = await included(call, page.rows, query.includes)
    return answer(searchset(
        [
            *(
                Entry(f"{call.root}/{call.type.name}/{row.rid}",
                      subsets.apply(row.content, query.subset))
                for row in page.rows
            ),
            *(
                Entry(f"{call.root}/{rtype}/{row.rid}",
                      subsets.apply(row.content, query.subset._replace(elements=())), "include")
                for rtype, row in others
            ),
            *_remarks(query, whole),
        ],
        page.total, links(call.url, query, page.next_cursor),
    ))


def query_of(call: Call) -> Query:
    """The search of the exchange on the type of the call."""
    return read_query(call.exchange, call.type.parameters, call.root, call.offer)


async def found(call: Call, query: Query) -> Page:
    """One page of what matches and the caller may see."""
    exchange = call.exchange
    if call.api.restrict is not None:
        query.criteria += await call.api.restrict(exchange, call.type.name)
    return await store.search(
        exchange.sandbox.database, exchange.tenant, call.api.service, call.type.name, query
    )


def _remarks(query: Query, whole: bool) -> list[Entry]:
    made = []
    if query.ignored:
        made.append(Entry("", orjson.dumps(ignored_outcome(query)), "outcome"))
    if not whole:
        outcome = operation_outcome([issue(
            "warning", "incomplete", text="Toutes les ressources liées ne sont pas incluses : "
            "demandez moins de résultats par page (_count).",
        )])
        made.append(Entry("", orjson.dumps(outcome), "outcome"))
    return made
