"""The other side of conformity tests: calls a vendor's proxy e-santé, then reads its traces.

The steps are those of the tests of ANS's public proxy and of its OpenAPI; the sandbox knows what
Pro Santé Connect did meanwhile, and checks that the proxy says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from pro_sante_connect.proxy.inside import Headers, Reply
from pro_sante_connect.proxy.outside import Request, attempt
from pro_sante_connect.proxy.session import COOKIE
from pro_sante_connect.store import Store
from services.kernel.clock import iso
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

SECONDS = 150.0
"""That a /connect may take: a professional has two minutes."""
EXPECTED = ("CONNECT_SUCCESS", "CONNECT_REPLAY", "SEND", "DISCONNECT", "CONNECT_FAILURE")
ALWAYS = ("IdRPPS", "ipAddress", "ports", "timestamp")
OF_A_SESSION = ("clientId", "proxy_id_session", "session_state")
REQUEST = ("nomApiPsc", "methode", "path")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. outcome: pass or fail; place: French."""

    place: str
    expected: str
    found: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Proxy:
    """A vendor's proxy. backend: what it calls the conformity API."""

    url: str
    client_id: str
    id_nat: str
    backend: str
    channel: str


@dataclass(slots=True)
class Run:
    """One run of the tests: what is known so far."""

    sandbox: Sandbox
    tenant: Tenant
    proxy: Proxy
    checks: list[Check] = field(default_factory=list)
    session: dict[str, str] = field(default_factory=dict)

    def check(self, place: str, expected: str, found: str) -> bool:
        """Note whether what was found is what was expected."""
        same = expected == found
        self.checks.append(Check(place, expected, found, "pass" if same else "fail"))
        return same

    async def call(
        self, method: str, path: str, body: object = None, *, alone: bool = False
    ) -> Reply:
        """One request, with the cookie once there is one."""
        headers: Headers = [(b"content-type", b"application/json")] if body is not None else []
        if self.session and not alone:
            headers.append((b"cookie", f"{COOKIE}={self.session[COOKIE]}".encode()))
        content = orjson.dumps(body) if body is not None else b""
        url = self.proxy.url.rstrip("/") + path
        reply, reason = await attempt(
            self.sandbox, self.tenant,
            Request(method, url, headers, content, self.proxy.id_nat), None, SECONDS,
        )
        if reason:
            self.check(f"{method} {path.partition('?')[0]}", "une réponse", reason)
        return reply


async def run(sandbox: Sandbox, tenant: Tenant, proxy: Proxy) -> list[Check]:
    """Connect, replay, send, disconnect, refusals, then the traces."""
    now = Run(sandbox, tenant, proxy)
    start = iso(tenant.clock.now())
    if await _connect(now):
        await _use(now)
        await _leave(now)
    await _refusals(now)
    traces = await now.call("GET", f"/traces?start={start}", alone=True)
    now.check("/traces : statut", "200", str(traces.status))
    _judge_traces(now, traces)
    return now.checks


def _body(proxy: Proxy, **changes: str) -> dict[str, str]:
    return {
        "nationalId": proxy.id_nat, "bindingMessage": "42", "clientId": proxy.client_id,
        "channel": proxy.channel,
    } | changes


async def _connect(now: Run) -> bool:
    answer = await now.call("POST", "/connect", _body(now.proxy))
    if not now.check("/connect : statut", "200", str(answer.status)):
        return False
    given = answer.json()
    for name in (COOKIE, "session_state"):
        if not now.check(f"/connect : {name}", "un texte", _kind(given.get(name))):
            return False
    now.session = {COOKIE: given[COOKIE], "session_state": given["session_state"]}
    cookies = b";".join(value for name, value in answer.headers if name == b"set-cookie").decode()
    named = f"{COOKIE}={given[COOKIE]}" in cookies
    now.check("/connect : cookie", f"{COOKIE} de la réponse", f"{COOKIE} de la réponse"
              if named else "autre ou absent")
    known = await Store(now.sandbox.database, now.tenant).session(given["session_state"])
    whose = known.id_nat if known is not None else "aucune session"
    now.check("/connect : session de Pro Santé Connect", now.proxy.id_nat, whose)
    again = await now.call("POST", "/connect", _body(now.proxy))
    now.check("/connect, rejoué : statut", "304", str(again.status))
    return True


