"""The beginning of every operation: the envelope of a POST, and the action that it says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection

from services.kernel import errors as kernel_errors
from services.kernel.errors import Refusal
from services.kernel.exchange import Exchange
from services.soap import errors
from services.soap.addressing import ACTION, header_of, http_action
from services.soap.charset import charset_of, in_utf8
from services.soap.envelope import MAX_ELEMENTS, Envelope, read_envelope, require_understood
from services.soap.namespaces import MEDIA_TYPE

_XML = re.compile(r"(?:text|application)/(?:[a-z0-9.-]+\+)?xml|")
"""What can hold an envelope: not JSON, nor the parts of MTOM."""
LARGE = 256 * 1024
"""Bytes above which a message is parsed aside."""


async def received(
    exchange: Exchange, understood: Collection[str], most_elements: int = MAX_ELEMENTS,
    actions: Collection[str] = (),
) -> Envelope:
    """The envelope of a message for this transaction. understood: namespaces of header blocks;
    actions: those of its address, for who has none of them.

    Raises what `services.soap.errors` lists, or UNSUPPORTED_MEDIA_TYPE.
    """
    content, charset = exchange.body, charset_of(exchange.header("content-type"))
    try:
        if len(content) > LARGE:
            envelope = await asyncio.to_thread(_read, content, charset, most_elements)
        else:
            envelope = _read(content, charset, most_elements)
    except Refusal as unreadable:
        if unreadable.error is errors.UNREADABLE and not _XML.fullmatch(exchange.media_type):
            raise _unsupported(exchange) from unreadable
        raise
    if exchange.media_type != MEDIA_TYPE:
        raise _unsupported(exchange)
    require_understood(envelope, understood)
    action = header_of(envelope, ACTION) or http_action(exchange)
    transaction = exchange.transaction
    own = transaction.action if transaction is not None else ""
    if not own or action != own:
        raise errors.ACTION_NOT_SUPPORTED(
            at="/Envelope/Header/Action", expected=" ou ".join(actions) or own,
            found=action or namesake(envelope, "Action") or "(absente)",
        )
    return envelope


def namesake(envelope: Envelope, name: str) -> str:
    """The tag of a header block of that local name, whatever its namespace; "" when none has it."""
    tags = (str(each.tag) for each in envelope.blocks)
    return next((tag for tag in tags if tag.rpartition("}")[2] == name), "")


def _read(content: bytes, charset: str, most_elements: int) -> Envelope:
    return read_envelope(in_utf8(content, charset), most_elements)


def _unsupported(exchange: Exchange) -> Refusal:
    return kernel_errors.UNSUPPORTED_MEDIA_TYPE(
        at="Content-Type", expected=MEDIA_TYPE, found=exchange.media_type or "(absent)"
    )
