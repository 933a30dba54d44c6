"""Connections to PostgreSQL: the last one given back is the first one used again.

A connection that was lost is dropped and made anew at the next call: a restart of the server is
noticed only by the calls that meet it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from services.kernel.database import Duplicate, StorageFailure

T = TypeVar("T")
Connection = Any
"""An asyncpg.Connection: the library is published without types."""

SIZE = 8
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
SERVER_SETTINGS = {
    "application_name": "socle",
    "synchronous_commit": "on",  # what is acknowledged is durable, whatever the server's default
    "jit": "off",
}
LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when a connection ends under it, time limits included."""
_UNAVAILABLE = ("08", "25006", "53", "55000", "57", "58", "XX")


async def connect(url: str, **options: Any) -> Connection:
    """One connection, as every process of Socle makes them. Raises what asyncpg raises."""
    return await asyncpg.connect(
        url, timeout=CONNECT_SECONDS, server_settings=SERVER_SETTINGS,
        statement_cache_size=1024, max_cached_statement_lifetime=0, **options,
    )


class Pool:
    """At most SIZE connections, made when first needed, in the event loop that uses them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._slots = asyncio.Semaphore(SIZE)
        self._idle: list[Connection] = []

    async def use(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` on a connection. Raises Duplicate, StorageFailure, or what is a bug."""
        async with self._slots:
            connection = await self._taken()
            try:
                return await work(connection)
            except asyncpg.PostgresError as error:
                if is_lost(error):
                    connection.terminate()
                raise translated(error) from error
            except LOST as error:
                connection.terminate()
                raise StorageFailure(_said(error)) from error
            except asyncio.CancelledError:
                connection.terminate()  # in the middle of something: the server undoes it
                raise
            finally:
                self._given_back(connection)

    async def close(self) -> None:
        """Close what is idle; nothing else is in use by then."""
        for connection in self._idle:
            try:
                await connection.close(timeout=CONNECT_SECONDS)
            except (asyncpg.PostgresError, *LOST):
                connection.terminate()
        self._idle.clear()

    def _given_back(self, connection: Connection) -> None:
        if connection.is_closed():
            return
        if connection.is_in_transaction():
            connection.terminate()
            return
        self._idle.append(connection)

    async def _taken(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await connect(self._url, command_timeout=STATEMENT_SECONDS)
        except (asyncpg.PostgresError, *LOST) as error:
            raise StorageFailure(_said(error)) from error


def translated(error: Exception) -> Exception:
    """What PostgreSQL's error means to callers of the database; itself when it is a bug of ours."""
    if _state(error).startswith("23"):
        return Duplicate(str(error))
    return StorageFailure(_said(error)) if is_lost(error) else error


def is_lost(error: Exception) -> bool:
    """Whether the server goes, is full, is read only, or fails: nothing more on that connection."""
    return _state(error).startswith(_UNAVAILABLE)


def _state(error: Exception) -> str:
    return getattr(error, "sqlstate", None) or ""


def _said(error: Exception) -> str:
    return f"PostgreSQL: {str(error) or type(error).__name__}"
