"""Files of the journal: what one batch does wrong, the next does not suffer from."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import orjson
import pytest

from services.kernel.segments import Segments, number_at

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


def broken(
    id: str, *rules: str, severity: str = "error", tenant: str = "a~0"
) -> tuple[object, ...]:
    findings = orjson.dumps([{"rule": rule, "severity": severity} for rule in rules])
    return (id, tenant, 0, *[""] * 12, 0, findings, b"request", b"response")


def test_exchanges_are_found_by_the_rules_they_broke(tmp_path: Path) -> None:
    segments = Segments(tmp_path, 10**9)
    segments.append([
        broken("1", "A", "A", "B"), broken("2", "B", severity="warning"), record("3"),
        broken("4", "A", tenant="b~0"),
    ])
    segments.append([broken("5", "A")])

    def found(*rules: str, severity: str = "", before: str = "") -> list[str]:
        rows = segments.query("a~0", "", "", 100, before, rules or None, severity)
        return [row[0] for row in rows]

    assert (found("A"), found("B"), found("A", "B")) == (["5", "1"], ["2", "1"], ["5", "2", "1"])
    assert (found(severity="error"), found(severity="warning")) == (["5", "1"], ["2"])
    assert (found("B", severity="error"), found("A", before="5")) == (["1"], ["1"])
    assert segments.query("a~0", "", "", 100, "", ()) == []
    assert segments.broken("a~0") == {"A": 2, "B": 2}
    segments.close()


def test_what_was_broken_goes_with_its_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.segments.SEGMENT_BYTES", 10)
    segments = Segments(tmp_path, 1)
    segments.append([broken("old", "A")])
    segments.append([broken("new", "B"), broken("other", "B", tenant="b~0")])
    assert segments.broken("a~0") == {"B": 1}
    while segments.purge("a~0"):
        pass
    assert (segments.broken("a~0"), segments.broken("b~0")) == ({}, {"B": 1})
    segments.close()


def test_an_index_without_rules_gets_them(tmp_path: Path) -> None:
    segments = Segments(tmp_path, 10**9)
    segments.append([broken("1", "A"), record("2")])
    segments.close()
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.executescript("DROP TABLE broken; PRAGMA user_version = 1;")
    connection.close()
    segments = Segments(tmp_path, 10**9)
    assert segments.broken("a~0") == {"A": 1}
    segments.close()


def timed(id: str, ended: int) -> tuple[object, ...]:
    return (id, "a~0", ended, *[""] * 12, 0, b"[]", id.encode(), b"response")


def test_two_processes_write_and_both_read(tmp_path: Path) -> None:
    one, other = Segments(tmp_path, 10**9, 0), Segments(tmp_path, 10**9, 1)
    other.append([timed("second", 2), timed("fourth", 4)])
    one.append([timed("first", 1), timed("third", 3), timed("fifth", 4)])
    expected = ["fifth", "fourth", "third", "second", "first"]
    assert sorted(expected[:2]) == sorted(ids(one)[:2])  # they ended together
    for each in (one, other):
        assert ids(each)[2:] == expected[2:]
        assert each.raw("a~0", "first") == (b"first", b"response")
        assert each.raw("a~0", "second") == (b"second", b"response")
        assert ids(each, before="third") == ["second", "first"]
    one.close()
    other.close()


def test_what_ended_in_between_is_read_in_order(tmp_path: Path) -> None:
    one, other = Segments(tmp_path, 10**9, 0), Segments(tmp_path, 10**9, 1)
    other.append([timed("b", 20), timed("d", 40)])
    one.append([timed("a", 10), timed("c", 30)])
    found = one.between(number_at(11), number_at(40))
    assert [row[0] for row in found] == ["b", "c"]
    one.close()
    other.close()


def test_no_process_deletes_what_another_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.segments.SEGMENT_BYTES", 10)
    one, other = Segments(tmp_path, 1, 0), Segments(tmp_path, 1, 1)
    other.append([timed("other", 1)])
    for number in range(5):
        one.append([timed(f"one-{number}", 2 + number)])
    assert ids(one) == ["one-4", "other"]
    assert one.raw("a~0", "other") == (b"other", b"response")
    one.close()
    other.close()
    again = Segments(tmp_path, 1, 0)
    for number in range(2):
        again.append([timed(f"again-{number}", 20 + number)])
    assert ids(again) == ["again-1"]
    again.close()


def test_a_restart_goes_on_in_the_newest_segment(tmp_path: Path) -> None:
    for number in range(3):
        segments = Segments(tmp_path, 10**9)
        segments.append([timed(str(number), number)])
        assert ids(segments) == [str(n) for n in range(number, -1, -1)]
        segments.close()
    assert len(list(tmp_path.glob("*.segment"))) == 1


def test_the_index_is_not_closed_under_a_purge(tmp_path: Path) -> None:
    """A stop cancels the task that purges, not its thread: SQLite would crash the process."""
    segments = Segments(tmp_path, 10**9)
    segments.append([record("one")])
    inside, goes_on = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        goes_on.wait(30)

    segments._index.set_progress_handler(slow, 1)
    purging = threading.Thread(target=segments.purge, args=("a~0",))
    closing = threading.Thread(target=segments.close)
    purging.start()
    assert inside.wait(30)
    closing.start()
    closing.join(0.2)
    waited = closing.is_alive()
    goes_on.set()
    purging.join()
    closing.join()
    assert waited
