"""Bundles of stored resources, by concatenation of bytes: nothing is parsed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import orjson

Mode = Literal["match", "include", "outcome"]


class Entry(NamedTuple):
    """One entry of a searchset: absolute URL ("" for an outcome), the resource's bytes, mode.

    `extra` is more JSON members of `search`, such as `,"score":1`.
    """

    full_url: str
    resource: bytes
    mode: Mode = "match"
    extra: bytes = b""


def searchset(
    entries: Sequence[Entry | tuple[str, bytes, Mode]],
    total: int | None = None,
    links: Mapping[str, str] | Iterable[tuple[str, str]] = (),
) -> bytes:
    """A searchset Bundle. `total` is left out when None; `links`: relation → absolute URL."""
    pairs = links.items() if isinstance(links, Mapping) else links
    parts = [b'{"resourceType":"Bundle","type":"searchset"']
    if total is not None:
        parts.append(b',"total":%d' % total)
    linked = [{"relation": relation, "url": url} for relation, url in pairs]
    if linked:
        parts.append(b',"link":' + orjson.dumps(linked))
    if entries:
        parts.append(b',"entry":[')
        parts.append(b",".join(_entry(Entry(*entry)) for entry in entries))
        parts.append(b"]")
    parts.append(b"}")
    return b"".join(parts)


def _entry(entry: Entry) -> bytes:
    url = b'"fullUrl":%b,' % orjson.dumps(entry.full_url) if entry.full_url else b""
    return b'{%b"resource":%b,"search":{"mode":"%b"%b}}' % (
        url, entry.resource, entry.mode.encode(), entry.extra,
    )
