"""Fixtures: one real server per worker, a fresh tenant per test."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import hypothesis
import pytest
import uvloop
from httpx._config import DEFAULT_TIMEOUT_CONFIG

from services import app
from services.kernel.authorities import authorities
from services.kernel.database import Database, open_database
from services.kernel.journal import Entry
from services.kernel.openapi import statuses
from services.kernel.sandbox import Sandbox
from services.kernel.sqlite import open_file
from services.settings import Settings
from tests import catalogues, databases, examples, once, several

T = TypeVar("T")
Explain = Callable[[str, tuple[Any, ...]], list[str]]
SHARED = Path(__file__).parent.parent.parent / "shared"
CHANCE = "SOCLE_TEST_CHANCE"
"""Set, property tests try other examples at each run."""
UNANSWERED = {"444", "499"}
"""Of exchanges that were cut, or given up by the client."""
_numbers = itertools.count(1)
# Five seconds by default: a busy machine may need more.
for _each in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _each, 60.0)


@dataclass(slots=True)
class Server:
    """A running sandbox, in a thread of the test process."""

    url: str
    smtp: tuple[str, int]
    ca: str
    sandbox: Sandbox
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(120)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutine tests run on asyncio."""
    return "asyncio"


@pytest.fixture
async def database(anyio_backend: str, tenant: str, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database, of the kind the tests run on."""
    place = os.environ.get(databases.URL) or tmp_path / "socle.sqlite"
    opened = await open_database(place, f"essai-{tenant}")
    yield opened
    await opened.close()


@pytest.fixture
async def explain(tmp_path: Path) -> AsyncIterator[Explain]:
    """The steps in which SQLite would run a statement."""
    opened = open_file(tmp_path / "plans.sqlite")

    def plan(sql: str, arguments: tuple[Any, ...]) -> list[str]:
        return [row[3] for row in opened._reader.execute("EXPLAIN QUERY PLAN " + sql, arguments)]

    yield plan
    await opened.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """All services on free ports, in memory; in several processes if `tests.several` says so."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server", daemon=True)
    thread.start()
    processes = contextlib.ExitStack()
    if several.WORKERS > 1:
        ready = processes.enter_context(several.served())
        starting = app.begin(*processes.enter_context(several.beside(ready)))
    else:
        starting = app.start(Settings(memory=True, http_port=0, https_port=0, smtp_port=0))
    running = asyncio.run_coroutine_threadsafe(starting, loop).result(120)
    smtp = running.sandbox.endpoints["smtp"]
    obtained = collect_errors(running.sandbox)
    undocumented = collect_undocumented(running.sandbox)
    yield Server(
        running.sandbox.public_url, (smtp["host"], smtp["port"]), str(running.sandbox.pki.ca),
        running.sandbox, loop,
    )
    asyncio.run_coroutine_threadsafe(running.stop(), loop).result(120)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()
    processes.close()
    catalogues.write(obtained)
    assert not running.sandbox.journal.state["lost"], "see what the server logged of its journal"
    assert not undocumented, "HTTP statuses that no OpenAPI page tells"


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    with once.made():
        yield


@pytest.fixture(scope="session", autouse=True)
def _examples() -> Iterator[None]:
    """Note what rules accept and refuse, for `tests.examples`."""
    with pytest.MonkeyPatch.context() as patch:
        seen = examples.watch(patch)
        yield
        examples.write(seen)


def collect_errors(sandbox: Sandbox) -> set[catalogues.Obtained]:
    """The catalogue errors that exchanges of this server were refused with, faults apart."""
    obtained: set[catalogues.Obtained] = set()
    record = sandbox.journal.record

    def watched(entry: Entry) -> None:
        if entry.error is not None and not entry.note.startswith("panne simulée"):
            obtained.add((entry.service, entry.error.code, entry.error.label))
        record(entry)

    sandbox.journal.record = watched  # type: ignore[method-assign]
    return obtained


def collect_undocumented(sandbox: Sandbox) -> set[tuple[str, str]]:
    """(transaction, status) of exchanges that no OpenAPI page tells, faults apart."""
    told = {
        (service.id, each.code): {str(status) for status in statuses(service, each)}
        for service in sandbox.services.values() for each in service.transactions
    }
    undocumented: set[tuple[str, str]] = set()
    record = sandbox.journal.record

    def watched(entry: Entry) -> None:
        known = told.get((entry.service, entry.transaction), {entry.status}) | UNANSWERED
        real = entry.protocol.startswith("HTTP/") and not entry.note.startswith("panne simulée")
        if real and entry.status not in known:
            undocumented.add((entry.transaction, entry.status))
        record(entry)

    sandbox.journal.record = watched  # type: ignore[method-assign]
    return undocumented


@pytest.fixture
def tenant() -> str:
    """The name of a tenant that nothing has used."""
    return f"t{os.getpid()}-{next(_numbers)}"


@pytest.fixture
def api(server: Server, tenant: str) -> Iterator[httpx.Client]:
    """An HTTP client of the tenant; redirects are not followed."""
    with httpx.Client(
        base_url=f"{server.url}/t/{tenant}", timeout=30, trust_env=False,
        verify=authorities(server.url),
    ) as client:
        yield client


@pytest.fixture
def token(server: Server, tenant: str, api: httpx.Client) -> Callable[..., str]:
    """An access token of this tenant for a professional (the default doctor), by the code flow."""
    from services.scenarios.login import access_token

    def get(id_nat: str | None = None, *, tenant_name: str | None = None) -> str:
        name = tenant_name or tenant
        if id_nat is None:
            id_nat = api.get("/sandbox/identities").json()["professionals"][0]["id_nat"]
        return access_token(server.url, name, id_nat)

    return get


@pytest.fixture
def software(server: Server, tenant: str, api: httpx.Client, tmp_path: Path) -> Iterator[Any]:
    """A software of the espace de confiance, not registered yet (`tests.confiance.Software`)."""
    from tests.confiance import Software

    made = Software(server, tenant, api, tmp_path)
    yield made
    made.close()


@pytest.fixture
def journal(api: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """Journal entries of the tenant, newest first."""

    def read(**query: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = api.get("/sandbox/journal", params=query).json()["entries"]
        return entries

    return read


@pytest.fixture
def shared() -> Path:
    """Reference material beside the checkout; skipped, saying why, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared folder with reference material beside the checkout")
    return SHARED


def pytest_configure(config: pytest.Config) -> None:
    # A busy machine is slow, not wrong; and one commit has the same examples wherever it is tested.
    hypothesis.settings.register_profile(
        "socle", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow],
        derandomize=CHANCE not in os.environ,
    )
    hypothesis.settings.load_profile("socle")
    catalogues.prepare(config)
    examples.prepare(config)
    databases.prepare(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    several.mark(items)


def pytest_collection_finish() -> None:
    # As the server does once it has started: what is loaded by now stays.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*app.COLLECTION)


def pytest_unconfigure(config: pytest.Config) -> None:
    databases.finish(config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    catalogues.judge(session)
    examples.judge(session)
