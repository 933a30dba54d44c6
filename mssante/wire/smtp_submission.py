"""The submission front as the kernel's listener sees it: a protocol per connection, and a stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from mssante import errors
from mssante.wire.office import post_office
from mssante.wire.smtp_protocol import SubmissionProtocol
from services.kernel.sandbox import Sandbox

GRACE_SECONDS = 0.4
STEP_SECONDS = 0.01


def protocol_factory(sandbox: Sandbox) -> Callable[[], asyncio.Protocol]:
    """What `loop.create_server` needs, in the running loop."""
    office, loop = post_office(sandbox), asyncio.get_running_loop()

    def connection() -> asyncio.Protocol:
        protocol: asyncio.Protocol = SubmissionProtocol(sandbox, office, loop)
        return protocol

    return connection


async def close_connections(sandbox: Sandbox) -> None:
    """Let mails being stored be answered, say 421 to the others, then cut what stays open."""
    office = post_office(sandbox)
    storing = asyncio.gather(*(each.conversation.idle.wait() for each in office.sessions))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(storing, GRACE_SECONDS)
    for each in list(office.sessions):
        each.hang_up(errors.ARRET())
    await asyncio.sleep(STEP_SECONDS)
    await asyncio.gather(*(each.cut() for each in list(office.sessions)))
