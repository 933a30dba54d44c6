"""The journal: every exchange, raw bytes, findings. Segment files plus a narrow index.

    journal.record(entry)                       at the close of an exchange; never blocks
    entries = await journal.query(tenant.key, service="dmp", limit=50)

Records are flushed by a thread every 250 ms; a query flushes first, and has the other processes of
the installation flush theirs, so every exchange already answered is in the answer. The journal is
evidence, not an acknowledged write: the last quarter of a second is lost by `kill -9`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from services.kernel.clock import iso, real_now
from services.kernel.errors import CatalogueError
from services.kernel.rules import Finding
from services.kernel.segments import Segments, number_at
from services.kernel.siblings import Seat

FLUSH_SECONDS = 0.25
PURGE_PAUSE = 0.005
PENDING_BYTES = 32 * 1024 * 1024
SUBSCRIBER_QUEUE = 256
MAX_LIMIT = 1000
SETTLED = 100_000
"""Microseconds between the end of an exchange and its record in the queue, at the very most."""

log = logging.getLogger("socle.journal")


@dataclass(slots=True)
class Entry:
    """One exchange to record.

    at: real instant, µs; tenant_key: Tenant.key; protocol: "HTTP/1.1", "SMTP"…; line: "POST /x" or
    "MAIL FROM…"; status: "201", "250 2.0.0"; outcome: pass | fail | error; caller: id_nat or "";
    request and response: the bytes on the wire; error: what it was refused with; duration: µs;
    note: one French line.
    """

    id: str
    tenant_key: str
    at: int
    service: str
    transaction: str
    protocol: str
    peer: str
    line: str
    status: str
    outcome: str
    fidelity: str
    request: bytes
    response: bytes
    findings: list[Finding] = field(default_factory=list)
    error: CatalogueError | None = None
    caller: str = ""
    note: str = ""
    duration: int = 0


def outcome_of(refused: bool, findings: list[Finding]) -> str:
    """`fail` when refused or when an error-level requirement is broken, else `pass`."""
    broken = findings and any(finding.severity == "error" for finding in findings)
    return "fail" if refused or broken else "pass"


class Journal:
    """One journal for the installation, every record under its tenant's key."""

    def __init__(self, directory: Path, limit_bytes: int, seat: Seat | None = None) -> None:
        """seat: of this process, when several share the directory."""
        self._segments = Segments(directory, limit_bytes, seat.number if seat is not None else 0)
        self._seat = seat
        self._pending: deque[tuple[Any, ...]] = deque()
        self._received = self._written = 0  # bytes; each is written by one thread only
        self._lost = 0
        self._closed = False
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._subscribers: dict[asyncio.Queue[dict[str, Any] | None], str] = {}
        self._teller: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def record(self, entry: Entry) -> None:
        """Queue a closed exchange. Atoms only: nothing for the garbage collector to scan."""
        findings = orjson.dumps(entry.findings) if entry.findings else b"[]"
        self._pending.append((
            entry.id, entry.tenant_key, entry.at, entry.service, entry.transaction,
            entry.protocol, entry.peer, entry.line, entry.status, entry.outcome, entry.fidelity,
            entry.caller, entry.note, entry.error.code if entry.error else "",
            entry.error.label if entry.error else "", entry.duration, findings, entry.request,
            entry.response,
        ))
        self._received += len(entry.request) + len(entry.response)

    @property
    def state(self) -> dict[str, int]:
        """Of this process: entries not yet in the files, and those that could not be written."""
        return {"pending": len(self._pending), "lost": self._lost}

    async def room(self) -> None:
        """Wait while more than 32 MiB of records are not yet on disk."""
        if self._received - self._written > PENDING_BYTES:
            await asyncio.to_thread(self._flush)

    async def flush(self) -> None:
        """Return once everything recorded so far, in any process, is in the files."""
        if self._seat is not None:
            await asyncio.to_thread(self._flush_all)
        elif self._pending or self._lock.locked():  # a batch may be on its way to the files
            await asyncio.to_thread(self._flush)

    async def query(
        self, tenant_key: str, *, service: str = "", transaction: str = "",
        limit: int = 50, before: str = "", rules: Collection[str] | None = None,
        severity: str = "",
    ) -> list[dict[str, Any]]:
        """Summaries, newest first; `before` is an entry id, to page on.

        rules: exchanges that broke one of these only; severity: that broke a rule of this one.
        """
        await self.flush()
        limit = max(1, min(limit, MAX_LIMIT))
        rows = self._segments.query(
            tenant_key, service, transaction, limit, before, rules, severity
        )
        return [_summary(row) for row in rows]

    async def broken(self, tenant_key: str) -> dict[str, int]:
        """Rule → number of exchanges that broke it."""
        await self.flush()
        return self._segments.broken(tenant_key)

    async def get(self, tenant_key: str, id: str) -> dict[str, Any] | None:
        """One summary, or None."""
        await self.flush()
        row = self._segments.row(tenant_key, id)
        return None if row is None else _summary(row)

    async def raw(self, tenant_key: str, id: str) -> tuple[bytes, bytes] | None:
        """Request and response bytes, or None when unknown or past the retention limit."""
        await self.flush()
        return self._segments.raw(tenant_key, id)

    async def purge(self, tenant_key: str) -> None:
        """Forget a tenant's entries (after a reset), a few at a time."""
        await self.flush()
        more = True
        while more:
            more = await asyncio.to_thread(self._segments.purge, tenant_key)
            await asyncio.sleep(PURGE_PAUSE)

    @contextmanager
    def subscribe(self, tenant_key: str) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        """A queue of summaries of what ends from now on; None means that some were dropped."""
        if self._teller is None:
            told = number_at(real_now())
            self._teller = asyncio.get_running_loop().create_task(self._tell(told))
        subscriber: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(SUBSCRIBER_QUEUE)
        self._subscribers[subscriber] = tenant_key
        try:
            yield subscriber
        finally:
            del self._subscribers[subscriber]
            if not self._subscribers:
                self._teller.cancel()
                self._teller = None

    def close(self) -> None:
        """Once everything is in the files; what is recorded later is not."""
        self._closing.set()
        if self._seat is not None:
            self._seat.wake()
        self._thread.join()
        self._flush()
        with self._lock:
            self._closed = True
            self._segments.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._seat is None:
                self._closing.wait(FLUSH_SECONDS)
                self._flush()
            else:
                with self._seat.asked(FLUSH_SECONDS):
                    self._flush()

    def _flush_all(self) -> None:
        self._flush()
        if self._seat is not None:
            self._seat.ask()

    def _flush(self) -> None:
        with self._lock:
            if self._closed:
                return
            batch = [self._pending.popleft() for _ in range(len(self._pending))]
            self._written += sum(len(record[-2]) + len(record[-1]) for record in batch)
            if not batch:
                return
            try:
                self._segments.append(batch)
            except Exception:
                # A flush that dies must not stop the sandbox: drop visibly and go on.
                self._lost += len(batch)
                log.exception("journal: %d entries lost", len(batch))

    async def _tell(self, told: int) -> None:
        """Tell subscribers what ends after that number, in whatever process, in its order."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            until = number_at(real_now() - SETTLED)
            try:
                await self.flush()
                rows = self._segments.between(told, until)
            except Exception:
                log.exception("journal: the stream skips a moment")
                continue
            self._publish(rows)
            told = max(told, until)

    def _publish(self, rows: list[tuple[Any, ...]]) -> None:
        for subscriber, tenant_key in list(self._subscribers.items()):
            for row in rows:
                if row[1] != tenant_key:
                    continue
                if subscriber.full():
                    subscriber.get_nowait()
                    subscriber.put_nowait(None)
                    break
                subscriber.put_nowait(_summary(row))


def _summary(row: tuple[Any, ...]) -> dict[str, Any]:
    (id, tenant_key, at, service, transaction, protocol, peer, line, status, outcome, fidelity,
     caller, note, error, error_label, duration, findings) = row
    method, _, target = line.partition(" ")
    return {
        "id": id, "tenant": tenant_key.rpartition("~")[0], "at": iso(at), "service": service,
        "transaction": transaction, "protocol": protocol, "peer": peer, "outcome": outcome,
        "fidelity": fidelity, "caller": caller, "note": note, "duration_ms": duration / 1000,
        "error": {"code": error, "label": error_label} if error else None,
        "findings": orjson.loads(findings),
        "request": {"method": method, "path": target, "raw": f"/sandbox/journal/{id}/request"},
        "response": {"status": status, "raw": f"/sandbox/journal/{id}/response"},
    }
