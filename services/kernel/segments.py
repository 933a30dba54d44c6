"""Files of the journal: raw bytes appended to segments, one narrow index row per exchange.

Beside it `broken` holds which rules each exchange broke, so that the findings of one requirement
are found among any number of exchanges.

Several processes share the directory: one index, and to each its own segments. The number of an
entry is the instant of its end, then the process: who writes it first changes nothing.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Collection
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from services.kernel.siblings import SEATS

SEGMENT_BYTES = 64 * 1024 * 1024
WRITE_BYTES = 1024 * 1024
"""What goes to a segment in one call of the system."""
AT, DURATION = 2, 15
"""Where a record has the instant of its beginning and how long it took, µs."""
PURGE_ROWS = 2000
SHAPE = 2
"""`user_version` of the index: its first shape (0) held an id to be one tenant's only, which those
of two tenants of the same seed are not; the second (1) had no `broken`."""
_TABLE = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, tenant_key TEXT NOT NULL, at INTEGER,
  service TEXT, transaction_ TEXT, protocol TEXT, peer TEXT, line TEXT, status TEXT, outcome TEXT,
  fidelity TEXT, caller TEXT, note TEXT, error TEXT, error_label TEXT, duration INTEGER,
  findings BLOB, segment INTEGER, offset INTEGER, request INTEGER, response INTEGER)
"""
_BROKEN_TABLE = """
CREATE TABLE IF NOT EXISTS broken (
  tenant_key TEXT NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (tenant_key, rule, severity, number)) WITHOUT ROWID
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS entry_tenant ON entry (tenant_key, number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS entry_id ON entry (tenant_key, id)",
)
_ROW = "(?, ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?)"
BLOCK = 64
"""Index rows of one statement: each statement hands the interpreter to the threads that wait."""
_INSERT = f"INSERT INTO entry VALUES {_ROW}"  # noqa: S608
_INSERT_BLOCK = f"INSERT INTO entry VALUES {','.join([_ROW] * BLOCK)}"  # noqa: S608
_SUMMARY = """
SELECT id, tenant_key, at, service, transaction_, protocol, peer, line, status, outcome, fidelity,
       caller, note, error, error_label, duration, findings FROM entry
"""
# Only our own constants are joined here; every value is a parameter.
_WANTED = """
WHERE tenant_key = :tenant AND (:service = '' OR service = :service)
  AND (:transaction = '' OR transaction_ = :transaction)
  AND (:before = '' OR number < (
    SELECT number FROM entry WHERE tenant_key = :tenant AND id = :before))
"""
_LATEST = "ORDER BY number DESC LIMIT :limit"
_NEWEST = f"{_SUMMARY} {_WANTED} {_LATEST}"
_BROKE = """
SELECT DISTINCT number AS found FROM broken WHERE tenant_key = :tenant
  AND (:severity = '' OR severity = :severity)"""
_RULES = "AND rule IN (SELECT value FROM json_each(:rules))"
# Of a rule that every exchange breaks, only the rows that are answered are read whole.
_NEWEST_BROKEN, _NEWEST_OF_RULES = (
    f"""{_SUMMARY} WHERE number IN (
      SELECT number FROM ({_BROKE} {these}) CROSS JOIN entry
      ON number = found {_WANTED} ORDER BY found DESC LIMIT :limit
    ) ORDER BY number DESC"""  # noqa: S608
    for these in ("", _RULES)
)
_LAST = "SELECT coalesce(max(number), 0) FROM entry"
_BREAK = """
INSERT OR IGNORE INTO broken
SELECT tenant_key, json_extract(value, '$.rule'), json_extract(value, '$.severity'), number
FROM entry, json_each(CAST(findings AS TEXT)) WHERE number >= ? AND length(findings) > 2
"""
_BREAK_MINE = f"{_BREAK} AND segment = ?"
_COUNTS = "SELECT rule, count(*) FROM broken WHERE tenant_key = ? GROUP BY rule"
_ONE = f"{_SUMMARY} WHERE id = ? AND tenant_key = ?"
_PURGE = """
DELETE FROM entry WHERE number IN (
  SELECT number FROM entry WHERE tenant_key = ? LIMIT ?)
"""
_PURGE_BROKEN = """
DELETE FROM broken WHERE (tenant_key, rule, severity, number) IN (
  SELECT tenant_key, rule, severity, number FROM broken WHERE tenant_key = ? LIMIT ?)
