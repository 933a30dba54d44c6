"""Paging cursors: opaque, bound to one search of one tenant, told apart from altered ones."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple

import orjson

from services.fhir import errors
from services.fhir.numbers import HIGHEST, LOWEST

_SEAL = 9


class Position(NamedTuple):
    """Where the previous page ended.

    keys: of its last row, in a sorted search; until: the newest instant there was when the first
    page was made, for orders in which what is stored meanwhile could come later.
    """

    updated: int
    rid: str
    keys: tuple[int | str, ...] = ()
    until: int = 0


def seal_cursor(position: Position, context: tuple[str, ...]) -> str:
    """The cursor. `context`: what it is bound to (tenant, service, type, parameters)."""
    plain = orjson.dumps(list(position))
    return base64.urlsafe_b64encode(_digest(plain, context) + plain).decode().rstrip("=")


def open_cursor(cursor: str, context: tuple[str, ...]) -> Position:
    """The position. Raises CURSOR_INVALID when altered or bound to something else.

    The seal is no secret: a forged position only pages through what the search may find.
    """
    try:
        content = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        position = _position(orjson.loads(content[_SEAL:]))
    except (ValueError, TypeError, binascii.Error) as error:
        raise errors.CURSOR_INVALID(at="http._cursor", found=cursor[:80]) from error
    if not hmac.compare_digest(content[:_SEAL], _digest(content[_SEAL:], context)):
        raise errors.CURSOR_INVALID(at="http._cursor", found=cursor[:80])
    return position


def _position(parts: list[object]) -> Position:
    """Raises ValueError or TypeError for what a statement could not bind."""
    updated, rid, keys, until = parts
    bound = [updated, rid, *keys, until]  # type: ignore[misc]
    if not all(_storable(each) for each in bound) or isinstance(rid, int):
        raise ValueError(parts)
    return Position(updated, rid, tuple(keys), until)  # type: ignore[arg-type]


def _storable(value: object) -> bool:
    if type(value) is int:
        return LOWEST <= value <= HIGHEST
    return isinstance(value, str) and "\0" not in value


def _digest(plain: bytes, context: tuple[str, ...]) -> bytes:
    bound = "\0".join(context).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain + b"\0" + bound, digest_size=_SEAL).digest()
