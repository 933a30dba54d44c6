"""A sandbox with one service that tells what it thinks of the certificate of its caller."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from services import app, catalog
from services.kernel.dialects import JSON
from services.kernel.errors import CatalogueError
from services.kernel.exchange import Answer, Exchange
from services.kernel.pki.judgement import judge
from services.kernel.pki.reading import parse
from services.kernel.sandbox import Sandbox
from services.kernel.transactions import MEBIBYTE, Service, transaction
from services.settings import Settings
from tests.kernel.tls import forging

Identity = tuple[str, str]
"""PEM of a certificate (with its chain) and of its private key."""

UNUSED = CatalogueError("W1", "Jamais.", "never", "-", 400)


@transaction("W1", name="Qui", spec="-", dialect=JSON, fidelity="derived",
             routes=("GET /w/who", "POST /w/who"), max_body=64 * MEBIBYTE)
async def who(exchange: Exchange) -> Answer:
    verdict = await judge(exchange.sandbox, exchange.tenant, exchange.tls)
    found = parse(exchange.tls.certificate) if exchange.tls else None
    return Answer.json({
        "status": verdict.status, "cn": verdict.cn, "ou": verdict.ou, "person": verdict.person,
        "detail": verdict.detail, "serial": verdict.serial, "tenant": exchange.tenant.name,
        "tls": exchange.tls and [exchange.tls.version, exchange.tls.server_name],
        "subject": found and found.subject.rfc4514_string(), "size": len(exchange.body),
        "hints": [code for code, _ in exchange.tls.errors] if exchange.tls else [],
    })


SERVICE = Service("w", "Essai", {"/w": JSON}, (who,), (UNUSED,))


def only_this(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(catalog, "load", lambda only="": {"w": SERVICE})


@dataclass(slots=True)
class Front:
    """A running sandbox, in a thread of the test process."""

    ready: dict[str, Any]
    sandbox: Sandbox


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    """One for all tests of a worker."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="front", daemon=True)
    thread.start()
    settings = Settings(memory=True, http_port=0, https_port=0, smtp_port=0)
    with pytest.MonkeyPatch.context() as patch:
        only_this(patch)
        started = asyncio.run_coroutine_threadsafe(app.start(settings), loop).result(60)
    yield Front(started.ready, started.sandbox)
    asyncio.run_coroutine_threadsafe(started.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture
async def client(front: Front, tenant: str) -> AsyncIterator[httpx.AsyncClient]:
    """The tenant on plain HTTP, for the control API."""
    base = f"{front.ready['http']}/t/{tenant}"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as opened:
        yield opened


@pytest.fixture
def issued(client: httpx.AsyncClient) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Issue a certificate in the tenant."""

    async def issue(variant: str = "valid", **more: str) -> dict[str, Any]:
        answer = await client.post(
            "/sandbox/certificates", json={"variant": variant, "key": "ec", **more}
        )
        assert answer.status_code == 201, answer.text
        content: dict[str, Any] = answer.json()
        return content

    return issue


@pytest.fixture
def identity(
    front: Front, issued: Callable[..., Awaitable[dict[str, Any]]]
) -> Callable[[str], Awaitable[Identity | None]]:
    """One of the ten kinds of client certificate."""

    async def make(kind: str) -> Identity | None:
        match kind:
            case "none":
                return None
            case "foreign":
                return forging.ForeignPki().identity()
            case "forged":
                return forging.forged(front.sandbox.pki)
            case "valid_without_chain":
                made = await issued()
                return made["certificate"], made["private_key"]
        made = await issued(kind)
        return made["certificate"] + made["chain"], made["private_key"]

    return make


@pytest.fixture
def trusting(front: Front, tmp_path: Path) -> Callable[..., ssl.SSLContext]:
    """A client context that trusts the sandbox and presents an identity."""

    def make(
        identity: Identity | None = None, version: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=front.ready["ca"])
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if identity is not None:
            path = tmp_path / "identity.pem"
            path.write_text(identity[1] + identity[0])
            context.load_cert_chain(path)
        return context

    return make


@pytest.fixture
def secure(
    front: Front, tenant: str, trusting: Callable[..., ssl.SSLContext]
) -> Callable[..., httpx.AsyncClient]:
    """The tenant on HTTPS, with an identity."""

    def make(identity: Identity | None = None, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{front.ready['https']}/t/{tenant}", verify=trusting(identity, **options),
            trust_env=False,
        )

    return make
