"""The REST interactions that are the same for every type: read and search."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

import orjson

from services.fhir import errors, store
from services.fhir.bundle import Entry, searchset
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer, negotiate
from services.fhir.search import CURSOR, Parameter, Query, read_query
from services.kernel.exchange import Answer, Exchange

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


async def read_type(exchange: Exchange, service: str, rtype: str) -> Answer:
    """`GET [base]/{rtype}/{id}`: the stored bytes. Raises RESOURCE_UNKNOWN."""
    negotiate(exchange)
    rid = exchange.path_params["id"]
    found = None
    if _ID.fullmatch(rid):
        found = await store.read(exchange.sandbox.database, exchange.tenant, service, rtype, rid)
    if found is None:
        raise errors.RESOURCE_UNKNOWN(found=f"{rtype}/{rid}")
    return answer(found.content, version=found.vid, updated=found.updated)


async def search_type(
    exchange: Exchange, service: str, base: str, rtype: str, parameters: Iterable[Parameter]
) -> Answer:
    """`GET [base]/{rtype}?…` or `POST [base]/{rtype}/_search`, newest first.

    base: path of the service's FHIR base, "/dmp/fhir". The total is given when it is known at no
    cost (one page) or asked for (`_total=accurate`, `_count=0`).
    """
    query = read_query(exchange, parameters, exchange.base_url + base)
    return await answer_query(exchange, service, base, rtype, query)


async def answer_query(
    exchange: Exchange, service: str, base: str, rtype: str, query: Query
) -> Answer:
    """The searchset of a query that the service read itself, to add criteria of its own."""
    negotiate(exchange)
    root = exchange.base_url + base
    page = await store.search(
        exchange.sandbox.database, exchange.tenant, service, rtype, query
    )
    here = f"{root}/{rtype}"
    entries = [Entry(f"{here}/{row.rid}", row.content) for row in page.rows]
    if query.ignored:
        entries.append(Entry("", orjson.dumps(ignored_outcome(query)), "outcome"))
    return answer(searchset(entries, page.total, links(here, query, page.next_cursor)))


def links(here: str, query: Query, next_cursor: str) -> dict[str, str]:
    """The self and next links: what was understood of the search, and nothing else."""
    found = {"self": _url(here, query.echo)}
    if next_cursor:
        found["next"] = _url(here, [*query.echo, (CURSOR, next_cursor)])
    return found


def _url(here: str, pairs: list[tuple[str, str]]) -> str:
    return f"{here}?{urlencode(pairs, safe=':/|,')}" if pairs else here


def ignored_outcome(query: Query) -> dict[str, object]:
    return operation_outcome(
        issue(
            "information", "not-supported", at=f"http.{name}",
            text=f"Le paramètre « {name} » n'est pas connu ici : il a été ignoré.",
        )
        for name in query.ignored
    )
