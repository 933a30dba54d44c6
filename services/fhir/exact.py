"""JSON whose numbers keep their spelling: 72.50 stays 72.50.

Resources are stored as received; only what the machinery itself changes (patches, references of a
transaction, summaries) is written again, and then through these two functions.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import orjson

_DECIMAL = re.compile(rb"[\s:\[,]-?(?:\d+[.eE]|\d{18})")
_LONG = 18


def has_decimals(raw: bytes) -> bool:
    """Whether valid JSON may have numbers with a point, an exponent or very many digits."""
    return _DECIMAL.search(raw) is not None


def loads(raw: bytes) -> Any:
    """The value of valid JSON. Numbers beyond 64-bit integers become Decimal."""
    if not has_decimals(raw):
        return orjson.loads(raw)
    return json.loads(raw, parse_float=Decimal, parse_int=_integer)


def dumps(value: object) -> bytes:
    """JSON bytes; Decimals as they were spelled."""
    return orjson.dumps(value, default=_spelled)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONG else Decimal(text)


def _spelled(value: object) -> orjson.Fragment:
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return orjson.Fragment(str(value).encode())
