"""Resources stored, read and found again, on a real database."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from services.fhir import selection, store
from services.fhir.criteria import Parameter, following
from services.fhir.dates import interval
from services.fhir.errors import CURSOR_INVALID, PARAMETER_INVALID, PARAMETER_UNKNOWN
from services.fhir.search import Query, read_query
from services.fhir.store import Indexes, Page
from services.kernel.database import Conflict, Duplicate
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.kernel.statements import SQLITE
from services.kernel.tenants import Tenant
from tests.conftest import Explain
from tests.fhir.conftest import Ground

pytestmark = pytest.mark.anyio

PARAMETERS = (
    Parameter("status", "token"), Parameter("type", "token"),
    Parameter("identifier", "token", selective=True),
    Parameter("patient", "reference", targets=("Patient",)),
    Parameter("title", "string"), Parameter("date", "date"),
)
Find = Callable[..., Coroutine[Any, Any, list[str]]]


@pytest.fixture
def query(exchange: Callable[..., Exchange]) -> Callable[[str], Query]:
    def read(text: str) -> Query:
        return read_query(exchange("GET", query=text), PARAMETERS, "http://socle.test/dmp/fhir")

    return read


@pytest.fixture
def find(ground: Ground, query: Callable[[str], Query]) -> Find:
    async def ids(text: str, tenant: Tenant | None = None) -> list[str]:
        page = await store.search(
            ground.database, tenant or ground.tenant, "dmp", "Doc", query(text)
        )
        return [row.rid for row in page.rows]

    return ids


async def put(ground: Ground, rid: str, updated: int, **indexes: Any) -> None:
    await ground.database.write(store.writes_for(
        ground.tenant, "dmp", "Doc", rid, f'{{"id":"{rid}"}}'.encode(), Indexes(**indexes),
        updated=updated,
    ))


@pytest.fixture
async def three(ground: Ground) -> None:
    await put(
        ground, "a", 1, tokens=[("status", "s", "current"), ("type", "x", "1")],
        references=[("patient", "Patient", "p1")], identifiers=[("patient", "urn:oid:1", "n1")],
        strings=[("title", "Compte rendu")], dates=[("date", *interval("2024-01"))],
    )
    await put(
        ground, "b", 2, tokens=[("status", "s", "current"), ("type", "y", "1")],
        references=[("patient", "Patient", "p2")], identifiers=[("patient", "urn:oid:1", "n2")],
        strings=[("title", "Ordonnance"), ("title", "Compté")],
        dates=[("date", *interval("2024-01-15"))],
    )
    await put(
        ground, "c", 3, tokens=[("status", "s", "superseded"), ("status", "t", "superseded")],
        references=[("patient", "Patient", "p1"), ("patient", "Patient", "p1")],
        identifiers=[("patient", "urn:oid:1", "n1")], dates=[("date", *interval("2025"))],
    )


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("text", "expected"), [
    ("", "cba"),
    ("status=current", "ba"), ("status=s|current", "ba"), ("status=t|", "c"),
    ("status=|current", ""), ("status=superseded", "c"), ("status=current,superseded", "cba"),
    ("type=1", "ba"), ("type=x|1,y|1", "ba"), ("type=x|1,superseded", "a"),
    ("patient=p1", "ca"), ("patient=Patient/p1&status=current", "a"),
    ("patient=http://socle.test/dmp/fhir/Patient/p2", "b"), ("patient:Patient=p1", "ca"),
    ("patient.identifier=urn:oid:1|n1", "ca"), ("patient:identifier=n2", "b"),
    ("patient=p1,p2", "cba"), ("patient=p3", ""),
    ("title=compte", "ba"), ("title=COMPT%C3%89+REN", "a"), ("title=rendu", ""),
    ("title:missing=true", "c"), ("title:missing=false", "ba"), ("type:missing=true", "c"),
    ("date=2024", "ba"), ("date=2024-01", "ba"), ("date=2024-01-15", "b"), ("date=gt2024", "c"),
    ("date=ne2024", "c"), ("date=ge2024-01-15", "cba"), ("date=le2024-01-15", "ba"),
    ("date=lt2024-01-15", "a"), ("date=sa2024-06", "c"), ("date=eb2025", "ba"),
    ("date=ge2024-01&date=lt2024-02", "ba"),
    ("_id=a,c", "ca"), ("_id=a&status=superseded", ""),
    ("_lastUpdated=1970-01-01", "cba"), ("_lastUpdated=gt1970-01-01", ""),
    ("_sort=-_lastUpdated&status=current", "ba"),
])
async def test_search(find: Find, text: str, expected: str) -> None:
    assert await find(text) == list(expected)


@pytest.mark.usefixtures("three")
async def test_another_tenant_service_or_type_finds_nothing(
    ground: Ground, find: Find, query: Callable[[str], Query]
) -> None:
    assert await find("patient=p1", Tenant("autre")) == []
    for service, rtype in (("ins", "Doc"), ("dmp", "List")):
        page = await store.search(ground.database, ground.tenant, service, rtype, query(""))
        assert page == Page([], 0, "")
        assert await store.read(ground.database, ground.tenant, service, rtype, "a") is None
    assert await store.read(ground.database, Tenant("autre"), "dmp", "Doc", "a") is None


@pytest.mark.usefixtures("three")
async def test_read_gives_the_bytes(ground: Ground) -> None:
    found = await store.read(ground.database, ground.tenant, "dmp", "Doc", "a")
    assert found == ("a", 1, 1, b'{"id":"a"}')


@pytest.mark.usefixtures("three")
async def test_a_new_version_replaces_its_index_rows(ground: Ground, find: Find) -> None:
    def second() -> Any:
        return ground.database.write(store.writes_for(
            ground.tenant, "dmp", "Doc", "a", b"{}",
            Indexes(tokens=[("status", "s", "superseded")]), version=2, updated=9,
        ))

    await second()
    assert await find("status=current") == ["b"]
    assert await find("status=superseded") == ["a", "c"]
    with pytest.raises(Conflict):
        await second()
    with pytest.raises(Duplicate):
        await put(ground, "a", 10)
    assert await find("status=superseded") == ["a", "c"]


async def test_paging_is_stable_while_others_write(
    ground: Ground, query: Callable[[str], Query]
) -> None:
    order = random.Random(1)
    for n in range(23):
        await put(ground, f"d{n:02d}", order.randrange(6), tokens=[("status", "s", "current")])
    seen: list[tuple[int, str]] = []
    cursor, pages = "", 0
    while True:
        page = await store.search(
            ground.database, ground.tenant, "dmp", "Doc",
            query(f"status=current&_count=5&_cursor={cursor}"),
        )
        seen += [(row.updated, row.rid) for row in page.rows]
        pages += 1
        await put(ground, f"nouveau{pages}", 100 + pages, tokens=[("status", "s", "current")])
        cursor = page.next_cursor
        if not cursor:
            break
    assert pages == 5
    assert len({rid for _, rid in seen}) == 23
    assert all(before > after for before, after in pairwise(seen))


@pytest.mark.usefixtures("three")
async def test_totals(ground: Ground, query: Callable[[str], Query]) -> None:
    async def total(text: str) -> tuple[int, int | None, bool]:
        page = await store.search(ground.database, ground.tenant, "dmp", "Doc", query(text))
        return len(page.rows), page.total, bool(page.next_cursor)

    assert await total("") == (3, 3, False)
    assert await total("_count=2") == (2, None, True)
    assert await total("_count=3") == (3, 3, False)
    assert await total("_count=2&_total=accurate") == (2, 3, True)
    assert await total("_count=0") == (0, 3, False)
    assert await total("_summary=count&status=current") == (0, 2, False)
    assert await total("_count=0&_totalMethod=count") == (0, 3, False)
    assert await total("status=superseded,current&_count=0") == (0, 3, False)


@pytest.mark.usefixtures("three")
async def test_a_cursor_serves_one_search_only(
    ground: Ground, query: Callable[[str], Query]
) -> None:
    def search(text: str, tenant: Tenant = ground.tenant) -> Any:
        return store.search(ground.database, tenant, "dmp", "Doc", query(text))

    cursor = (await search("_count=1")).next_cursor
    assert [r.rid for r in (await search(f"_count=1&_cursor={cursor}")).rows] == ["b"]
    altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for text, tenant in (
        (f"_count=1&_cursor={altered}", ground.tenant),
        (f"_count=2&_cursor={cursor}", ground.tenant),
        (f"_count=1&status=current&_cursor={cursor}", ground.tenant),
        (f"_count=1&_cursor={cursor}", Tenant("autre")),
        ("_cursor=x", ground.tenant), ("_cursor=é", ground.tenant), ("_cursor=%01", ground.tenant),
        ("_cursor=" + "A" * 5000, ground.tenant),
    ):
        with pytest.raises(Refusal) as caught:
            await search(text, tenant)
        assert caught.value.error is CURSOR_INVALID


@pytest.mark.parametrize(("text", "error"), [
    ("couleur=bleu", PARAMETER_UNKNOWN), ("status:text=a", PARAMETER_UNKNOWN),
    ("status:=a", None), ("patient.name=x", PARAMETER_UNKNOWN), ("_include=a", PARAMETER_UNKNOWN),
    ("_count=-1", PARAMETER_INVALID), ("_count=x", PARAMETER_INVALID),
    ("_sort=date", PARAMETER_INVALID), ("_total=estimate", PARAMETER_INVALID),
    ("_summary=true", PARAMETER_INVALID), ("date=hier", PARAMETER_INVALID),
    ("status:missing=peut-etre", PARAMETER_INVALID),
])
async def test_what_is_not_supported_is_named(
    query: Callable[[str], Query], text: str, error: object
) -> None:
    if error is None:
        assert len(query(text).criteria) == 1
        return
    with pytest.raises(Refusal) as caught:
        query(text)
    assert caught.value.error is error
    assert caught.value.at == "http." + text.split("=")[0]


async def test_a_lenient_client_is_told_what_was_ignored(
    exchange: Callable[..., Exchange]
) -> None:
    asked = exchange("GET", query="couleur=bleu&status=current", prefer="handling=lenient")
    found = read_query(asked, PARAMETERS)
    assert (found.ignored, found.echo) == (["couleur"], [("status", "current")])


async def test_equal_shapes_share_one_statement(query: Callable[[str], Query]) -> None:
    def statement(text: str) -> object:
        criteria, driven, _ = selection.start(query(text).criteria)
        return selection.page(selection.shape_of(criteria), driven, False)

    assert statement("status=a&patient=1") is statement("patient=2&type=b")
    assert statement("status=a,b,c") is statement("type=a,b,c,d")
    assert statement("status=a") is not statement("status=s|a")


async def test_what_no_search_starts_from_is_tested_and_not_indexed_by_value(
    ground: Ground, query: Callable[[str], Query], exchange: Callable[..., Exchange]
) -> None:
    indexes = {
        "tokens": [("type", "s", "1"), ("status", "s", "current")], "strings": [("title", "Un")],
        "identifiers": [("patient", "s", "n1")], "references": [("patient", "Patient", "p1")],
        "dates": [("date", *interval("2024"))],
    }
    follow = tuple(
        replace(each, leads=each.name in ("status", "patient")) for each in PARAMETERS
    )
    await put(ground, "a", 1, **indexes, following=following(follow))
    await put(ground, "b", 2, **indexes)
    search = partial(store.search, ground.database, ground.tenant, "dmp", "Doc")
    for text in (
        "type=1", "type=s|1,2&status=current", "title=un&patient=p1", "date=2024",
        "patient:identifier=n1&type=1", "type=1&title=un&date=2024&_total=accurate",
    ):
        criteria = read_query(exchange("GET", query=text), follow).criteria
        begun = selection.start(criteria)
        assert not begun.driven or begun.criteria[0].leads, text
        page = await search(Query(criteria, total=True))
        assert ([row.rid for row in page.rows], page.total) == (["b", "a"], 2), text
    for text in ("type=1", "title=un", "date=ge2023"):
        # Asked as if they led, which no service does that declares them so.
        assert [row.rid for row in (await search(query(text))).rows] == ["b"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("text", "index"), [
    ("", "ix_fhir_resource_newest"), ("status=current", "ix_fhir_token_value"),
    ("status=current&patient=p1", "ix_fhir_reference_value"),
    ("status=current&patient:identifier=s|p1&date=2024", "ix_fhir_token_value"),
    ("title=a&status=current", "ix_fhir_string_value"),
    ("date=ge2024", "ix_fhir_date_end"), ("date=le2024", "ix_fhir_date_value"),
    ("date=2024", "ix_fhir_date_value"), ("title:exact=a", "ix_fhir_string_value"),
    ("status=a,b", "ix_fhir_token_value"), ("status:not=a", "ix_fhir_resource_newest"),
    ("_lastUpdated=gt2024", "ix_fhir_resource_newest (tenant_id=? AND service=? AND rtype=? "
     "AND updated>?)"),
    ("status=a&_lastUpdated=lt2024", "param=? AND code=? AND updated<?"),
])
async def test_a_search_never_scans_nor_sorts_more_than_it_must(
    explain: Explain, query: Callable[[str], Query], text: str, index: str
) -> None:
    criteria, driven, _ = selection.start(query(text).criteria)
    shape = selection.shape_of(criteria)
    prepared = SQLITE.prepare(selection.page(shape, driven, False))
    parameters = {
        "tenant_id": "t~0", "service": "dmp", "rtype": "Doc", "count": 5,
        **selection.bound(criteria),
    }
    plan = explain(prepared.sql, prepared.arguments(parameters))
    assert index in " ".join(plan)
    assert not [step for step in plan if step.startswith("SCAN") and "anon" not in step], plan
