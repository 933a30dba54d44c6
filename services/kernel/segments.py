"""Files of the journal: raw bytes appended to segments, one narrow index row per exchange."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

SEGMENT_BYTES = 64 * 1024 * 1024
PURGE_ROWS = 2000
SHAPE = 1
"""`user_version` of the index: its first shape (0) held an id to be one tenant's only, which those
of two tenants of the same seed are not."""
_TABLE = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, tenant_key TEXT NOT NULL, at INTEGER,
  service TEXT, transaction_ TEXT, protocol TEXT, peer TEXT, line TEXT, status TEXT, outcome TEXT,
  fidelity TEXT, caller TEXT, note TEXT, error TEXT, error_label TEXT, duration INTEGER,
  findings BLOB, segment INTEGER, offset INTEGER, request INTEGER, response INTEGER)
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS entry_tenant ON entry (tenant_key, number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS entry_id ON entry (tenant_key, id)",
)
_INSERT = "INSERT INTO entry VALUES (NULL, ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?)"
_SUMMARY = """
SELECT id, tenant_key, at, service, transaction_, protocol, peer, line, status, outcome, fidelity,
       caller, note, error, error_label, duration, findings FROM entry
"""
# Only our own constants are joined here; every value is a parameter.
_NEWEST = f"""{_SUMMARY}
WHERE tenant_key = :tenant AND (:service = '' OR service = :service)
  AND (:transaction = '' OR transaction_ = :transaction)
  AND (:before = '' OR number < (
    SELECT number FROM entry WHERE tenant_key = :tenant AND id = :before))
ORDER BY number DESC LIMIT :limit
"""  # noqa: S608
_ONE = f"{_SUMMARY} WHERE id = ? AND tenant_key = ?"
_PURGE = """
DELETE FROM entry WHERE number IN (
  SELECT number FROM entry WHERE tenant_key = ? LIMIT ?)
"""
_PLACE = "SELECT segment, offset, request, response FROM entry WHERE id = ? AND tenant_key = ?"


class Segments:
    """Appends come from the journal's thread, reads from any; the oldest segments go first."""

    def __init__(self, directory: Path, limit_bytes: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._limit = limit_bytes
        self._index = sqlite3.connect(
            directory / "index.sqlite", isolation_level=None, check_same_thread=False
        )
        self._lock = threading.RLock()
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", _TABLE):
            self._index.execute(statement)
        if self._index.execute("PRAGMA user_version").fetchone()[0] < SHAPE:
            self._reshape()
        for statement in _INDEXES:
            self._index.execute(statement)
        numbers = [int(path.stem) for path in directory.glob("*.segment")]
        self._number = max(numbers, default=0)
        self._file = self._path(self._number).open("ab")

    def append(self, batch: list[tuple[Any, ...]]) -> None:
        """Write the bytes, then the index rows. The last two items of a record are the bytes."""
        if self._file.tell() > SEGMENT_BYTES:
            self._rotate()
        offset = self._file.tell()
        rows = []
        for *atoms, request, response in batch:
            self._file.write(request)
            self._file.write(response)
            rows.append((*atoms, self._number, offset, len(request), len(response)))
            offset += len(request) + len(response)
        self._file.flush()
        with self._lock, self._index:
            self._index.execute("BEGIN")
            self._index.executemany(_INSERT, rows)

    def query(
        self, tenant_key: str, service: str, transaction: str, limit: int, before: str
    ) -> list[tuple[Any, ...]]:
        """Index rows, newest first; empty strings mean any."""
        values = {"tenant": tenant_key, "service": service, "transaction": transaction,
                  "before": before, "limit": limit}
        with self._lock:
            return self._index.execute(_NEWEST, values).fetchall()

    def row(self, tenant_key: str, id: str) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._index.execute(_ONE, (id, tenant_key)).fetchone()
        return found

    def raw(self, tenant_key: str, id: str) -> tuple[bytes, bytes] | None:
        """The bytes of one exchange, None when unknown or its segment is gone."""
        with self._lock:
            place = self._index.execute(_PLACE, (id, tenant_key)).fetchone()
        if place is None:
            return None
        segment, offset, request, response = place
        try:
            with self._path(segment).open("rb") as file:
                file.seek(offset)
                return file.read(request), file.read(response)
        except FileNotFoundError:
            return None

    def purge(self, tenant_key: str) -> bool:
        """Drop some of a tenant's rows; whether there were any. Bytes go with their segments."""
        with self._lock:
            return self._index.execute(_PURGE, (tenant_key, PURGE_ROWS)).rowcount > 0

    def close(self) -> None:
        self._file.close()
        self._index.close()

    def _reshape(self) -> None:
        for statement in (
            "BEGIN", "DROP INDEX IF EXISTS entry_tenant", "ALTER TABLE entry RENAME TO old",
            _TABLE, "INSERT INTO entry SELECT * FROM old", "DROP TABLE old",
            f"PRAGMA user_version = {SHAPE}", "COMMIT",
        ):
            self._index.execute(statement)

    def _rotate(self) -> None:
        self._file.close()
        self._number += 1
        self._file = self._path(self._number).open("ab")
        paths = sorted(self._directory.glob("*.segment"))
        total = sum(path.stat().st_size for path in paths)
        for path in paths[:-1]:
            if total <= self._limit:
                break
            total -= path.stat().st_size
            with self._lock:
                self._index.execute("DELETE FROM entry WHERE segment = ?", (int(path.stem),))
            path.unlink()

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08d}.segment"
