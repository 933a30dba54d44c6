"""A PostgreSQL database is created, found again, migrated or refused; by several at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.kernel import migrations
from services.kernel.database import (
    Database,
    OutdatedData,
    UnusableDatabase,
    open_database,
)
from services.kernel.postgres_pool import connect
from services.kernel.schema import REVISION
from tests.postgres.former import find_former_rows, former_rows
from tests.postgres_server import PostgresServer

SHAPE = """
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, c.collation_name
FROM information_schema.columns c WHERE c.table_schema = current_schema()
ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()"


async def asked(url: str, *statements: str) -> list[Any]:
    """Run statements; rows of the last."""
    connection = await connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [tuple(row) for row in await connection.fetch(statements[-1])]
    finally:
        await connection.close()


@pytest.mark.foreign
async def test_six_processes_start_on_an_empty_database(address: str) -> None:
    opened = await asyncio.gather(*(open_database(address) for _ in range(6)))
    assert await asked(address, "SELECT * FROM alembic_version") == [(REVISION,)]
    for each in opened:
        await each.close()


@pytest.mark.foreign
async def test_migrated_and_created_databases_have_the_same_shape(
    address: str, on_postgres: Database, postgres: PostgresServer
) -> None:
    created = await asked(address, SHAPE), await asked(address, INDEXES)
    await asked(postgres.url(), "CREATE SCHEMA migre", "SELECT 1")
    migrated = f"{postgres.url()}?search_path=migre"
    await asked(migrated, migrations.script("base"), "SELECT 1")
    shapes = await asked(migrated, SHAPE), await asked(migrated, INDEXES)
    # Index definitions name their schema.
    schema = address.rpartition("=")[2]
    plain = [sorted(row[0].replace(name, "") for row in rows if "alembic" not in row[0])
             for name, rows in ((schema, created[1]), ("migre", shapes[1]))]
    assert [row for row in created[0] if row[0] != "alembic_version"] == [
        row for row in shapes[0] if row[0] != "alembic_version"
    ]
    assert plain[0] == plain[1]


@pytest.mark.foreign
async def test_a_database_of_the_first_revision_is_migrated_with_its_rows(
    address: str, postgres: PostgresServer
) -> None:
    schema = address.rpartition("=")[2]
    await asked(postgres.url(), f"CREATE SCHEMA {schema}", "SELECT 1")
    await asked(address, migrations.script("base", "0001"), *former_rows("bytea"), "SELECT 1")
    both = await asyncio.gather(open_database(address), open_database(address))
    assert await asked(address, "SELECT * FROM alembic_version") == [(REVISION,)]
    await find_former_rows(both[0])
    for each in both:
        await each.close()


@pytest.mark.foreign
async def test_a_newer_database_is_refused(address: str, on_postgres: Database) -> None:
    await asked(address, "UPDATE alembic_version SET version_num = '9999'", "SELECT 1")
    with pytest.raises(OutdatedData, match="9999"):
        await open_database(address)


@pytest.mark.foreign
async def test_tables_of_someone_else_are_not_touched(
    address: str, postgres: PostgresServer
) -> None:
    schema = address.rpartition("=")[2]
    await asked(postgres.url(), f"CREATE SCHEMA {schema}", "SELECT 1")
    await asked(address, "CREATE TABLE tenant (a text)", "SELECT 1")
    with pytest.raises(UnusableDatabase, match="mêmes noms"):
        await open_database(address)
    assert await asked(address, "SELECT to_regclass('alembic_version')") == [(None,)]


@pytest.mark.parametrize(("url", "says"), [
    ("postgresql://moi:secret@127.0.0.1:1/base", r"postgresql://moi@127\.0\.0\.1:1/base ne répond"),
    ("mysql://moi:secret@ici/base", r"non reconnue : mysql://moi@ici/base"),
    ("postgresql://moi@ici:port/base", "ne répond pas"),
])
async def test_an_address_that_leads_nowhere_says_so_without_its_password(
    url: str, says: str
) -> None:
    with pytest.raises(UnusableDatabase, match=says) as refused:
        await open_database(url)
    assert "secret" not in str(refused.value)


async def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("services.kernel.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(UnusableDatabase, match=r"socle\[postgres\]"):
        await open_database("postgresql://ici/base")


@pytest.mark.foreign
async def test_a_transient_schema_goes_with_its_database(postgres: PostgresServer) -> None:
    opened = await open_database(postgres.url(), "Socle-ephemere")
    find = "SELECT 1 FROM pg_namespace WHERE nspname = 'socle_ephemere'"
    assert await asked(postgres.url(), find) == [(1,)]
    await opened.close()
    assert await asked(postgres.url(), find) == []
