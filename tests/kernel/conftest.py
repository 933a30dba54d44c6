"""A sandbox with one small service of our own, to try the kernel alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from services import app, catalog
from services.kernel import listeners
from services.kernel.dialects import JSON
from services.kernel.errors import CatalogueError
from services.kernel.exchange import Answer, Exchange
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, observe, rule
from services.kernel.transactions import Service, transaction
from services.settings import Settings

TEAPOT = CatalogueError("T1", "Je suis une théière.", "always", "RFC 2324", 418)


@rule("R-LOUD", severity="error", message="Trop fort.", source=SOCLE)
def loud(text: str):
    if text.isupper():
        yield Mismatch("$", "minuscules", text)


@rule("R-BAD", severity="error", message="Interdit.", source=SOCLE, refuses=TEAPOT)
def bad(text: str):
    if text == "bad":
        yield Mismatch("$", "autre chose", text)


@transaction("X1", name="Écho", spec="-", dialect=JSON, fidelity="derived",
             routes=("POST /x/echo", "GET /x/echo/{id}"))
async def echo(exchange: Exchange) -> Answer:
    if exchange.method == "GET":
        return Answer.json({"id": exchange.path_params["id"], "query": exchange.query})
    text = str(exchange.json())
    observe(exchange, (loud, bad), text, strict=TEAPOT)
    return Answer.json(text, 201, x_seen="yes")


@transaction("X2", name="Bogue", spec="-", dialect=JSON, fidelity="derived", routes=("GET /x/bug",))
async def bug(exchange: Exchange) -> Answer:
    raise ZeroDivisionError("surprise")


@transaction("X3", name="XML", spec="-", dialect=JSON, fidelity="derived", routes=("POST /x/xml",),
             consumes=("application/xml",), max_body=100)
async def xml(exchange: Exchange) -> Answer:
    return Answer(200, exchange.body, "application/xml")


SERVICE = Service("x", "Essai", {"/x": JSON}, (echo, bug, xml), (TEAPOT,), (loud, bad))


def patient(running: app.Running, patch: pytest.MonkeyPatch) -> None:
    """A stop waits a minute for what it has to wait for, and a busy machine is faster than that."""
    patch.setattr(listeners, "CUT_SECONDS", 60.0)
    for each in running._http:
        each._server.config.timeout_graceful_shutdown = 60


@pytest.fixture
async def running(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[app.Running]:
    monkeypatch.setattr(catalog, "load", lambda only="": {"x": SERVICE})
    started = await app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    yield started
    await started.stop()


@pytest.fixture
async def client(running: app.Running) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.sandbox.public_url, trust_env=False) as opened:
        yield opened


