"""What the service begins when the sandbox starts, and ends when it stops."""

from __future__ import annotations

from ins.rniv.wire.sortant import hush, resume
from ins.wire import memoire
from services.kernel.sandbox import Sandbox


async def start(sandbox: Sandbox) -> None:
    """Messages that were on their way go on; what INSi remembers is at hand."""
    await memoire.start(sandbox)
    resume(sandbox)


async def stop(sandbox: Sandbox) -> None:
    """Messages on their way stay in the outbox; what INSi remembers is written."""
    await hush(sandbox)
    await memoire.stop(sandbox)
