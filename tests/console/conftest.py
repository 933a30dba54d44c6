"""An exchange put in the journal as a service would, with findings and hostile bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from lxml import html

from services.kernel.clock import real_now
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.rules import Finding

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{7*7}}"

ELEMENTS = frozenset({"img", "iframe", "object", "embed", "style", "base", "form", "meta"})
LINKS = frozenset({"href", "src", "action", "data-live"})


def inline_or_foreign(page: str) -> list[str]:
    """What a strict page has none of: handlers, styles, inline scripts, outside addresses."""
    found = []
    for element in html.fromstring(page).iter("*"):
        if element.tag in ELEMENTS and element.get("charset") is None and not element.get("name"):
            found.append(element.tag)
        if element.tag == "script" and (element.text or not element.get("src")):
            found.append("script")
        found += [name for name in element.attrib if name.startswith("on") or name == "style"]
        found += [value for name, value in element.attrib.items()
                  if name in LINKS and not re.match(r"/(?!/)|#", value)]
    return found


@pytest.fixture
def recorded(server, tenant: str) -> Callable[..., str]:
    """Record one exchange of the tenant; its id."""

    def record(
        body: str = "{}", *, outcome: str = "pass", status: str = "200", path: str = "/dmp/fhir",
        findings: tuple[Finding, ...] = (), note: str = "", caller: str = "",
    ) -> str:
        async def put() -> str:
            known = await server.sandbox.tenants.get(tenant)
            entry = Entry(
                exchange_id(), known.key, real_now(), "dmp", "", "HTTP/1.1", "127.0.0.1:5",
                f"POST {path}", status, outcome, "derived",
                f"POST {path} HTTP/1.1\r\nContent-Type: application/fhir+json\r\n"
                f"X-Test: {body}\r\n\r\n{body}".encode(),
                f"HTTP/1.1 {status}\r\n\r\n{body}".encode(), list(findings),
                caller=caller, note=note, duration=3_041_000,
            )
            server.sandbox.journal.record(entry)
            return entry.id

        return server.run(put())

    return record
