"""What a search costs when its tenant has eight times as many resources: as much.

Costs are steps of SQLite's machine, counted. What is looked for is rare and the oldest, or common;
pages stand in the order of the newest first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.fhir import store
from services.fhir.dates import interval
from services.fhir.declaration import Offer
from services.fhir.numbers import ordered
from services.fhir.search import read_query
from services.fhir.store import Indexes
from services.kernel.database import Write
from services.kernel.exchange import Exchange
from services.kernel.sqlite import SqliteDatabase, open_file
from services.kernel.tenants import Tenant
from tests.fhir.essai import API, OBSERVATION, PATIENT

FEW, MANY = 1_200, 9_600
RARE = 5
STEP = 10
SEARCHES = [
    (PATIENT, search) for search in (
        "", "_id=n3", "identifier=s|n3", "gender=rare", "gender=rare,other", "gender=common",
        "gender=common&active=rare", "active=common&gender=rare,other", "gender=common&name=rare",
        "name=rare", "name:exact=Rare", "name=common", "profile=http://rare/a",
        "profile:below=http://rare", "organization=rare", "organization=common&gender=common",
        "organization.name=rare", "_has:Observation:subject:code=rare",
        "birthdate=1900", "birthdate=lt1950", "birthdate=le1900-06", "birthdate=eb1950",
        "birthdate=ap1900", "birthdate=gt2050", "birthdate=ge2100", "birthdate=sa2050",
        "birthdate=1980", "gender=common&birthdate=1900", "gender=common&birthdate=ge2100",
        "_lastUpdated=le1970-01-01T00:00:00.000005Z", "_lastUpdated=ge1970-01-01T01:00:00Z",
        "gender=common&_lastUpdated=ge1970-01-01T01:00:00Z",
        "birthdate=1900&_sort=name", "gender=common&name=rare&_sort=birthdate",
        "birthdate=gt2050&_count=0", "gender=common&active=rare&_total=accurate",
    )
] + [
    (OBSERVATION, search) for search in (
        "value-quantity=5", "value-quantity=lt10", "value-quantity=gt900||kg",
        "value-quantity=ge950", "value-quantity=ap5", "count=5", "count=le5",
        "code=common&value-quantity=sa900", "subject:Patient.identifier=s|n3",
    )
]


def patient(n: int, size: int) -> Indexes:
    """The oldest five are rare in every way, the next five live in another century."""
    rare, late = n < RARE, RARE <= n < 2 * RARE
    word = "rare" if rare else "common"
    born = "1900-01-01" if rare else "2100-01-01" if late else "1980-05-04"
    return Indexes(
        tokens=[("gender", "", word), ("active", "", word), ("identifier", "s", f"n{n}"),
                ("profile", "", f"http://{word}/a")],
        strings=[("name", word.capitalize()), ("name", f"Nom{n}")],
        dates=[("birthdate", *interval(born))], references=[("organization", "Organization", word)],
    )


def observation(n: int, size: int) -> Indexes:
    rare, late = n < RARE, RARE <= n < 2 * RARE
    value = ordered(5.0 if rare else 950.0 if late else 70.0)
    return Indexes(
        tokens=[("code", "", "rare" if rare else "common")],
        quantities=[("value-quantity", value, value, "", "kg"), ("count", value, value, "", "")],
        references=[("subject", "Patient", f"n{n}")],
    )


def organization(n: int, size: int) -> Indexes:
    word = "rare" if n < RARE else "common"
    return Indexes(strings=[("name", f"{word} {n}")])


async def fill(database: SqliteDatabase, tenant: Tenant, size: int) -> None:
    writes: list[Write] = []
    for rtype, indexes, count in (
        ("Patient", patient, size), ("Observation", observation, size),
        ("Organization", organization, 2 * RARE),
    ):
        for n in range(count):
            rid = ("rare" if n == 0 else f"o{n}") if rtype == "Organization" else f"n{n}"
            writes += store.writes_for(
                tenant, "essai", rtype, rid, b"{}", indexes(n, count), updated=n
            )
    await database.write(writes)


class Counted:
    """A database and the steps that its reads took."""

    def __init__(self, database: SqliteDatabase) -> None:
        self.database, self.steps = database, 0
        database._reader.set_progress_handler(self._step, STEP)

    def _step(self) -> int:
        self.steps += STEP
        return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scale")


@pytest.fixture
async def both(folder: Path) -> AsyncIterator[tuple[Counted, Counted]]:
    """The same tenant with few resources and with many, filled once."""
    opened = []
    for size in (FEW, MANY):
        path = folder / f"{size}.sqlite"
        known = path.exists()
        opened.append(open_file(path))
        if not known:
            await fill(opened[-1], Tenant("espace"), size)
    yield Counted(opened[0]), Counted(opened[1])
    for each in opened:
        await each.close()


@pytest.mark.parametrize(("rtype", "text"), SEARCHES)
async def test_a_search_costs_as_much_among_many(
    both: tuple[Counted, Counted], exchange: Callable[..., Exchange], rtype: object, text: str
) -> None:
    offer = Offer(rtype, API.by_name)  # type: ignore[arg-type]
    costs, found = [], []
    for counted in both:
        query = read_query(exchange("GET", query=text), offer.type.parameters, "http://x", offer)
        page = await store.search(
            counted.database, Tenant("espace"), "essai", offer.type.name, query
        )
        costs.append(counted.steps)
        found.append(sorted(row.rid for row in page.rows if int(row.rid[1:]) < 2 * RARE))
    few, many = costs
    assert found[0] == found[1]
    assert many <= 1.3 * few + 2_000, (few, many)
