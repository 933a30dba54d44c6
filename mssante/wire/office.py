"""The post office of an installation: open sessions, and who waits for a mail."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.kernel.sandbox import Sandbox

if TYPE_CHECKING:
    from mssante.wire.smtp_protocol import SubmissionProtocol


class PostOffice:
    """`sessions` are the open connections; every delivery wakes all who wait."""

    def __init__(self) -> None:
        self.sessions: set[SubmissionProtocol] = set()
        self._arrival = asyncio.Event()

    def announce(self) -> None:
        """A mail was stored."""
        self._arrival.set()
        self._arrival = asyncio.Event()

    @property
    def arrival(self) -> asyncio.Event:
        """Set by the next delivery: take it before looking into the mailbox."""
        return self._arrival


def post_office(sandbox: Sandbox) -> PostOffice:
    """The installation's post office, opened when first asked for."""
    office = sandbox.resources.get("mssante")
    if not isinstance(office, PostOffice):
        office = sandbox.resources["mssante"] = PostOffice()
    return office
