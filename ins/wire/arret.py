"""What the service ends when the sandbox stops."""

from __future__ import annotations

from ins.rniv.wire.sortant import hush
from ins.wire import memoire
from services.kernel.sandbox import Sandbox


async def stop(sandbox: Sandbox) -> None:
    """Messages on their way stay in the outbox; what INSi remembers is written."""
    await hush(sandbox)
    await memoire.stop(sandbox)
