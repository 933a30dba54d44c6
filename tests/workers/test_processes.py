"""Processes: started together, replaced one by one, stopped together."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from tests import databases
from tests.postgres_server import PostgresServer
from tests.workers.conftest import Installation, Starter, until

foreign = pytest.mark.foreign


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def health(url: str) -> int:
    """Over a new connection."""
    return httpx.get(f"{url}/health", trust_env=False, timeout=30).status_code


def test_several_workers_are_refused_on_sqlite() -> None:
    nowhere = {databases.URL: None}
    done = CliRunner().invoke(app, ["up", "--workers", "2", "--memory"], env=nowhere)
    assert done.exit_code == 2
    assert "--workers 2 demande une base PostgreSQL (--database-url)" in done.output


@foreign
def test_two_workers_and_a_mail_process_serve_the_same_keys(installation: Installation) -> None:
    assert len(installation.children) == 3
    pair = installation.one_each("default")
    certs = "/psc/auth/realms/esante-wallet/protocol/openid-connect/certs"
    first, second = (each.get(certs).json() for each in pair)
    assert first == second


@foreign
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_at_once(start: Starter, number: int) -> None:
    running = start()
    children, waiting = running.children, running.client("default")
    assert waiting.get("/health").status_code == 200  # its connection stays open, idle
    began = time.monotonic()
    running.process.send_signal(number)
    assert running.process.wait(60) == 0
    assert time.monotonic() - began < 4.5  # who waits for idle connections waits for five
    assert not any(map(alive, children))


@foreign
def test_a_killed_worker_loses_no_new_connection(start: Starter) -> None:
    running = start()
    pair = running.one_each("default")
    victims = [running.serving(each) for each in pair]
    for number, victim in enumerate(victims, 1):
        os.kill(victim, signal.SIGKILL)
        assert [health(running.url) for _ in range(20)] == [200] * 20
        gone = set(victims[:number])
        until(lambda: len({*running.children} - gone) == 3, "not replaced")  # noqa: B023
    assert running.stop() == 0


@foreign
def test_the_mail_process_is_replaced_too(start: Starter) -> None:
    from smtplib import SMTP

    running = start()
    workers = {running.serving(each) for each in running.one_each("default")}
    mail = next(each for each in running.children if each not in workers)
    os.kill(mail, signal.SIGKILL)
    with SMTP(*running.smtp, timeout=30) as smtp:
        assert smtp.ehlo()[0] == 250
    assert health(running.url) == 200
    assert running.stop() == 0


@foreign
def test_children_do_not_outlive_their_parent(start: Starter) -> None:
    running = start()
    children = running.children
    running.process.kill()
    running.process.wait(30)
    until(lambda: not any(map(alive, children)), "orphans")
    with pytest.raises(httpx.ConnectError):
        health(running.url)


@foreign
def test_a_temporary_installation_leaves_nothing(start: Starter) -> None:
    running = start("--memory")
    data = Path(running.ready["ca"]).parent.parent
    assert data.is_dir()
    assert running.stop() == 0
    assert not data.exists()


@foreign
def test_what_was_stored_is_there_after_a_restart(start: Starter, tenant: str) -> None:
    schema = f"restarted_{os.getpid()}"
    first = start(schema=schema)
    first.client(tenant).put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert first.stop() == 0
    second = start(schema=schema, workers=1)
    assert second.client(tenant).get("/sandbox/settings").json()["strict"] is True
    assert second.stop() == 0


@foreign
def test_a_restart_of_the_database_is_survived(
    postgres: PostgresServer, start: Starter, tenant: str, tmp_path: Path
) -> None:
    own = PostgresServer()
    own.create()
    try:
        running = start("--data", str(tmp_path), "--database-url", own.url())
        children, pair = running.children, running.one_each(tenant)
        call = "/ins/fhir/metadata"
        assert [each.get(call).status_code for each in pair] == [200, 200]
        own.stop()
        silent = [each.get(call) for each in pair]
        assert [each.status_code for each in silent] == [503, 503]
        assert silent[0].json()["resourceType"] == "OperationOutcome"
        assert [each.put("/sandbox/settings", json={"strict": True}).status_code
                for each in pair] == [503, 503]
        own.start()
        assert [each.get(call).status_code for each in pair] == [200, 200]
        changed = pair[0].put("/sandbox/settings", json={"strict": True})
        assert changed.status_code == 200, changed.text
        assert pair[1].get("/sandbox/settings").json()["strict"] is True
        assert running.children == children
        assert running.stop() == 0
    finally:
        own.destroy()
