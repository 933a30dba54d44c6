"""What resets and deletions leave behind, removed in small steps that hold nobody up.

The list of what is left is in the database, written with the reset itself: a restart goes on. Each
key is purged twice, the second time once no exchange that began before the reset can still write.
Of several processes one purges, and looks at the list for what the others have left.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque

from sqlalchemy import BigInteger, Executable, Table, bindparam, delete, select, tuple_

from services.kernel.blobs import Blobs
from services.kernel.clock import monotonic
from services.kernel.database import Database, StorageFailure, Write
from services.kernel.journal import Journal
from services.kernel.schema import metadata
from services.kernel.tenants import left_behind

CHUNK = 200
"""Rows of one step: a few milliseconds of the writer."""
GRACE_SECONDS = 300.0
"""Longer than any exchange: the longest delay that can be asked for is two minutes."""

LOOK_SECONDS = 1.0

LEFT = select(left_behind.c.tenant_key).order_by(left_behind.c.at)
DONE = delete(left_behind).where(left_behind.c.tenant_key == bindparam("key"))

log = logging.getLogger("socle.purge")


class Purger:
    """One task for the installation. works: whether it is this process's; shared: for others too.
    """

    def __init__(
        self, database: Database, journal: Journal, blobs: Blobs, *, works: bool = True,
        shared: bool = False,
    ) -> None:
        self._database, self._journal, self._blobs = database, journal, blobs
        self._works, self._shared = works, shared
        self._taken: set[str] = set()
        self._tables = [_emptying(each) for each in metadata.sorted_tables if each.info["tenant"]]
        self._first: deque[str] = deque()
        self._second: deque[tuple[float, str]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what the last run left."""
        if self._works:
            await self._look()
            self._task = asyncio.create_task(self._run())

    def add(self, tenant_key: str) -> None:
        """Purge this key, soon: it is on the list."""
        if self._works and tenant_key not in self._taken:
            self._taken.add(tenant_key)
            self._first.append(tenant_key)
            self._wake.set()

    async def stop(self) -> None:
        """At once: the next run goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def purge(self, tenant_key: str) -> None:
        """Remove every row, journal entry and blob of a key that is no tenant's any more."""
        for any_row, chunk in self._tables:
            while await self._database.one(any_row, tenant_id=tenant_key):
                began = monotonic()
                await self._database.write([Write(chunk, {"tenant_id": tenant_key})])
                # As long a pause as the step took: half of the writer's time is for others.
                await asyncio.sleep(monotonic() - began)
        await self._journal.purge(tenant_key)
        await self._blobs.purge(tenant_key)

    async def finish(self, tenant_key: str) -> None:
        """Purge what came late, and forget the key."""
        await self.purge(tenant_key)
        await self._database.write([Write(DONE, {"key": tenant_key})])
        self._taken.discard(tenant_key)

    async def _look(self) -> None:
        for row in await self._database.all(LEFT):
            self.add(row[0])

    async def _run(self) -> None:
        while True:
            key = ""
            try:
                if self._first:
                    key = self._first.popleft()
                    await self.purge(key)
                    self._second.append((monotonic() + GRACE_SECONDS, key))
                elif self._second and self._second[0][0] <= monotonic():
                    key = self._second.popleft()[1]
                    await self.finish(key)
                else:
                    await self._idle()
            except StorageFailure as failure:
                log.warning("purge of %s interrupted: %s", key or "what is left", failure)
                self._taken.discard(key)
                await asyncio.sleep(LOOK_SECONDS)
            except Exception:
                log.exception("purge of %s stopped: the next start goes on", key)

    async def _idle(self) -> None:
        """Until there is something to do."""
        self._wake.clear()
        left = self._second[0][0] - monotonic() if self._second else None
        if self._shared:
            left = LOOK_SECONDS if left is None else min(left, LOOK_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), left)
        if self._shared:
            await self._look()


def _emptying(table: Table) -> tuple[Executable, Executable]:
    """Is there a row of a tenant; and: delete CHUNK of them, found by their whole key."""
    owned = table.c.tenant_id == bindparam("tenant_id")
    keys = [column for column in table.primary_key.columns if column.name != "tenant_id"]
    any_row = select(table.c.tenant_id).where(owned).limit(bindparam("one", 1, BigInteger))
    if not keys:
        return any_row, delete(table).where(owned)
    some = select(*keys).where(owned).limit(bindparam("chunk", CHUNK, BigInteger))
    return any_row, delete(table).where(owned, tuple_(*keys).in_(some))
