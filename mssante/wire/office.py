"""The post office of an installation: open sessions, what they hold, and who waits for a mail."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mssante import errors
from mssante.codes import MAX_HELD
from services.kernel.sandbox import Sandbox

if TYPE_CHECKING:
    from mssante.wire.smtp_protocol import SubmissionProtocol

READERS = 2
"""Large mails parsed at a time: the threads are shared with the whole sandbox."""

Box = tuple[str, str]
"""A tenant's key and an address."""


class PostOffice:
    """`sessions` are the open connections; `held` the bytes of the messages being received."""

    def __init__(self) -> None:
        self.sessions: set[SubmissionProtocol] = set()
        self.held = 0
        self.readers = asyncio.Semaphore(READERS)
        self._watchers: defaultdict[Box, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def receiving(self, forget: Callable[[], None]) -> Iterator[Callable[[int], None]]:
        """A function to tell of every byte of one message.

        When there is no more room it calls `forget` and raises ENCOMBREMENT.
        """
        own = 0

        def take(size: int) -> None:
            nonlocal own
            own += size
            self.held += size
            if self.held > MAX_HELD:
                forget()
                raise errors.ENCOMBREMENT(at="DATA")

        try:
            yield take
        finally:
            self.held -= own

    def announce(self, tenant_key: str, addresses: Iterable[str]) -> None:
        """A mail was stored in these mailboxes."""
        for address in addresses:
            for event in self._watchers.get((tenant_key, address), ()):
                event.set()

    @contextmanager
    def watching(self, tenant_key: str, address: str) -> Iterator[asyncio.Event]:
        """An event that each mail into this mailbox sets: clear it before looking inside."""
        box, event = (tenant_key, address), asyncio.Event()
        self._watchers[box].add(event)
        try:
            yield event
        finally:
            self._watchers[box].discard(event)
            if not self._watchers[box]:
                del self._watchers[box]


def post_office(sandbox: Sandbox) -> PostOffice:
    """The installation's post office, opened when first asked for."""
    office = sandbox.resources.get("mssante")
    if not isinstance(office, PostOffice):
        office = sandbox.resources["mssante"] = PostOffice()
    return office
