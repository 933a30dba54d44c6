"""What follows DATA: a message read in bounded memory, whatever the client sends.

The library keeps the pieces of a line that never ends; here the whole installation has a budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mssante import errors
from mssante.codes import DRAINED, MAX_MESSAGE
from services.kernel.errors import Refusal

END = b".\r\n"


class NeverEnding(Exception):
    """The client goes on sending a message that is refused already."""


async def read_message(reader: asyncio.StreamReader, take: Callable[[int], None]) -> bytes:
    """The message, dots removed (RFC 5321 §4.5.2); it is read to its end also when refused.

    `take` is told of every byte and may refuse it. Raises MESSAGE_TROP_GRAND, what `take` raises,
    or NeverEnding.
    """
    content = bytearray()
    refusal: Refusal | None = None
    size, line_begins = 0, True
    while True:
        piece = await _piece(reader)
        if line_begins and piece == END:
            break
        size += len(piece)
        if size > DRAINED:
            raise NeverEnding
        stuffed = line_begins and piece.startswith(b".")
        line_begins = piece.endswith(b"\r\n")
        if refusal is None:
            content += piece[1:] if stuffed else piece
            refusal = _refusal(len(content), len(piece), take)
        if refusal is not None:
            content.clear()
    if refusal is not None:
        raise refusal
    return bytes(content)


async def read_line(reader: asyncio.StreamReader) -> bytes:
    """A line without its ending. Raises COMMANDE_TROP_LONGUE once it is read to its end."""
    whole = True
    while not (piece := await _piece(reader, b"\n")).endswith(b"\n"):
        whole = False
    if not whole:
        raise errors.COMMANDE_TROP_LONGUE()
    return piece.strip()


async def _piece(reader: asyncio.StreamReader, end: bytes = b"\r\n") -> bytes:
    """A line, or a part of one that is longer than the reader's limit."""
    try:
        return await reader.readuntil(end)
    except asyncio.LimitOverrunError as error:
        return await reader.read(error.consumed)


def _refusal(total: int, added: int, take: Callable[[int], None]) -> Refusal | None:
    try:
        take(added)
    except Refusal as refusal:
        return refusal
    return errors.MESSAGE_TROP_GRAND(at="DATA") if total > MAX_MESSAGE else None
