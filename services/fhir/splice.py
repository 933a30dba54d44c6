"""Textual edits of a JSON object: the rest of the text keeps every byte, decimals included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from services.fhir import exact

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]', re.DOTALL)
_OPENING, _CLOSING = b"{[", b"}]"


def insert_id_and_meta(raw: bytes, id: str, meta: Mapping[str, Any]) -> bytes:
    """The same JSON object with `id` and `meta` at its head, in place of its own if it had any.

    `raw` must be a valid JSON object in UTF-8 (parse it first). Every other byte is kept, white
    space at the head and tail aside.
    """
    rest = without_members(raw, ("id", "meta"))
    head = b'{"id":%b,"meta":%b' % (orjson.dumps(id), exact.dumps(meta))
    body = rest.strip()[1:]
    return head + (body if body.lstrip() == b"}" else b"," + body)


def without_members(raw: bytes, names: tuple[str, ...]) -> bytes:
    """The same JSON object without these top-level members, every occurrence of them."""
    kept, dropped = [], False
    start = raw.index(b"{") + 1
    for key, begin, end in _members(raw, start):
        if key in names:
            dropped = True
        else:
            kept.append(raw[begin:end])
    if not dropped:
        return raw
    return raw[:start] + b",".join(kept) + raw[raw.rindex(b"}"):]


def _members(raw: bytes, start: int) -> list[tuple[str, int, int]]:
    """(key, begin, end) of each top-level member; begin and end are between the commas."""
    found: list[tuple[str, int, int]] = []
    depth, begin = 0, start
    key: str | None = None
    for token in _TOKEN.finditer(raw, start):
        first = raw[token.start()]
        if first == 0x22:
            if depth == 0 and key is None:
                key = orjson.loads(token.group())
        elif first in _OPENING:
            depth += 1
        elif first in _CLOSING:
            depth -= 1
            if depth < 0:
                if key is not None:
                    found.append((key, begin, token.start()))
                break
        elif depth == 0 and key is not None:
            found.append((key, begin, token.start()))
            begin, key = token.end(), None
    return found