"""
_SWEEP = """
DELETE FROM broken WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.number = broken.number)
"""
_BETWEEN = f"{_SUMMARY} WHERE number > ? AND number <= ? ORDER BY number"
_PLACE = "SELECT segment, offset, request, response FROM entry WHERE id = ? AND tenant_key = ?"


class Segments:
    """Appends come from the journal's thread, reads from any; the oldest segments go first.

    seat: of this process among those that share the directory.
    """

    def __init__(self, directory: Path, limit_bytes: int, seat: int = 0) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._limit = limit_bytes
        self._index = sqlite3.connect(
            directory / "index.sqlite", isolation_level=None, check_same_thread=False
        )
        self._lock = threading.RLock()
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", _TABLE):
            self._index.execute(statement)
        self._reshape()
        for statement in _INDEXES:
            self._index.execute(statement)
        self._seat = seat
        self._last: int = self._index.execute(_LAST).fetchone()[0] // SEATS
        self._number = max(self._numbers(), default=0)
        self._file = self._path(self._number).open("ab", WRITE_BYTES)
        if not _hold(self._file):
            self._begin()

    def append(self, batch: list[tuple[Any, ...]]) -> None:
        """Write the bytes, then the index rows. The last two items of a record are the bytes."""
        if self._file.tell() > SEGMENT_BYTES:
            self._rotate()
        offset = self._file.tell()
        rows = []
        for *atoms, request, response in batch:
            self._file.write(request)
            self._file.write(response)
            self._last = max(self._last + 1, atoms[AT] + atoms[DURATION])
            rows.append((
                number_at(self._last) + self._seat, *atoms, self._number, offset, len(request),
                len(response),
            ))
            offset += len(request) + len(response)
        self._file.flush()
        with self._lock, self._index:
            self._index.execute("BEGIN IMMEDIATE")
            whole = len(rows) - len(rows) % BLOCK
            for first in range(0, whole, BLOCK):
                block = rows[first:first + BLOCK]
                self._index.execute(_INSERT_BLOCK, tuple(chain.from_iterable(block)))
            self._index.executemany(_INSERT, rows[whole:])
            self._index.execute(_BREAK_MINE, (rows[0][0], self._number))

    def query(
        self, tenant_key: str, service: str, transaction: str, limit: int, before: str,
        rules: Collection[str] | None = None, severity: str = "",
    ) -> list[tuple[Any, ...]]:
        """Index rows, newest first; empty strings and no rules at all (None) mean any."""
        values = {"tenant": tenant_key, "service": service, "transaction": transaction,
                  "before": before, "limit": limit, "severity": severity,
                  "rules": json.dumps(list(rules or ()))}
        any_rule = _NEWEST_BROKEN if severity else _NEWEST
        with self._lock:
            return self._index.execute(
                any_rule if rules is None else _NEWEST_OF_RULES, values
            ).fetchall()

    def between(self, after: int, until: int) -> list[tuple[Any, ...]]:
        """Index rows of everyone, numbered above `after` and not above `until`, oldest first."""
        with self._lock:
            return self._index.execute(_BETWEEN, (after, until)).fetchall()

    def broken(self, tenant_key: str) -> dict[str, int]:
        """Rule → number of exchanges that broke it."""
        with self._lock:
            return dict(self._index.execute(_COUNTS, (tenant_key,)).fetchall())

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
            purged = [self._index.execute(each, (tenant_key, PURGE_ROWS)).rowcount
                      for each in (_PURGE, _PURGE_BROKEN)]
        return any(purged)

    def close(self) -> None:
        """Once no thread is in the index: closed under one, SQLite takes the process with it."""
        self._file.close()
        with self._lock:
            self._index.close()

    def _reshape(self) -> None:
        """Bring an index of an older version to this one's shape."""
        shape = self._index.execute("PRAGMA user_version").fetchone()[0]
        if shape >= SHAPE:
            return
        statements = [_BROKEN_TABLE, _BREAK.replace("?", "0"), f"PRAGMA user_version = {SHAPE}"]
        if shape == 0:
            statements[:0] = [
                "DROP INDEX IF EXISTS entry_tenant", "ALTER TABLE entry RENAME TO old",
                _TABLE, "INSERT INTO entry SELECT * FROM old", "DROP TABLE old",
            ]
        for statement in ("BEGIN", *statements, "COMMIT"):
            self._index.execute(statement)

    def _rotate(self) -> None:
        self._begin()
        sizes = {number: self._path(number).stat().st_size for number in sorted(self._numbers())}
        total = sum(sizes.values())
        for number, size in sizes.items():
            if total <= self._limit:
                break
            if self._dropped(number):
                total -= size

    def _begin(self) -> None:
        """Write into a new segment, this process's own."""
        self._file.close()
        while True:
            self._number = max(self._numbers(), default=-1) + 1
            try:
                self._file = self._path(self._number).open("xb")
            except FileExistsError:
                continue  # another process was faster
            _hold(self._file)
            return

    def _dropped(self, number: int) -> bool:
        """Delete a segment, unless a process still writes into it; whether it is gone."""
        try:
            with self._path(number).open("rb") as file:
                if not _hold(file):
                    return False
                with self._lock:
                    self._index.execute("DELETE FROM entry WHERE segment = ?", (number,))
                    self._index.execute(_SWEEP)
                self._path(number).unlink()
        except FileNotFoundError:
            pass  # another process was faster
        return True

    def _numbers(self) -> list[int]:
        return [int(path.stem) for path in self._directory.glob("*.segment")]

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08d}.segment"


def number_at(instant: int) -> int:
    """The lowest number of an entry that ended at this instant, µs."""
    return instant * SEATS


def _hold(file: BinaryIO) -> bool:
    """Keep other processes from writing into this segment, or from deleting it; if none does."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
