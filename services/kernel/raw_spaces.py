"""Spaces that a client forgot to encode in a request line, where the real front end reads them.

An HTTP parser cannot: it takes the first space for the end of the address. Which addresses tolerate
them is declared (`Transaction.raw_spaces`); anywhere else such a line stays malformed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from services.kernel.tenants import NAME
from services.kernel.transactions import Service

LINE = re.compile(rb"[A-Z]{3,10} ([^ ?\r\n]+)\?([^\r\n]* [^\r\n]*) HTTP/1\.[01]\r\n")
TENANT = re.compile(rf"/t/{NAME.pattern}(?=/)".encode())


def tolerant_paths(services: Iterable[Service]) -> frozenset[bytes]:
    """Addresses where they are read, below a tenant or at the root of an official test host."""
    found: set[str] = set()
    for service in services:
        for each in service.transactions:
            if not each.raw_spaces:
                continue
            paths = [route.split(" ", 1)[1] for route in each.routes]
            found.update(paths)
            for prefix in set(service.hosts.values()):
                found.update(path.removeprefix(prefix) for path in paths)
    return frozenset(each.encode() for path in found for each in (path, f"{path}/"))


def mended(data: bytes, tolerant: Collection[bytes]) -> tuple[bytes, bytes] | None:
    """The bytes with these spaces encoded, and the query as it came; None if nothing is to mend."""
    line = LINE.match(data)
    if line is None:
        return None
    path = TENANT.sub(b"", line[1], count=1) if line[1].startswith(b"/t/") else line[1]
    if path not in tolerant:
        return None
    start, end = line.span(2)
    return data[:start] + line[2].replace(b" ", b"%20") + data[end:], line[2]
