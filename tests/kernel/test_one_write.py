"""Head and body of an answer leave together, and neither waits for what does not come."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from services.kernel.one_write import OneWrite


class Sent:
    """A transport that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.calls.append(list(parts))

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return False


def transport() -> tuple[Sent, OneWrite]:
    sent = Sent()
    return sent, OneWrite(cast(asyncio.Transport, sent), asyncio.get_running_loop())


async def test_head_and_body_are_one_call() -> None:
    sent, answer = transport()
    for part in (b"head", b"body", b"more"):
        answer.write(part)
    await asyncio.sleep(0)
    assert sent.calls == [[b"head", b"body"], b"more"]
    assert not answer.is_closing()


async def test_a_head_whose_body_is_late_leaves_alone() -> None:
    sent, answer = transport()
    answer.write(b"head")
    await asyncio.sleep(0)
    answer.write(b"body")
    assert sent.calls == [b"head", b"body"]


async def test_what_was_written_leaves_before_the_end() -> None:
    sent, answer = transport()
    answer.write(b"head")
    answer.close()
    await asyncio.sleep(0)
    assert sent.calls == [b"head", "close"]
