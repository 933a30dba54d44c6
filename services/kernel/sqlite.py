"""SQLite in one process: reads inline, and one writer thread that groups commits.

What is acknowledged is on disk (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Executable

from services.kernel.database import Conflict, Database, Duplicate, Row, StorageFailure, Write
from services.kernel.errors import Refusal
from services.kernel.schema import REVISION, definitions
from services.kernel.statements import SQLITE

GROUP = 256
BLOCK = 64
"""Rows of one statement: each statement hands the interpreter to the threads that wait, twice."""
STATEMENTS = 512
"""Kept ready by a connection: an INSERT of some rows has as many forms."""
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-16384",
    "PRAGMA temp_store=MEMORY",
)
CLOSED = "SQLite: the sandbox stops"
prepare = SQLITE.prepare


@dataclass(slots=True)
class _Work:
    writes: Sequence[Write]
    future: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop
    error: Exception | None = None


class SqliteDatabase(Database):
    """One file, of this process alone. Reads see every write that was acknowledged before them.

    While nothing is being written, reads share one snapshot: taking one costs as much as a row.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._reader, self._connection = _connect(path), _connect(path)
        self._writing = 0  # works that are not settled yet
        self._closed = False
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._writer.start()

    async def one(self, statement: Executable, **parameters: Any) -> Row | None:
        rows = self._read(statement, parameters)
        return rows[0] if rows else None

    async def all(self, statement: Executable, **parameters: Any) -> list[Row]:
        return self._read(statement, parameters)

    async def _commit(self, writes: Sequence[Write]) -> None:
        if self._closed:
            raise StorageFailure(CLOSED)
        loop = asyncio.get_running_loop()
        work = _Work(writes, loop.create_future(), loop)
        self._writing += 1
        if self._reader.in_transaction:  # under a snapshot, the log could not begin anew
            self._reader.execute("COMMIT")
        self._queue.put(work)
        await work.future

    async def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        self._reader.close()

    def _read(self, statement: Executable, parameters: Mapping[str, Any]) -> list[Row]:
        if self._closed:
            raise StorageFailure(CLOSED)
        prepared = prepare(statement)
        try:
            arguments = prepared.arguments(parameters)
        except Refusal:
            return []  # no row has a text that cannot be stored
        reader = self._reader
        try:
            if not self._writing and not reader.in_transaction:
                reader.execute("BEGIN")
            return reader.execute(prepared.sql, arguments).fetchall()
        except sqlite3.DatabaseError as error:  # a full disk may stop a read too
            raise _translate(error) from error

    def _run(self) -> None:
        connection = self._connection
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
            first.loop.call_soon_threadsafe(self._settle, group)
        connection.close()

    def _settle(self, group: list[_Work]) -> None:
        self._writing -= len(group)
        for work in group:
            if work.future.done():
                continue
            if work.error is not None:
                work.future.set_exception(work.error)
            else:
                work.future.set_result(None)


def _commit(connection: sqlite3.Connection, group: list[_Work]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        if len(group) == 1:
            _attempt(connection, group[0])
        else:
            for work in group:
                _apart(connection, work)
        connection.execute("COMMIT")
    except Exception as error:
        for work in group:
            work.error = work.error or StorageFailure(str(error))
        if connection.in_transaction:
            # What fails again ends the next one too: the thread has to live.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def _apart(connection: sqlite3.Connection, work: _Work) -> None:
    """Its failure spares the others of the group."""
    connection.execute("SAVEPOINT work")
    try:
        _attempt(connection, work)
    except Exception:
        connection.execute("ROLLBACK TO work")
    connection.execute("RELEASE work")


def _attempt(connection: sqlite3.Connection, work: _Work) -> None:
    try:
        for write in work.writes:
            _execute(connection, write)
    except Exception as error:
        work.error = _translate(error)
        raise


def _execute(connection: sqlite3.Connection, write: Write) -> None:
    prepared = prepare(write.statement)
    if write.each:
        rows = prepared.batch(write.parameters, write.each)
        if not prepared.row:
            connection.executemany(prepared.sql, rows)
            return
        for first in range(0, len(rows), BLOCK):
            block = rows[first:first + BLOCK]
            connection.execute(prepared.of_rows(len(block)), list(chain.from_iterable(block)))
        return
    cursor = connection.execute(prepared.sql, prepared.arguments(write.parameters))
    if write.rows is not None and cursor.rowcount != write.rows:
        raise Conflict(f"{cursor.rowcount} rows instead of {write.rows}: {prepared.sql}")


def _translate(error: Exception) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return Duplicate(str(error))
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
        return StorageFailure(str(error))
    return error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
    )
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def open_file(path: Path) -> SqliteDatabase:
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
    return SqliteDatabase(path)


def _revision(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return str(row[0]) if row else None


def _create(connection: sqlite3.Connection) -> None:
    """An empty file gets the whole schema at once; a test holds it equal to the migrations."""
    connection.execute("BEGIN IMMEDIATE")
    for definition in definitions(SQLITE.dialect):
        connection.execute(definition)
    connection.execute("INSERT INTO alembic_version VALUES (?)", (REVISION,))
    connection.execute("COMMIT")
