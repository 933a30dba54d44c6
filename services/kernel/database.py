"""The database: reads inline, writes as one transaction each, committed in groups.

    row = await database.one(GET, tenant_id=tenant.key, id=id)
    await database.write([Write(PUT, {...}), Write(INDEX, {...})])

A write is a list of (statement, parameters, expected row count): all or nothing. The call returns
after the commit, so what is acknowledged is durable (SQLite WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from services.kernel.schema import REVISION, metadata
from services.kernel.statements import prepare

Row = tuple[Any, ...]
GROUP = 256
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-16384",
    "PRAGMA mmap_size=268435456",
    "PRAGMA temp_store=MEMORY",
)


class Duplicate(Exception):
    """A key or unique constraint is already taken; nothing was written."""


class Conflict(Exception):
    """A statement touched another number of rows than expected; nothing was written."""


class StorageFailure(Exception):
    """The database could not commit (disk full, for example); nothing was written."""


class OutdatedData(Exception):
    """The data directory is of a revision this version cannot migrate."""


@dataclass(frozen=True, slots=True)
class Write:
    """One statement of a write. `rows`: expected row count, None for any."""

    statement: Executable
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None


@dataclass(slots=True)
class _Work:
    writes: Sequence[Write]
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    error: Exception | None = None


class Database:
    """SQLite in one process: an inline reader, and one writer thread that groups commits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _connect(path)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._writer.start()
        self.preface: Callable[[Sequence[Write]], Sequence[Write]] = lambda writes: writes
        """What a write becomes before it is executed: tenants note their first one."""

    async def one(self, statement: Executable, **parameters: Any) -> Row | None:
        """The first row, or None."""
        prepared = prepare(statement)
        cursor = self._reader.execute(prepared.sql, prepared.arguments(parameters))
        rows: list[Row] = cursor.fetchall()
        return rows[0] if rows else None

    async def all(self, statement: Executable, **parameters: Any) -> list[Row]:
        """Every row: bound the statement with LIMIT."""
        prepared = prepare(statement)
        return self._reader.execute(prepared.sql, prepared.arguments(parameters)).fetchall()

    async def write(self, writes: Sequence[Write]) -> None:
        """Execute all as one durable transaction. Raises Duplicate, Conflict or StorageFailure."""
        loop = asyncio.get_running_loop()
        work = _Work(self.preface(writes), loop.create_future(), loop)
        self._queue.put(work)
        await work.future

    def close(self) -> None:
        """Finish the queued writes, then close."""
        self._queue.put(None)
        self._writer.join()
        self._reader.close()

    def _run(self) -> None:
        connection = _connect(self.path)
        open_ = True
        while open_:
            first = self._queue.get()
            if first is None:
                break
            group = [first]
            while len(group) < GROUP:
                try:
                    work = self._queue.get_nowait()
                except queue.Empty:
                    break
                if work is None:
                    open_ = False
                    break
                group.append(work)
            _commit(connection, group)
            first.loop.call_soon_threadsafe(_settle, group)
        connection.close()


def _commit(connection: sqlite3.Connection, group: list[_Work]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for work in group:
            connection.execute("SAVEPOINT work")
            try:
                for write in work.writes:
                    _execute(connection, write)
                connection.execute("RELEASE work")
            except Exception as error:
                work.error = _translate(error)
                connection.execute("ROLLBACK TO work")
                connection.execute("RELEASE work")
        connection.execute("COMMIT")
    except Exception as error:
        for work in group:
            work.error = work.error or StorageFailure(str(error))
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _execute(connection: sqlite3.Connection, write: Write) -> None:
    prepared = prepare(write.statement)
    cursor = connection.execute(prepared.sql, prepared.arguments(write.parameters))
    if write.rows is not None and cursor.rowcount != write.rows:
        raise Conflict(f"{cursor.rowcount} rows instead of {write.rows}: {prepared.sql}")


def _translate(error: Exception) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return Duplicate(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return StorageFailure(str(error))
    return error


def _settle(group: list[_Work]) -> None:
    for work in group:
        if work.future.done():
            continue
        if work.error is not None:
            work.future.set_exception(work.error)
        else:
            work.future.set_result(None)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def open_database(path: Path) -> Database:
    """Open, create or migrate. Raises OutdatedData when the file is newer than this version."""
    connection = _connect(path)
    try:
        revision = _revision(connection)
        if revision is None:
            _create(connection)
        elif revision != REVISION:
            connection.close()
            from services.kernel.migrations import upgrade

            upgrade(path, revision)
    finally:
        connection.close()
    return Database(path)


def _revision(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return str(row[0]) if row else None


def _create(connection: sqlite3.Connection) -> None:
    """An empty file gets the whole schema at once; a test holds it equal to the migrations."""
    dialect = sqlite.dialect()
    connection.execute("BEGIN IMMEDIATE")
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))
    connection.execute(
        "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
    )
    connection.execute("INSERT INTO alembic_version VALUES (?)", (REVISION,))
    connection.execute("COMMIT")