async def _use(now: Run) -> None:
    data = {
        "nationalId": now.proxy.id_nat, "clientID": now.proxy.client_id, **now.session,
    }
    answer = await now.call("POST", f"/send/{now.proxy.backend}/signsessiondata", data)
    now.check("/send : statut", "200", str(answer.status))
    signed = answer.json()
    same = {name: signed.get(name) for name in data} == data
    now.check("/send : données rendues", "celles envoyées", "celles envoyées" if same else "autres")
    now.check("/send : signature", "un texte", _kind(signed.get("signature")))


async def _leave(now: Run) -> None:
    answer = await now.call("DELETE", "/disconnect")
    now.check("/disconnect : statut", "200", str(answer.status))
    known = await Store(now.sandbox.database, now.tenant).session(now.session["session_state"])
    closed = "fermée" if known is None else "ouverte"
    now.check("/disconnect : session de Pro Santé Connect", "fermée", closed)
    again = await now.call("DELETE", "/disconnect")
    now.check("/disconnect, rejoué : statut", "401", str(again.status))
    late = await now.call("POST", f"/send/{now.proxy.backend}/signsessiondata", {})
    now.check("/send sans session : statut", "401", str(late.status))


async def _refusals(now: Run) -> None:
    cases: Sequence[tuple[str, dict[str, str], str]] = (
        ("clientId inconnu", {"clientId": "inconnu-de-tous"}, "404"),
        ("channel inconnu", {"channel": "INVALID"}, "400"),
        ("bindingMessage vide", {"bindingMessage": ""}, "400"),
    )
    for place, changes, status in cases:
        answer = await now.call("POST", "/connect", _body(now.proxy, **changes), alone=True)
        now.check(f"/connect, {place} : statut", status, str(answer.status))
        now.check(f"/connect, {place} : code", status, str(answer.json().get("code")))
        cookie = any(name == b"set-cookie" and COOKIE.encode() in value and b"=;" not in value
                     for name, value in answer.headers)
        now.check(f"/connect, {place} : cookie", "aucun", "un cookie" if cookie else "aucun")


def _judge_traces(now: Run, answer: Reply) -> None:
    try:
        records = orjson.loads(answer.body)
    except ValueError:
        records = None
    if not isinstance(records, list):
        now.check("/traces", "un tableau JSON", "autre chose")
        return
    own = [each for each in records if isinstance(each, dict)]
    kinds = {str(each.get("type")) for each in own}
    for kind in EXPECTED:
        now.check(f"/traces : {kind}", "présent", "présent" if kind in kinds else "absent")
    for number, each in enumerate(own):
        place = f"/traces[{number}] {each.get('type')}"
        for problem in _problems(each):
            now.check(place, "complet", problem)
        mine = each.get("proxy_id_session") == now.session.get(COOKIE)
        if mine and now.session:
            now.check(f"{place} : session_state", now.session["session_state"],
                      str(each.get("session_state")))


def _problems(record: dict[str, Any]) -> Iterator[str]:
    """What a record lacks for its type, or has too much."""
    kind = record.get("type")
    if kind not in EXPECTED:
        yield f"type inconnu : {str(kind)[:40]}"
        return
    needed = ALWAYS if kind == "CONNECT_FAILURE" else (*ALWAYS, *OF_A_SESSION)
    for name in needed:
        if record.get(name) in (None, ""):
            yield f"{name} absent"
    request = record.get("apiRequest")
    if kind != "SEND" and request is not None:
        yield "apiRequest présent"
    if kind == "SEND":
        lacking = REQUEST if not isinstance(request, dict) else tuple(
            name for name in REQUEST if not request.get(name))
        yield from (f"apiRequest.{name} absent" for name in lacking)
    if not isinstance(record.get("ports"), list):
        yield "ports n'est pas un tableau"
    try:
        datetime.fromisoformat(str(record.get("timestamp")))
    except ValueError:
        yield "timestamp n'est pas un instant ISO 8601"


def _kind(value: object) -> str:
    return "un texte" if isinstance(value, str) and value else "autre ou absent"
