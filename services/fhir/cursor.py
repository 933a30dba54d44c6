"""Paging cursors: opaque, bound to one search of one tenant, told apart from altered ones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

from services.fhir import errors

_SEAL = 9


class Position(NamedTuple):
    """Where the previous page ended, in the order newest first."""

    updated: int
    rid: str


def seal_cursor(position: Position, context: tuple[str, ...]) -> str:
    """The cursor. `context`: what it is bound to (tenant, service, type, parameters)."""
    plain = f"{position.updated} {position.rid}".encode()
    return base64.urlsafe_b64encode(_digest(plain, context) + plain).decode().rstrip("=")


def open_cursor(cursor: str, context: tuple[str, ...]) -> Position:
    """The position. Raises CURSOR_INVALID when altered or bound to something else.

    The seal is no secret: a forged position would only page through what the tenant may read.
    """
    try:
        content = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        updated, _, rid = content[_SEAL:].decode().partition(" ")
        position = Position(int(updated), rid)
    except (ValueError, binascii.Error) as error:
        raise errors.CURSOR_INVALID(at="http._cursor", found=cursor[:80]) from error
    if not hmac.compare_digest(content[:_SEAL], _digest(content[_SEAL:], context)):
        raise errors.CURSOR_INVALID(at="http._cursor", found=cursor[:80])
    return position


def _digest(plain: bytes, context: tuple[str, ...]) -> bytes:
    bound = "\0".join(context).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain + b"\0" + bound, digest_size=_SEAL).digest()
