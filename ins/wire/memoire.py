"""What the service remembers of former calls, to judge those that follow.

Alone, a process keeps it at hand and writes it down a moment later, many souvenirs in one row: it
decides of findings only, and no call waits for it, nor pays for a row. Where several processes
serve the installation, each reads and writes it at every call. Either way it is in the database
after a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from ins import store
from ins.domain.souvenirs import MOST, Souvenir, Souvenirs
from services.kernel.database import StorageFailure
from services.kernel.sandbox import Sandbox

RESOURCE = "ins"
TENANTS = 100
"""Tenants whose souvenirs are at hand."""
DELAY_SECONDS = 0.1
PAGE = "page"
"""Subject of the rows of a process alone: each holds what it had to write down at once."""
log = logging.getLogger("socle.ins")


@dataclass(slots=True)
class Own:
    """Of one tenant: its souvenirs at hand, those to write down, how many pages of them are being
    written, and the pages that hold the rest, oldest first, each with its number of souvenirs."""

    known: Souvenirs = field(default_factory=Souvenirs)
    pending: list[Souvenir] = field(default_factory=list)
    writing: int = 0
    pages: deque[tuple[Souvenir, int]] = field(default_factory=deque)


class Memoire:
    """One per process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._database, self._alone = sandbox.database, sandbox.alone
        self._tenants: OrderedDict[str, Own] = OrderedDict()
        self._added: Counter[str] = Counter()
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def about(self, tenant_key: str, *sujets: str) -> list[Souvenir]:
        """The souvenirs of these subjects, oldest first within each."""
        if not self._alone:
            return [each for sujet in sujets
                    for each in await store.about(self._database, tenant_key, sujet)]
        known = (await self._of(tenant_key)).known
        return [each for sujet in sujets for each in known.of(sujet)]

    async def seen(self, tenant_key: str, sujets: Sequence[str]) -> set[str]:
        """Which of these subjects a former call had."""
        return {each.sujet for each in await self.about(tenant_key, *sujets)}

    async def add(self, tenant_key: str, several: Sequence[Souvenir]) -> None:
        """Remember these too, and forget the oldest."""
        if not several:
            return
        if self._alone:
            own = await self._of(tenant_key)
            own.known.add(several)
            own.pending += several
            if self._writing is None or self._writing.done():
                self._writing = asyncio.get_running_loop().create_task(self._later())
            return
        self._added[tenant_key] += len(several)
        trim = self._added[tenant_key] > MOST // 4
        if trim:
            del self._added[tenant_key]
        await store.remember(self._database, tenant_key, several, trim=trim)

    async def latest(self, tenant_key: str) -> list[Souvenir]:
        """Everything that is remembered, oldest first."""
        if self._alone:
            return (await self._of(tenant_key)).known.every()
        return await store.latest(self._database, tenant_key)

    async def flush(self) -> None:
        """Return once everything so far is written down: a page for each tenant."""
        async with self._turn:  # what is being written is not yet written
            for tenant_key, own in list(self._tenants.items()):
                if own.pending:
                    await self._write(tenant_key, own)

    async def _later(self) -> None:
        while any(own.pending for own in self._tenants.values()):
            await asyncio.sleep(DELAY_SECONDS)
            await self.flush()

    async def _write(self, tenant_key: str, own: Own) -> None:
        several, own.pending = own.pending[-MOST:], []
        last = several[-1]
        content = orjson.dumps([tuple(each) for each in several]).decode()
        page = Souvenir(PAGE, f"{last.at}:{last.sujet}:{last.id}", last.at, content)
        own.pages.append((page._replace(content=""), len(several)))
        held, gone = sum(count for _, count in own.pages), []
        while held - own.pages[0][1] >= MOST:
            oldest, count = own.pages.popleft()
            held -= count
            gone.append(oldest)
        own.writing += 1
        try:
            await store.remember(self._database, tenant_key, [page], without=gone)
        except StorageFailure as failure:
            log.warning("souvenirs of %s lost: %s", tenant_key, failure)
        finally:
            own.writing -= 1

    async def _of(self, tenant_key: str) -> Own:
        own = self._tenants.get(tenant_key)
        if own is None:
            read = _read(await store.latest(self._database, tenant_key))
            self._make_room()
            own = self._tenants.setdefault(tenant_key, read)
        self._tenants.move_to_end(tenant_key)
        return own

    def _make_room(self) -> None:
        """For one more tenant: those named longest ago go, once all that they had is written."""
        spare = len(self._tenants) + 1 - TENANTS
        if spare > 0:
            idle = [key for key, own in self._tenants.items() if not (own.pending or own.writing)]
            for tenant_key in idle[:spare]:
                del self._tenants[tenant_key]


def _read(rows: Sequence[Souvenir]) -> Own:
    """From the rows of a tenant, those of several processes included."""
    own = Own()
    for row in rows:
        several = [row]
        if row.sujet == PAGE:
            several = [Souvenir(*each) for each in orjson.loads(row.content)]
        own.known.add(several)
        own.pages.append((row._replace(content=""), len(several)))
    return own


async def start(sandbox: Sandbox) -> None:
    sandbox.resources[RESOURCE] = Memoire(sandbox)


async def stop(sandbox: Sandbox) -> None:
    await memoire(sandbox).flush()


def memoire(sandbox: Sandbox) -> Memoire:
    """That of the process."""
    found: Memoire = sandbox.resources[RESOURCE]
    return found
