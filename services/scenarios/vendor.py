"""The vendor's software: an HTTP client that knows the sandbox by its public addresses only."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import orjson

from services.kernel.authorities import authorities
from services.kernel.clock import SECOND, Clock, from_datetime, real_now
from services.kernel.ids import Ids
from services.scenarios.answers import refusal

TIMEOUT_SECONDS = 60.0
EXCHANGE = "X-Sandbox-Exchange"


class SandboxUnreachable(Exception):
    """The sandbox does not answer, or its control API refused what the run needs."""


@dataclass(slots=True)
class Vendor:
    """One run's HTTP client. `exchanges` are the journal ids of its calls since `forget`.

    base: address with the tenant prefix; clock: the tenant's time, read once at the start;
    smtp: host and port, 0 without that listener; authority: the sandbox's root, PEM; secure: the
    same base over HTTPS, which is called instead, or ""; client: its id, and its secret; tls: what
    it proves itself by, in the espace de confiance.
    """

    base: str
    http: httpx.Client
    clock: Clock
    smtp: tuple[str, int] = ("", 0)
    authority: str = ""
    secure: str = ""
    client: str = "socle-demo"
    tls: ssl.SSLContext | None = None
    exchanges: list[str] = field(default_factory=list)
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.clock)

    def call(
        self, method: str, url: str, *, token: str = "", json: object = None, **options: Any
    ) -> httpx.Response:
        """One exchange; `url` is a path of the tenant or a whole address.

        Raises httpx.TransportError when nothing answers.
        """
        headers = {**options.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if json is not None:
            options["content"] = orjson.dumps(json)
            headers.setdefault("Content-Type", "application/json")
        address = url if "://" in url else self.base + url
        if self.secure and address.startswith(self.base):
            address = self.secure + address.removeprefix(self.base)
        response = self.http.request(method, address, headers=headers, **options)
        if EXCHANGE in response.headers:
            self.exchanges.append(response.headers[EXCHANGE])
        return response

    def control(self, method: str, path: str, body: object = None) -> Any:
        """One call of the control API, which is no exchange. Raises SandboxUnreachable."""
        return control(self.http, self.base, method, path, body)

    def raw(self, path: str) -> bytes:
        """One call of the control API; its bytes. Raises SandboxUnreachable."""
        return _control(self.http, self.base, "GET", path, None).content

    def close(self) -> None:
        self.http.close()

    def forget(self) -> tuple[str, ...]:
        """The journal ids noted so far, and start again."""
        noted = tuple(self.exchanges)
        self.exchanges.clear()
        return noted


def open_vendor(url: str, tenant: str) -> Vendor:
    """A client of that sandbox and tenant. Close it. Raises SandboxUnreachable."""
    base = url.rstrip("/") + ("" if tenant == "default" else f"/t/{tenant}")
    http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, verify=authorities(base))
    try:
        clock = _clock(control(http, base, "GET", "/clock"))
        endpoints = control(http, base, "GET", "/endpoints")
        listener = endpoints.get("smtp", {"host": "", "port": 0})
        authority = _fetch(http, "GET", f"{base}/pki/ca.pem").text
        return Vendor(base, http, clock, (listener["host"], listener["port"]), authority)
    except BaseException as error:
        http.close()
        if isinstance(error, LookupError | TypeError | ValueError | AttributeError):
            raise SandboxUnreachable(f"{base} répond, mais n'est pas un bac à sable") from error
        raise


def _clock(answer: Mapping[str, Any]) -> Clock:
    instant = from_datetime(datetime.fromisoformat(answer["now"]))
    if answer["frozen"]:
        return Clock(frozen=instant)
    shift = instant - real_now()
    return Clock() if abs(shift) < SECOND else Clock(shift=shift)


def control(http: httpx.Client, base: str, method: str, path: str, body: object = None) -> Any:
    """One call of the control API; its JSON. Raises SandboxUnreachable."""
    return orjson.loads(_control(http, base, method, path, body).content)


def _control(
    http: httpx.Client, base: str, method: str, path: str, body: object
) -> httpx.Response:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    secret = os.environ.get("SOCLE_TENANT_SECRET") or os.environ.get("SOCLE_ADMIN_TOKEN")
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    content = None if body is None else orjson.dumps(body)
    return _fetch(http, method, f"{base}/sandbox{path}", headers=headers, content=content)


def _fetch(http: httpx.Client, method: str, address: str, **options: Any) -> httpx.Response:
    try:
        response = http.request(method, address, **options)
    except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as error:
        raise SandboxUnreachable(f"Aucun bac à sable ne répond à {address} : {error}") from error
    if response.status_code >= 400:
        raise SandboxUnreachable(f"{method} {address} : refusé, {refusal(response)}")
    return response
