"""Reading the body of a request, within a limit of size and of time."""

from __future__ import annotations

import asyncio

from services.kernel import errors, limits
from services.kernel.asgi import Receive
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange

DRAIN_FACTOR = 4


class Disconnected(Exception):
    """The client left before its request was complete."""


async def read_body(
    exchange: Exchange, receive: Receive, limit: int, *, here: bool = False
) -> bytes:
    """The whole body; here: it has come already, so that no time has to be kept.

    Raises BODY_TOO_LARGE, before reading it when its length is announced, BODY_TOO_SLOW, or
    UNSUPPORTED_MEDIA_TYPE for one that is compressed: nothing is ever inflated.
    """
    if not _is_announced(exchange):
        return b""
    encoding = exchange.header("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise errors.UNSUPPORTED_MEDIA_TYPE(
            "Les corps compressés ne sont pas acceptés.", at="Content-Encoding",
            expected="identity", found=encoding,
        )
    if here:
        return await _read(exchange, receive, limit)
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            return await _read(exchange, receive, limit)
    except TimeoutError as error:
        raise errors.BODY_TOO_SLOW(
            expected=f"au plus {limits.BODY_SECONDS:.0f} secondes", headers={"Connection": "close"}
        ) from error


async def _read(exchange: Exchange, receive: Receive, limit: int) -> bytes:
    declared = exchange.header("content-length")
    if declared.isdigit() and int(declared) > limit:
        if int(declared) <= limit * DRAIN_FACTOR:
            # A client that is still sending would lose our answer to a connection reset.
            await _drain(receive, limit * DRAIN_FACTOR)
        raise _too_large(limit, int(declared))
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        more = message.get("more_body", False)
        if size > limit:
            if more:
                await _drain(receive, limit * DRAIN_FACTOR)
            raise _too_large(limit, size)
        chunks.append(chunk)
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]


def _is_announced(exchange: Exchange) -> bool:
    """RFC 9112 §6.3: a request with neither a length nor chunks has no body."""
    for name, _ in exchange.raw_headers:
        if name in (b"content-length", b"transfer-encoding"):
            return True
    return False


async def _drain(receive: Receive, most: int) -> None:
    left = most
    while left > 0:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
        left -= len(message.get("body", b""))


def _too_large(limit: int, size: int) -> Refusal:
    return errors.BODY_TOO_LARGE(
        at="Content-Length", expected=f"au plus {limit} octets", found=f"{size} octets"
    )
