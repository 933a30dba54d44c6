"""psc.proxy_traces: what the proxy noted, for conformity tests."""

from __future__ import annotations

from datetime import datetime

from pro_sante_connect.proxy import errors
from pro_sante_connect.proxy.dialect import PROXY
from pro_sante_connect.proxy.store import Store
from services.kernel.clock import from_datetime
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction


@transaction(
    "psc.proxy_traces",
    name="Traces du proxy e-santé",
    spec="ANS, API Proxy e-Santé : /traces, pour les tests de conformité",
    dialect=PROXY,
    routes=("GET /psc/proxy/traces",),
    fidelity="derived",
)
async def proxy_traces(exchange: Exchange) -> Answer:
    """Records from `start` to `end` (ISO 8601; now when absent), oldest first."""
    given = dict(exchange.query)
    if not given.get("start"):
        raise errors.MEMBER_MISSING("start is missing", at="start", expected="un instant ISO 8601")
    start = _instant("start", given["start"])
    end = _instant("end", given["end"]) if given.get("end") else exchange.tenant.clock.now()
    found = await Store(exchange.sandbox.database, exchange.tenant).traces(start, end)
    body = "[" + ",".join(found) + "]"
    return Answer(200, body.encode(), "application/json", (("Cache-Control", "no-store"),))


def _instant(name: str, text: str) -> int:
    """Microseconds. Raises DATE; an instant without an offset is one too many."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise errors.DATE(at=name, expected="2026-01-31T08:00:00Z", found=text) from error
    if moment.tzinfo is None:
        raise errors.DATE(at=name, expected="un décalage horaire, ou Z", found=text)
    return from_datetime(moment)
