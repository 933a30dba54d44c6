"""Who listens to the journal hears of everything from then on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.kernel.clock import real_now
from services.kernel.journal import Entry, Journal


async def test_what_ends_right_after_the_subscription_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 1_000_000)
    with journal.subscribe("a~0") as told:
        journal.record(Entry(
            "1", "a~0", real_now(), "x", "X1", "HTTP/1.1", "", "GET /", "200", "pass", "default",
            b"", b"",
        ))
        assert (await asyncio.wait_for(told.get(), 60) or {})["id"] == "1"
    journal.close()
