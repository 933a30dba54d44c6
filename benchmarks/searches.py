"""Searches among many documents: those of one patient, and a page of everything there is.

Rows are copies, made by SQL, of what the product's own statements wrote for one document: filling
is not what is measured. On PostgreSQL too when `SOCLE_BENCH_DATABASE` holds the address of a
database there; its cost is then time, for the server's CPU is not ours to see.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.load import Row, held
from dmp.fhir.index import AUDIENCE, EVERYONE, PERSON
from services import catalog
from services.fhir.bundle import Entry, searchset
from services.fhir.criteria import Criterion
from services.fhir.search import Query
from services.fhir.store import Indexes, search, writes_for
from services.kernel.database import Database, open_database
from services.kernel.tenants import Tenant

FEW, MANY, EACH, GROWTH_LIMIT = 2_000, 200_000, 20, 1.3
"""Documents of the two tenants; each patient has as many in both."""
RESOURCES, PAGE, PAGE_LIMIT_MS, CALLS = 1_000_000, 50, 10.0, 300
SERVICE, MODEL = "mesure", "00000000"
CONTENT = b'{"resourceType":"DocumentReference","description":"%s"}' % (b"x" * 900)
SMALL = b'{"resourceType":"Organization","active":true,"name":"%s"}' % (b"x" * 200)
_NEW = "CAST(10000000 + i AS TEXT)"
_COLUMNS = {
    "fhir_resource": ("vid", "i", "content"),
    "fhir_token": ("param", "system", f"CASE param WHEN 'identifier' THEN {_NEW} ELSE code END",
                   "i", "leads"),
    "fhir_reference": ("param", "target_type", "CAST(i % {patients} AS TEXT)", "i"),
    "fhir_date": ("param", "lo", "hi", "i", "leads"),
}
_COPY = """
WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < {count})
INSERT INTO {table} SELECT tenant_id, service, rtype, {new}, {columns} FROM {table}, series
WHERE tenant_id = '{tenant}' AND service = 'mesure' AND rid = '00000000'
"""
OF_A_PATIENT = [
    Criterion("reference", "patient", ("ti",), (("Patient", "7"),), selective=True),
    Criterion("token", "status", ("c",), (("current",),)),
    Criterion("token", AUDIENCE, ("sc", "sc"), (EVERYONE, (PERSON, "899900000011"))),
]


def measure() -> list[Row]:
    """≤ 1.3 × the cost with a hundred times the documents; < 10 ms for a page of a million."""
    catalog.load()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "mesure.sqlite"
        rows = asyncio.run(_measure(place, "SQLite", time.process_time))
    address = os.environ.get("SOCLE_BENCH_DATABASE", "")
    if address:
        rows += asyncio.run(_measure(address, "PostgreSQL", time.monotonic))
    return rows


async def _measure(place: Path | str, name: str, clock: Callable[[], float]) -> list[Row]:
    database = await open_database(place, transient="mesure")
    few, many, all_ = Tenant("few"), Tenant("many"), Tenant("all")
    for tenant, count in ((few, FEW), (many, MANY)):
        await _model(database, tenant, "DocumentReference", CONTENT)
        await _copy(database, tenant, count, tuple(_COLUMNS))
    await _model(database, all_, "Organization", SMALL)
    await _copy(database, all_, RESOURCES, ("fhir_resource",))
    spent: dict[str, list[float]] = {}
    for _ in range(CALLS):
        for tenant in (few, many, all_):
            criteria, rtype = (
                ([], "Organization") if tenant is all_ else (OF_A_PATIENT, "DocumentReference")
            )
            began = clock()
            page = await search(
                database, tenant, SERVICE, rtype, Query(criteria=list(criteria), count=PAGE)
            )
            searchset([Entry(f"http://localhost/{rtype}/{row.rid}", row.content)
                       for row in page.rows])
            spent.setdefault(tenant.name, []).append((clock() - began) * 1e3)
            if len(page.rows) != (PAGE if tenant is all_ else EACH):
                raise SystemExit(f"{tenant.name}: {len(page.rows)} found")
    await database.close()
    medians = {each: statistics.median(values) for each, values in spent.items()}
    growth = medians["many"] / medians["few"]
    what = "CPU" if clock is time.process_time else "time"
    return [
        (f"{name}: search of a patient, {what} with {MANY:,} ÷ with {FEW:,} documents",
         f"{growth:.2f}", f"≤ {GROWTH_LIMIT}", held(growth <= GROWTH_LIMIT)),
        (f"… {what} with {MANY:,}", f"{medians['many']:.2f} ms", "", ""),
        (f"{name}: page of {PAGE} of {RESOURCES:,} resources, {what}", f"{medians['all']:.2f} ms",
         f"< {PAGE_LIMIT_MS:.0f} ms", held(medians["all"] < PAGE_LIMIT_MS)),
    ]


async def _model(database: Database, tenant: Tenant, rtype: str, content: bytes) -> None:
    """The one resource that the others are copies of; it is no patient's that is searched for."""
    indexes = Indexes(
        tokens=[("identifier", "urn:ietf:rfc:3986", MODEL), ("status", "", "current"),
                ("type", "http://loinc.org", "57833-6"), (AUDIENCE, *EVERYONE)],
        references=[("patient", "Patient", "nobody")], dates=[("date", 1, 2)],
    )
    await database.write(
        writes_for(tenant, SERVICE, rtype, MODEL, content, indexes, updated=1)
    )


async def _copy(database: Database, tenant: Tenant, count: int, tables: tuple[str, ...]) -> None:
    statements = [
        _COPY.format(
            table=table, count=count, new=_NEW, tenant=tenant.key,
            columns=", ".join(_COLUMNS[table]).format(patients=count // EACH),
        ) for table in tables
    ]
    address = getattr(database, "url", "")
    if not address:
        with sqlite3.connect(getattr(database, "path")) as connection:  # noqa: B009
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    import asyncpg

    server = await asyncpg.connect(address)
    for statement in (*statements, "ANALYZE"):
        await server.execute(statement)
    await server.close()
