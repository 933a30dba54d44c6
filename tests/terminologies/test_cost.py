"""What the lists cost: generous bounds, so that only a change of nature breaks them."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

from services.terminologies import code_lists
from services.terminologies.codes import Lists
from services.terminologies.store import Archive

MEBIBYTE = 1024 * 1024
GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
HL7_GENDER = "http://hl7.org/fhir/administrative-gender"
DATA = Path(__file__).parents[2] / "services" / "terminologies" / "data" / "lists.zip"


def read_all(lists: Lists) -> int:
    total = 0
    for about in lists:
        found = lists.list_of(about.canonical)
        assert found is not None
        total += len(found)
    return total


def test_opening_costs_little_and_reading_all_less_than_two_seconds() -> None:
    archive = Archive.shipped()
    started = time.thread_time()
    lists = Lists(archive)
    assert lists.check(GENDER, HL7_GENDER, "male") == "member"
    assert time.thread_time() - started < 1
    started = time.thread_time()
    assert read_all(lists) > 15_000
    assert time.thread_time() - started < 2


def test_memory_of_a_few_lists_and_of_all() -> None:
    gc.collect()
    tracemalloc.start()
    try:
        lists = Lists(Archive.shipped())
        for name in (GENDER, "JDV_J06", "JDV_J07", "JDV_J01"):
            assert lists.list_of(name) is not None
        few, _ = tracemalloc.get_traced_memory()
        read_all(lists)
        every, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert few < 8 * MEBIBYTE
    assert every < 40 * MEBIBYTE
    assert DATA.stat().st_size < MEBIBYTE


def test_a_check_takes_microseconds() -> None:
    check = code_lists().check
    calls = 20_000
    best = 1.0
    for _ in range(5):
        started = time.thread_time()
        for _ in range(calls):
            check(GENDER, HL7_GENDER, "male")
        best = min(best, (time.thread_time() - started) / calls)
    assert best < 5e-6


def test_no_list_is_read_before_it_is_asked_for() -> None:
    script = (
        "import services.app, services.catalog as c, sys; lists = c.code_lists(); "
        "print(len(lists._loaded), 'fastapi' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )
    assert answer.stdout.startswith("0 ")
