"""Files of the journal: what one batch does wrong, the next does not suffer from."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.kernel.segments import Segments

OLD = """
CREATE TABLE entry (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant_key TEXT NOT NULL, at INTEGER,
  service TEXT, transaction_ TEXT, protocol TEXT, peer TEXT, line TEXT, status TEXT, outcome TEXT,
  fidelity TEXT, caller TEXT, note TEXT, error TEXT, error_label TEXT, duration INTEGER,
  findings BLOB, segment INTEGER, offset INTEGER, request INTEGER, response INTEGER);
CREATE INDEX entry_tenant ON entry (tenant_key, number);
INSERT INTO entry (id, tenant_key, findings, segment, offset, request, response)
VALUES ('old', 'a~0', '[]', 0, 0, 0, 0);
"""


def record(id: str, tenant_key: str = "a~0") -> tuple[object, ...]:
    return (id, tenant_key, 0, *[""] * 12, 0, b"[]", b"request", b"response")


def ids(segments: Segments, tenant_key: str = "a~0", before: str = "") -> list[str]:
    return [row[0] for row in segments.query(tenant_key, "", "", 100, before)]


def test_a_batch_that_fails_is_undone_and_the_next_is_kept(tmp_path: Path) -> None:
    segments = Segments(tmp_path, 10**9)
    segments.append([record("one")])
    with pytest.raises(sqlite3.IntegrityError):
        segments.append([record("two"), record("one")])
    segments.append([record("three")])
    assert ids(segments) == ["three", "one"]
    assert segments.raw("a~0", "three") == (b"request", b"response")
    segments.close()


def test_an_id_is_a_tenants_own(tmp_path: Path) -> None:
    segments = Segments(tmp_path, 10**9)
    segments.append([record("first", "b~0"), record("same", "b~0"), record("same")])
    assert ids(segments, "b~0", before="same") == ["first"]
    assert ids(segments, "a~0", before="first") == []
    segments.close()


def test_a_purge_takes_some_rows_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.segments.PURGE_ROWS", 2)
    segments = Segments(tmp_path, 10**9)
    segments.append([record(str(n)) for n in range(3)] + [record("other", "b~0")])
    assert [segments.purge("a~0") for _ in range(3)] == [True, True, False]
    assert (ids(segments), ids(segments, "b~0")) == ([], ["other"])
    segments.close()


def test_an_index_of_the_first_shape_is_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.executescript(OLD)
    connection.close()
    for _ in range(2):
        segments = Segments(tmp_path, 10**9)
        assert ids(segments) == ["old"]
        segments.close()
    segments = Segments(tmp_path, 10**9)
    segments.append([record("old", "b~0"), record("new")])
    assert ids(segments) == ["new", "old"]
    segments.close()
