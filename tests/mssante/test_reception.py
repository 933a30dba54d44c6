"""A message is read whole and in bounded memory, in whatever pieces it comes."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mssante import errors
from mssante.wire import reception
from mssante.wire.reception import NeverEnding, read_line, read_message
from services.kernel.errors import Refusal

LIMIT = 64


def free(_: int) -> None:
    """A budget without an end."""


def busy(_: int) -> None:
    raise errors.ENCOMBREMENT()


async def read(*pieces: bytes) -> tuple[bytes, bytes]:
    """The message, and what is left for the next command."""
    reader = asyncio.StreamReader(limit=LIMIT)

    async def send() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            await asyncio.sleep(0)

    sending = asyncio.ensure_future(send())
    message = await read_message(reader, free)
    await sending
    reader.feed_eof()
    return message, await reader.read()


LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b".a", b"a", b"\n", b"\r", b"a" * 63, b"a" * 64, b"." * 65,
                     b"a" * 200]),
    max_size=8,
).map(lambda lines: b"".join(line + b"\r\n" for line in lines))


@given(LINES, st.lists(st.integers(1, 40), max_size=30))
def test_what_was_stuffed_is_read_whatever_the_pieces(content: bytes, cuts: list[int]) -> None:
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    sent = stuffed + b".\r\n" + b"NOOP\r\n"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(sent[at:at + cut])
        at += cut
    assert asyncio.run(read(*pieces, sent[at:])) == (content, b"NOOP\r\n")


def test_a_line_that_never_ends_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "MAX_MESSAGE", 10_000)
    monkeypatch.setattr(reception, "DRAINED", 50_000_000)

    async def endless() -> None:
        reader = asyncio.StreamReader(limit=LIMIT * 1024)

        async def send() -> None:
            while True:
                reader.feed_data(b"x" * 65_536)
                await asyncio.sleep(0)

        sending = asyncio.ensure_future(send())
        try:
            await read_message(reader, free)
        finally:
            sending.cancel()

    tracemalloc.start()
    with pytest.raises(NeverEnding):
        asyncio.run(endless())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize(("take", "size", "error"), [
    (free, 101, errors.MESSAGE_TROP_GRAND), (busy, 1, errors.ENCOMBREMENT), (free, 100, None),
])
def test_a_refused_message_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, take: object, size: int, error: object
) -> None:
    monkeypatch.setattr(reception, "MAX_MESSAGE", 102)

    async def refused() -> object:
        reader = asyncio.StreamReader(limit=LIMIT)
        reader.feed_data(b"x" * size + b"\r\n.\r\nNOOP\r\n")
        try:
            await read_message(reader, take)  # type: ignore[arg-type]
        except Refusal as refusal:
            found = refusal.error
        else:
            found = None
        assert await read_line(reader) == b"NOOP"
        return found

    assert asyncio.run(refused()) is error


def test_a_long_line_is_refused_once_and_whole() -> None:
    async def long() -> bytes:
        reader = asyncio.StreamReader(limit=LIMIT)
        reader.feed_data(b"A" * 1000 + b"\r\nNOOP\r\n")
        with pytest.raises(Refusal) as raised:
            await read_line(reader)
        assert raised.value.error is errors.COMMANDE_TROP_LONGUE
        return await read_line(reader)

    assert asyncio.run(long()) == b"NOOP"
