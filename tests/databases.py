"""Which database the tests run on: SQLite, or PostgreSQL with SOCLE_TEST_DATABASE=postgresql.

On PostgreSQL, one private server runs for the whole session, each process of pytest-xdist has a
database of its own, and every sandbox that a test starts has a schema of its own in it.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.postgres_server import ABSENT, PostgresServer, programs

CHOICE = "SOCLE_TEST_DATABASE"
SERVER = "SOCLE_TEST_POSTGRESQL"
"""Address of the session's server, for the processes of pytest-xdist."""
URL = "SOCLE_DATABASE_URL"
POSTGRESQL = os.environ.get(CHOICE) == "postgresql"

sqlite_only = pytest.mark.skipif(POSTGRESQL, reason="about SQLite's own file")
_KEY = pytest.StashKey[PostgresServer]()


def prepare(config: pytest.Config) -> None:
    """Start the server (once), make this process's database, and let every sandbox find it."""
    if not POSTGRESQL:
        os.environ.pop(URL, None)
        return
    if not hasattr(config, "workerinput"):
        if programs() is None:
            pytest.exit(f"{CHOICE}=postgresql, but {ABSENT}", returncode=2)
        config.stash[_KEY] = server = PostgresServer()
        server.create()
        os.environ[SERVER] = server.url()
    os.environ[URL] = asyncio.run(new_database(os.environ[SERVER], f"socle_{os.getpid()}"))


def finish(config: pytest.Config) -> None:
    """Stop the server this process started."""
    server = config.stash.get(_KEY, None)
    if server is not None:
        server.destroy()


def apart(name: str) -> str:
    """Address for an installation of its own that outlives its process: "" on SQLite, where the
    data directory is that already."""
    if not POSTGRESQL:
        return ""
    from services.kernel.postgres_opening import in_schema

    return in_schema(os.environ[URL], name.replace("-", "_"))


async def new_database(server: str, name: str) -> str:
    """Address of a new, empty database."""
    import asyncpg

    connection = await asyncpg.connect(server)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return f"{server.rpartition('/')[0]}/{name}"
