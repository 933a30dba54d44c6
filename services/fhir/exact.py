"""JSON whose numbers keep their spelling: 72.50 stays 72.50, 1e-7 stays 1e-7.

Resources are stored as received; only what the machinery itself changes (patches, references of a
transaction, summaries) is written again, and then through these functions.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

_SPELLED = re.compile(rb"[\s:\[,](?:-?(?:\d+[.eE]|\d{18})|-0)")
_LONG = 18


class Number(Decimal):
    """A number and how it was written: `str` of a Decimal knows but one way. text: as written."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Number:
        try:
            made = super().__new__(cls, text)
        except InvalidOperation:  # an exponent beyond all bounds, of what is as good as zero
            made = super().__new__(cls, 0)
        made.text = text
        return made

    def __deepcopy__(self, memo: object) -> Number:
        return self


def has_decimals(raw: bytes) -> bool:
    """Whether valid JSON may have numbers that an integer or a double would spell otherwise."""
    return _SPELLED.search(raw) is not None


def loads(raw: bytes) -> Any:
    """The value of valid JSON. Numbers that are no plain 64-bit integer become Number."""
    if not has_decimals(raw):
        return orjson.loads(raw)
    return json.loads(raw, parse_float=Number, parse_int=_integer)


def dumps(value: object, *, pretty: bool = False) -> bytes:
    """JSON bytes; numbers as they were spelled. pretty: indented by two."""
    return orjson.dumps(value, default=_spelled, option=orjson.OPT_INDENT_2 if pretty else 0)


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= _LONG and text != "-0" else Number(text)


def _spelled(value: object) -> orjson.Fragment:
    if not isinstance(value, Number):
        raise TypeError(type(value).__name__)
    return orjson.Fragment(value.text.encode())
