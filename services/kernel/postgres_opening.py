"""A PostgreSQL database made ready: its tables created, migrated, or refused.

Several processes may start at once on an empty database: the first creates the tables in one
transaction, the others find them. A migration holds the row of the revision; no advisory locks.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg

from services.kernel.database import UnusableDatabase
from services.kernel.postgres_pool import Connection, connect
from services.kernel.schema import REVISION, definitions
from services.kernel.statements import POSTGRESQL

SCHEMES = ("postgresql", "postgres")
ATTEMPTS = 5
REVISION_HELD = "SELECT version_num FROM alembic_version FOR UPDATE"
_TAKEN = (
    asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError,
    asyncpg.SerializationError, asyncpg.DeadlockDetectedError,
)
"""Another process creates the same tables at the same time."""


async def prepare_schema(url: str) -> None:
    """Leave the database at this version's revision. Raises UnusableDatabase."""
    connection = await _reached(url)
    try:
        for _ in range(ATTEMPTS):
            try:
                await _ensure_schema(connection, url)
                async with connection.transaction():
                    await _bring_up_to_date(connection)
            except _TAKEN:
                continue
            return
        raise UnusableDatabase(
            f"{shown(url)} a déjà des tables de mêmes noms, qui ne sont pas celles de Socle."
        )
    except asyncpg.PostgresError as error:
        raise UnusableDatabase(f"{shown(url)} refuse de créer les tables : {error}") from error
    finally:
        await connection.close()


async def _bring_up_to_date(connection: Connection) -> None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        for definition in definitions(POSTGRESQL.dialect):
            await connection.execute(definition)
        await connection.execute("INSERT INTO alembic_version VALUES ($1)", REVISION)
        return
    revision = await connection.fetchval(REVISION_HELD)
    if revision == REVISION:
        return
    from services.kernel.migrations import script

    await connection.execute(script(revision))


async def _reached(url: str) -> Connection:
    if urlsplit(url).scheme not in SCHEMES:
        raise UnusableDatabase(
            f"Adresse de base de données non reconnue : {shown(url)} (attendu : postgresql://…)."
        )
    try:
        return await connect(url)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnusableDatabase(
            f"La base de données {shown(url)} ne répond pas : {str(error) or type(error).__name__}"
        ) from error


def in_schema(url: str, schema: str) -> str:
    """The same address, confined to one schema (created at opening when absent)."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return urlunsplit(parts._replace(query=urlencode({**query, "search_path": schema})))


async def drop_schema(url: str) -> None:
    """Forget everything below an address made by `in_schema`."""
    connection = await connect(url)
    try:
        await connection.execute(f"DROP SCHEMA IF EXISTS {_schema(url)} CASCADE")
    finally:
        await connection.close()


async def _ensure_schema(connection: Connection, url: str) -> None:
    if _schema(url) and await connection.fetchval("SELECT current_schema()") is None:
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_schema(url)}")


def _schema(url: str) -> str:
    """The first schema of the search path, quoted; "" when the address names none."""
    named = parse_qs(urlsplit(url).query).get("search_path", [""])[-1].partition(",")[0].strip()
    return '"' + named.strip('"').replace('"', '""') + '"' if named else ""


def shown(url: str) -> str:
    """The address without its password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host, query=""))
