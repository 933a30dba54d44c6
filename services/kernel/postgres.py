"""PostgreSQL: the same statements, by asyncpg, for several processes on one database.

A write is one serialisable transaction, as on SQLite where they follow one another; when the
server refuses the order in which two of them met (SQLSTATE 40001, 40P01), it is done again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from sqlalchemy import Executable

from services.kernel.database import Conflict, Database, Row, StorageFailure, Write
from services.kernel.errors import Refusal
from services.kernel.postgres_opening import drop_schema, in_schema, prepare_schema
from services.kernel.postgres_pool import Connection, Pool, is_lost
from services.kernel.statements import POSTGRESQL

ATTEMPTS = 30
LONGEST_PAUSE = 0.05
BEGIN = "BEGIN ISOLATION LEVEL SERIALIZABLE"
Arguments = tuple[Any, ...]
prepare = POSTGRESQL.prepare


class PostgresDatabase(Database):
    """One database of a server; use it from one event loop. url: what other processes open."""

    def __init__(self, url: str, *, transient: bool = False) -> None:
        super().__init__()
        self.url = url
        self._transient = transient
        self._pool = Pool(url)

    async def one(self, statement: Executable, **parameters: Any) -> Row | None:
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None

    async def all(self, statement: Executable, **parameters: Any) -> list[Row]:
        prepared = prepare(statement)
        try:
            arguments = prepared.arguments(parameters)
        except Refusal:
            return []  # no row has a text that cannot be stored

        async def fetch(connection: Connection) -> list[Row]:
            return [tuple(row) for row in await connection.fetch(prepared.sql, *arguments)]

        try:
            return await self._pool.use(fetch)
        except StorageFailure:
            # A restarted server closes what was idle: reading again harms nobody.
            return await self._pool.use(fetch)

    async def _commit(self, writes: Sequence[Write]) -> None:
        steps = list(_steps(writes))

        async def attempt(connection: Connection) -> None:
            for number in range(ATTEMPTS):
                try:
                    return await _transaction(connection, steps)
                except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
                    await asyncio.sleep(min(LONGEST_PAUSE, 0.001 * 2 ** number))
            raise StorageFailure(f"PostgreSQL: {ATTEMPTS} attempts met other writes")

        await self._pool.use(attempt)

    async def close(self) -> None:
        await self._pool.close()
        if self._transient:
            await drop_schema(self.url)


class _Step:
    """Writes of one statement that follow one another; one alone when its rows are counted."""

    __slots__ = ("arguments", "rows", "sql")

    def __init__(self, sql: str, rows: int | None) -> None:
        self.sql, self.rows = sql, rows
        self.arguments: list[Arguments] = []

    async def execute(self, connection: Connection) -> None:
        if len(self.arguments) > 1:
            await connection.executemany(self.sql, self.arguments)
            return
        status: str = await connection.execute(self.sql, *self.arguments[0])
        if self.rows is not None and int(status.rpartition(" ")[2]) != self.rows:
            raise Conflict(f"{status} instead of {self.rows} rows: {self.sql}")


def _steps(writes: Sequence[Write]) -> Iterator[_Step]:
    step: _Step | None = None
    for write in writes:
        prepared = prepare(write.statement)
        if step is None or step.sql is not prepared.sql or not step.rows is write.rows is None:
            if step is not None:
                yield step
            step = _Step(prepared.sql, write.rows)
        if write.each:
            step.arguments += prepared.batch(write.parameters, write.each)
        else:
            step.arguments.append(prepared.arguments(write.parameters))
    if step is not None:
        yield step


async def _transaction(connection: Connection, steps: Sequence[_Step]) -> None:
    await connection.execute(BEGIN)
    try:
        for step in steps:
            await step.execute(connection)
        await connection.execute("COMMIT")
    except (Conflict, asyncpg.PostgresError) as error:
        if is_lost(error):
            connection.terminate()
        else:
            await connection.execute("ROLLBACK")
        raise


async def open_server(url: str, transient: str = "") -> PostgresDatabase:
    """Open, create or migrate; in a schema of its own if `transient`. Raises UnusableDatabase."""
    place = in_schema(url, transient.lower().replace("-", "_")) if transient else url
    await prepare_schema(place)
    return PostgresDatabase(place, transient=bool(transient))
