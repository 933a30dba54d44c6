"""Ids sort by time and repeat with a seed; the clock shifts and freezes."""

import uuid

from services.kernel.clock import SECOND, Clock, iso, real_now
from services.kernel.ids import Ids


def test_uuids_are_version_7_and_sort_by_time() -> None:
    clock = Clock(frozen=1_700_000_000_000_000)
    ids = Ids(clock)
    first = ids.uuid()
    assert uuid.UUID(first).version == 7
    assert uuid.UUID(first).variant == uuid.RFC_4122
    clock.frozen = 1_700_000_000_001_000
    assert first < ids.uuid()


def test_ten_thousand_ids_are_different() -> None:
    ids = Ids(Clock(frozen=0))
    assert len({ids.uuid() for _ in range(10_000)}) == 10_000


def test_a_seed_repeats_the_run() -> None:
    def run() -> list[str]:
        ids = Ids(Clock(frozen=0), seed=7)
        return [ids.uuid(), ids.token(), ids.digits(6), ids.uuid4()]

    assert run() == run()


def test_a_shifted_clock_moves_and_a_frozen_one_does_not() -> None:
    clock = Clock(shift=3600 * SECOND)
    assert abs(clock.now() - real_now() - 3600 * SECOND) < SECOND
    clock.frozen = 0
    assert clock.iso() == "1970-01-01T00:00:00.000Z"
    assert iso(1_234_567) == "1970-01-01T00:00:01.234Z"
    assert iso(253_402_300_799_999_999) == "9999-12-31T23:59:59.999Z"
    assert iso(-62_135_596_800_000_000) == "0001-01-01T00:00:00.000Z"
