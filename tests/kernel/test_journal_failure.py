"""A journal that cannot write: it loses its entries, never the requests. And what it has not yet
written."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services import app
from services.kernel import journal
from services.kernel.segments import Segments


async def test_a_flush_that_fails_blocks_no_request(
    client: httpx.AsyncClient, running: app.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "PENDING_BYTES", 0)  # every request then waits for a flush
    with monkeypatch.context() as broken:
        broken.setattr(Segments, "append", full)
        for _ in range(5):
            answer = await client.post("/t/a/x/echo", json="salut", timeout=30)
            assert answer.status_code == 201
        await running.sandbox.journal.flush()
    assert (await client.get("/health")).json()["journal"]["lost"] == 5

    kept = await client.post("/t/a/x/echo", json="salut")
    entries = (await client.get("/t/a/sandbox/journal")).json()["entries"]
    assert [entry["id"] for entry in entries] == [kept.headers["x-sandbox-exchange"]]


async def test_health_counts_what_is_not_yet_written(
    client: httpx.AsyncClient, running: app.Running
) -> None:
    with running.sandbox.journal._lock:  # nothing is written meanwhile
        for _ in range(3):
            assert (await client.post("/t/a/x/echo", json="salut")).status_code == 201
        assert (await client.get("/health")).json()["journal"] == {"pending": 3, "lost": 0}
    await running.sandbox.journal.flush()
    assert (await client.get("/health")).json()["journal"] == {"pending": 0, "lost": 0}
