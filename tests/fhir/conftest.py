"""A tenant with its own database and hand-made exchanges; a server with a test service."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
import uvloop

from services import app
from services.app import Running
from services.kernel.authorities import authorities
from services.kernel.database import Database
from services.kernel.exchange import Exchange
from services.kernel.tenants import Tenant
from services.settings import Settings

MakeExchange = Callable[..., Exchange]


@dataclass(slots=True)
class Ground:
    """A database and the tenant that uses it."""

    database: Database
    tenant: Tenant = field(default_factory=lambda: Tenant("espace"))


@pytest.fixture
def ground(database: Database) -> Ground:
    return Ground(database)


@pytest.fixture
def exchange(ground: Ground, tmp_path: Path) -> MakeExchange:
    """`exchange("GET", "/dmp/fhir/Patient", query="…", body=b"…", accept="…")`."""

    def make(
        method: str = "POST", path: str = "/dmp/fhir/Patient", *, query: str = "",
        body: bytes = b"", content_type: str = "application/fhir+json",
        params: dict[str, str] | None = None, **headers: str,
    ) -> Exchange:
        sandbox: Any = SimpleNamespace(
            database=ground.database, public_url="http://socle.test", data=tmp_path, resources={},
            ports=SimpleNamespace(codes=None),
        )
        raw = [(b"content-type", content_type.encode())] if content_type else []
        raw += [(name.encode(), value.encode()) for name, value in headers.items()]
        return Exchange(
            "x", sandbox, ground.tenant, None, method, path, query.encode(), raw, body,
            "127.0.0.1:1", params or {},
        )

    return make


@dataclass(slots=True)
class Essai:
    """The test service on a real server: a client of one tenant."""

    url: str
    tenant: str
    client: httpx.Client

    @property
    def base(self) -> str:
        return f"{self.url}/t/{self.tenant}/essai/fhir"

    def __call__(
        self, method: str, path: str = "", resource: object = None, status: int | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One request below the base; `headers` have underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = resource if isinstance(resource, bytes) else (
            None if resource is None else orjson.dumps(resource)
        )
        if content is not None:
            named.setdefault("content-type", "application/fhir+json")
        separator = "" if path.startswith(("?", "http")) or not path else "/"
        url = path if path.startswith("http") else f"{self.base}{separator}{path}"
        answer = self.client.request(method, url, content=content, headers=named)
        if status is not None:
            assert answer.status_code == status, answer.text
        return answer

    def put(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Store a resource under its own id."""
        path = f"{resource['resourceType']}/{resource['id']}"
        stored: dict[str, Any] = self("PUT", path, resource).raise_for_status().json()
        return stored

    def ids(self, search: str) -> list[str]:
        """Ids of the matches, in order."""
        found = self("GET", search, status=200).json()
        return [
            entry["resource"]["id"] for entry in found.get("entry", [])
            if entry["search"]["mode"] == "match"
        ]

    def issue(self, answer: httpx.Response) -> dict[str, Any]:
        """The first issue of a refusal."""
        outcome = answer.json()
        assert outcome["resourceType"] == "OperationOutcome"
        found: dict[str, Any] = outcome["issue"][0]
        return found


@pytest.fixture(scope="session")
def essai_server() -> Iterator[tuple[str, Running, asyncio.AbstractEventLoop]]:
    """A server with the test services alone."""
    from tests.fhir import essai

    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="essai", daemon=True)
    thread.start()
    services = {"essai": essai.SERVICE, "ferme": essai.CLOSED_SERVICE}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.catalog, "load", lambda only="": services)
        settings = Settings(memory=True, http_port=0, https_port=0, smtp_port=0)
        running = asyncio.run_coroutine_threadsafe(app.start(settings), loop).result(60)
    yield running.sandbox.public_url, running, loop
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def essai(
    essai_server: tuple[str, Running, asyncio.AbstractEventLoop], tenant: str
) -> Iterator[Essai]:
    url = essai_server[0]
    with httpx.Client(timeout=30, trust_env=False, verify=authorities(url)) as client:
        yield Essai(url, tenant, client)
