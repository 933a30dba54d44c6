"""What the service remembers of former calls, to judge those that follow.

Alone, a process keeps it at hand and writes it down a moment later, as the journal does: it decides
of findings only, and no call waits for it. Where several processes serve the installation, each
reads and writes it at every call. Either way it is in the database after a restart.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Sequence

from ins import store
from ins.domain.souvenirs import MOST, Souvenir, Souvenirs
from services.kernel.database import StorageFailure
from services.kernel.exchange import Exchange
from services.kernel.sandbox import Sandbox

RESOURCE = "ins"
TENANTS = 100
"""Tenants whose souvenirs are at hand."""
DELAY_SECONDS = 0.1
log = logging.getLogger("socle.ins")


class Memoire:
    """One per process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._database, self._alone = sandbox.database, sandbox.alone
        self._tenants: OrderedDict[str, Souvenirs] = OrderedDict()
        self._pending: dict[str, list[Souvenir]] = {}
        self._added: Counter[str] = Counter()
        self._writing: asyncio.Task[None] | None = None

    async def about(self, tenant_key: str, *sujets: str) -> list[Souvenir]:
        """The souvenirs of these subjects, oldest first within each."""
        if not self._alone:
            return [each for sujet in sujets
                    for each in await store.about(self._database, tenant_key, sujet)]
        own = await self._of(tenant_key)
        return [each for sujet in sujets for each in own.of(sujet)]

    async def add(self, tenant_key: str, several: Sequence[Souvenir]) -> None:
        """Remember these too, and forget the oldest."""
        if not self._alone:
            await self._write(tenant_key, several)
            return
        (await self._of(tenant_key)).add(several)
        self._pending.setdefault(tenant_key, []).extend(several)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._later())

    async def flush(self) -> None:
        """Write down what is not yet."""
        pending, self._pending = self._pending, {}
        for tenant_key, several in pending.items():
            try:
                await self._write(tenant_key, several)
            except StorageFailure as failure:
                log.warning("souvenirs of %s lost: %s", tenant_key, failure)

    async def _later(self) -> None:
        while self._pending:
            await asyncio.sleep(DELAY_SECONDS)
            await self.flush()

    async def _write(self, tenant_key: str, several: Sequence[Souvenir]) -> None:
        self._added[tenant_key] += len(several)
        trim = self._added[tenant_key] > MOST // 4
        if trim:
            del self._added[tenant_key]
        await store.remember(self._database, tenant_key, several, trim=trim)

    async def _of(self, tenant_key: str) -> Souvenirs:
        own = self._tenants.get(tenant_key)
        if own is None:
            read = Souvenirs()
            read.add(await store.latest(self._database, tenant_key))
            own = self._tenants.setdefault(tenant_key, read)
            while len(self._tenants) > TENANTS:
                await self.flush()
                gone, _ = self._tenants.popitem(last=False)
                self._added.pop(gone, None)
        self._tenants.move_to_end(tenant_key)
        return own


async def start(sandbox: Sandbox) -> None:
    sandbox.resources[RESOURCE] = Memoire(sandbox)


async def stop(sandbox: Sandbox) -> None:
    await memoire(sandbox).flush()


def memoire(sandbox: Sandbox) -> Memoire:
    """That of the process."""
    found: Memoire = sandbox.resources[RESOURCE]
    return found


async def seen(exchange: Exchange, at: int, *sujets: str) -> set[str]:
    """Which of these subjects a former call had; all are remembered. at: real instant."""
    if not sujets:
        return set()
    own, key = memoire(exchange.sandbox), exchange.tenant.key
    again = {each.sujet for each in await own.about(key, *sujets)}
    new = [Souvenir(each, "", at) for each in sujets if each not in again]
    if new:
        await own.add(key, new)
    return again
