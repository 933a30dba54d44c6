"""The database, whatever runs it: reads by key or page, writes as one transaction each.

    row = await database.one(GET, tenant_id=tenant.key, id=id)
    await database.write([Write(PUT, {...}), Write(INDEX, {...})])

A write is a list of (statement, parameters, expected row count): all or nothing. The call returns
after the commit, so what is acknowledged is durable. Two engines: SQLite in a file
(`services.kernel.sqlite`), and PostgreSQL (`services.kernel.postgres`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Executable

Row = tuple[Any, ...]


class Duplicate(Exception):
    """A key or unique constraint is already taken; nothing was written."""


class Conflict(Exception):
    """A statement touched another number of rows than expected; nothing was written."""


class StorageFailure(Exception):
    """The database did not answer or could not commit: disk full, server down.

    Nothing was written, unless the connection was lost while the commit was being confirmed.
    """


class UnusableDatabase(Exception):
    """The database cannot be opened; the message is for the user, in French."""


class OutdatedData(UnusableDatabase):
    """The data is of a revision this version cannot migrate."""


@dataclass(frozen=True, slots=True)
class Write:
    """One statement of a write. `rows`: expected row count, None for any.

    each: executes it once for each of these, `parameters` being what they have in common.
    """

    statement: Executable
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    each: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Preface:
    """What goes before a write, in its transaction. committed: called once that is durable, so
    that what a failed write would have noted is noted by the next one."""

    write: Write
    committed: Callable[[], None]


class Database(ABC):
    """One open database. Every call may raise StorageFailure.

    No text with a NUL can be stored: a write refuses it (MALFORMED), a read finds nothing. url:
    what other processes open, "" when none may.
    """

    url = ""

    def __init__(self) -> None:
        self.preface: Callable[[Sequence[Write]], Preface | None] = lambda writes: None
        """What a write begins with, if anything: tenants note their first one."""

    @abstractmethod
    async def one(self, statement: Executable, **parameters: Any) -> Row | None:
        """The first row, or None."""

    @abstractmethod
    async def all(self, statement: Executable, **parameters: Any) -> list[Row]:
        """Every row: bound the statement with LIMIT."""

    async def write(self, writes: Sequence[Write]) -> None:
        """Execute all as one durable transaction. Raises Duplicate, Conflict or StorageFailure."""
        preface = self.preface(writes)
        if preface is None:
            return await self._commit(writes)
        await self._commit([preface.write, *writes])
        preface.committed()

    @abstractmethod
    async def _commit(self, writes: Sequence[Write]) -> None:
        """As `write`, without preface."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked for, then close."""


async def open_database(place: Path | str, transient: str = "") -> Database:
    """Open, create or migrate. Raises UnusableDatabase.

    place: the file of a SQLite database, or the address of a PostgreSQL one (`postgresql://…`);
    transient: there, the name of a schema that is dropped when the database is closed.
    """
    if isinstance(place, Path):
        from services.kernel.sqlite import open_file

        return open_file(place)
    try:
        from services.kernel.postgres import open_server
    except ModuleNotFoundError as error:
        raise UnusableDatabase(
            "PostgreSQL demande le paquet asyncpg : pip install 'socle[postgres]'."
        ) from error
    return await open_server(place, transient)
