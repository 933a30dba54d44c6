"""A PostgreSQL server of these tests' own: they stop it, start it and kill what uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from services import catalog
from services.kernel.database import Database, open_database
from services.kernel.postgres_opening import in_schema
from tests.postgres_server import ABSENT, PostgresServer, programs

catalog.load()  # every table


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Skipped, saying why, where no server is installed."""
    if programs() is None:
        pytest.skip(ABSENT)
    server = PostgresServer()
    server.create()
    yield server
    server.destroy()


@pytest.fixture
def address(postgres: PostgresServer, tenant: str) -> str:
    """A place in that server where nothing is yet."""
    return in_schema(postgres.url(), tenant.replace("-", "_"))


@pytest.fixture
async def on_postgres(address: str) -> AsyncIterator[Database]:
    opened = await open_database(address)
    yield opened
    await opened.close()
