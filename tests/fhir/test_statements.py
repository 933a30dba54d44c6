"""Statements composed per shape of search: both databases take them, none scans a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.dialects import postgresql

from services.fhir import selection
from services.fhir.api.including import _references
from services.fhir.declaration import Offer
from services.fhir.search import Query, read_query
from services.fhir.sorting import NEWEST, bound_names
from services.kernel.exchange import Exchange
from services.kernel.statements import SQLITE
from tests.conftest import Explain
from tests.fhir.essai import API, OBSERVATION, PATIENT

POSTGRESQL = postgresql.asyncpg.dialect()
SEARCHES = [
    (PATIENT, ""), (PATIENT, "gender=male"), (PATIENT, "gender:not=male,female"),
    (PATIENT, "name:contains=a"), (PATIENT, "name:exact=A"), (PATIENT, "name=a&active=true"),
    (PATIENT, "birthdate=ap2000"), (PATIENT, "profile:below=http://a"), (PATIENT, "_id=a,b"),
    (PATIENT, "organization.name=a"), (PATIENT, "organization.partof.identifier=s|a"),
    (PATIENT, "organization.identifier=a&gender=male"), (PATIENT, "organization._id=a"),
    (PATIENT, "_has:Observation:subject:code=s|a"), (PATIENT, "_has:Observation:subject:date=2024"),
    (PATIENT, "organization.name=a&_sort=name"), (PATIENT, "_sort=-birthdate,_id"),
    (PATIENT, "_sort=_lastUpdated"), (PATIENT, "identifier=a&_sort=gender,-_lastUpdated"),
    (OBSERVATION, "value-quantity=gt5|u|kg&subject=Patient/a"), (OBSERVATION, "count=3"),
    (OBSERVATION, "subject:Patient.gender:not=male"), (OBSERVATION, "_sort=value-quantity"),
]


@pytest.fixture
def query(exchange: Callable[..., Exchange]) -> Callable[..., Query]:
    def read(rtype: object, text: str) -> Query:
        offer = Offer(rtype, API.by_name)  # type: ignore[arg-type]
        return read_query(exchange("GET", query=text), offer.type.parameters, "http://x", offer)

    return read


@pytest.mark.parametrize(("rtype", "text"), SEARCHES)
@pytest.mark.parametrize("after", [False, True])
async def test_a_page_suits_both_databases_and_scans_nothing(
    explain: Explain, query: Callable[..., Query], rtype: object, text: str, after: bool
) -> None:
    read = query(rtype, text)
    criteria, driven, _ = selection.start(read.criteria)
    shape = selection.shape_of(criteria)
    statement = selection.page(shape, driven, after, read.order)
    str(statement.compile(dialect=POSTGRESQL))
    prepared = SQLITE.prepare(statement)
    parameters = {
        "tenant_id": "t~0", "service": "s", "rtype": "r", "count": 5, "until": 9,
        "after_updated": 9, "after_rid": "z", "after_key0": 1, "after_key1": 1,
        **selection.bound(criteria), **bound_names(read.sort_names),
    }
    plan = explain(prepared.sql, prepared.arguments(parameters))
    few = ("anon", "SCAN k", "CONSTANT ROW")
    scans = [step for step in plan if step.startswith("SCAN")]
    assert not [step for step in scans if not any(each in step for each in few)], plan
    assert not [step for step in plan if "AUTOMATIC" in step], plan
    assert all("tenant_id=?" in step for step in plan if step.startswith("SEARCH")
               and "anon" not in step), plan


@pytest.mark.parametrize(("rtype", "text"), SEARCHES)
def test_totals_and_guards_suit_both_databases(
    query: Callable[..., Query], rtype: object, text: str
) -> None:
    criteria, driven, _ = selection.start(query(rtype, text).criteria)
    shape = selection.shape_of(criteria)
    for statement in (selection.total(shape, driven), selection.guarded(shape, driven)):
        str(statement.compile(dialect=POSTGRESQL))
        assert SQLITE.prepare(statement).sql.count("tenant_id") >= 1


@pytest.mark.parametrize("reverse", [False, True])
async def test_inclusions_look_up_by_index(explain: Explain, reverse: bool) -> None:
    statement = _references(reverse, 4)
    str(statement.compile(dialect=POSTGRESQL))
    prepared = SQLITE.prepare(statement)
    values = dict.fromkeys(prepared.names, "x") | {"count": 5}
    (step,) = explain(prepared.sql, prepared.arguments(values))
    assert step.startswith("SEARCH")
    assert ("target_id=?" if reverse else "rid=?") in step


async def test_a_search_by_a_chain_starts_from_its_end(
    explain: Explain, query: Callable[..., Query]
) -> None:
    criteria, driven, _ = selection.start(query(PATIENT, "organization.identifier=a").criteria)
    assert driven
    prepared = SQLITE.prepare(selection.page(selection.shape_of(criteria), driven, False, NEWEST))
    parameters = {
        "tenant_id": "t", "service": "s", "rtype": "r", "count": 5, **selection.bound(criteria)
    }
    plan = " / ".join(explain(prepared.sql, prepared.arguments(parameters)))
    assert "SEARCH r USING INDEX sqlite_autoindex_fhir_resource_1" in plan
    assert "ix_fhir_resource_newest" not in plan
    assert "ix_fhir_token_value" in plan
    assert "ix_fhir_reference_value" in plan
