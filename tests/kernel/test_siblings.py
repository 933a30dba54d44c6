"""What one process asks of the others: answered by all, whatever becomes of one of them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.kernel.ids import exchange_id, new_version
from services.kernel.siblings import Seat, Table


@contextmanager
def answering(seat: Seat, done: list[int], *, pause: float = 0.0) -> Iterator[None]:
    """A thread that does what is asked."""
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            with seat.asked(5.0):
                time.sleep(pause)
                done.append(seat.number)

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        seat.wake()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table(3)
    yield made
    made.close()


def test_all_others_have_done_it_when_the_question_returns(table: Table) -> None:
    done: list[int] = []
    with answering(table.seat(1), done), answering(table.seat(2), done, pause=0.05):
        for turn in range(1, 4):
            table.seat(0).ask(30)
            assert sorted(done) == sorted([1, 2] * turn)


def test_all_may_ask_at_the_same_time(table: Table) -> None:
    done: list[int] = []
    with contextlib.ExitStack() as all_answer:
        for number in range(3):
            all_answer.enter_context(answering(table.seat(number), done))
        asking = [threading.Thread(target=table.seat(n).ask, args=(30,)) for n in (0, 1, 2) * 10]
        began = time.monotonic()
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        assert sorted(done) == [0] * 20 + [1] * 20 + [2] * 20
    assert time.monotonic() - began < 20


def test_an_empty_seat_delays_and_does_not_block(table: Table) -> None:
    done: list[int] = []
    with answering(table.seat(1), done):
        began = time.monotonic()
        for _ in range(3):
            table.seat(0).ask(0.05)
        assert 0.1 < time.monotonic() - began < 20
        while len(done) < 3 and time.monotonic() - began < 20:
            time.sleep(0.01)
        assert done == [1, 1, 1]


def test_who_takes_a_seat_later_answers_what_was_asked(table: Table) -> None:
    done: list[int] = []
    asking = threading.Thread(target=table.seat(0).ask, args=(30,))
    asking.start()
    time.sleep(0.05)
    with answering(table.seat(1), done), answering(table.seat(2), done):
        asking.join(20)
        assert not asking.is_alive()


@pytest.mark.parametrize("draw", [exchange_id, new_version])
def test_a_forked_process_draws_other_ids(draw: object) -> None:
    assert callable(draw)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(draw()).encode())
        os._exit(0)
    mine, theirs = str(draw()), os.read(reading, 100).decode()
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert mine[-12:] != theirs[-12:]
