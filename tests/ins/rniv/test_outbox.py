"""What waits for a system that is not there, and what its answers are worth."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ins.rniv.domain.abonnements import Abonnement, Annonces, as_setting
from ins.rniv.wire import sortant
from services import app
from services.settings import Settings
from tests import several
from tests.ins.rniv.conftest import Store, eventually
from tests.ins.rniv.messages import Pam, pid, said
from tests.ins.rniv.test_sortant import OUT, Vendor, segments, subscribe
from tests.ports import free_port

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


def waiting(store: Store) -> list[Json]:
    found: list[Json] = store.api.get("/sandbox/ins/rniv/outbox").json()["messages"]
    return found


def events(vendor: Vendor) -> list[str]:
    return [segments(each)["MSH"][8].split("^")[1] for each in vendor.received]


@several.one_process
def test_a_system_that_comes_back_hears_of_everything_in_order(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sortant, "PAUSES", (0.02, 0.02, 0.02, 0.02, 600.0))
    port = free_port()
    subscribe(store, f"mllp://127.0.0.1:{port}")
    id = store.create()["id"]
    store.done(id, "flag", attribute="HOMA")
    first = eventually(lambda: (found := waiting(store)) and found[0]["attempts"] > 4 and found[0])
    assert first["event"] == "A28"
    assert [each["event"] for each in waiting(store)] == ["A28", "A31"]
    assert {each["response"]["status"] for each in journal(**OUT)} == {"-"}
    back = Vendor(port=port)
    try:
        # A change of any identity tries what waits, however long its pause; so does a command.
        assert store.api.post("/sandbox/ins/rniv/outbox/deliver", json={}).status_code == 200
        eventually(lambda: events(back) == ["A28", "A31"])
        eventually(lambda: waiting(store) == [])
    finally:
        back.close()


@several.one_process
def test_a_change_tries_what_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sortant, "PAUSES", (0.02, 600.0))
    port = free_port()
    subscribe(store, f"mllp://127.0.0.1:{port}")
    store.create()
    eventually(lambda: (found := waiting(store)) and found[0]["attempts"] > 1)
    back = Vendor(port=port)
    try:
        store.create()
        eventually(lambda: events(back) == ["A28", "A28"])
    finally:
        back.close()


@several.one_process
def test_a_day_later_it_is_given_up(
    store: Store, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sortant, "KEPT", 0)
    subscribe(store, f"mllp://127.0.0.1:{free_port()}")
    store.create()
    [entry] = eventually(lambda: journal(**OUT))
    assert entry["note"].endswith("essai 1 ; abandonné")
    eventually(lambda: waiting(store) == [])


@contextlib.contextmanager
def answering(reply: Callable[[str], bytes]) -> Iterator[str]:
    """A system that answers each message by what `reply` makes of its control id."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        received = b""
                        while not received.endswith(b"\x1c\r") and (part := client.recv(9999)):
                            received += part
                        if received:
                            control = received.split(b"\r")[0].split(b"|")[9].decode()
                            client.sendall(b"\x0b" + reply(control) + b"\x1c\r")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"mllp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


MSH = "MSH|^~\\&|DPI|X|SOCLE|X|20260105||ACK|1|P|2.5"


@pytest.mark.parametrize(("reply", "status", "outcome", "told"), [
    ("{msh}\r\nMSA|AA|{id}\r\n", "AA", "pass", ": AA"), ("{msh}\nMSA|AA|{id}\n", "AA", "pass", ""),
    ("MSH#^~\\&#A#B\rMSA#AA#{id}\r", "AA", "pass", ": AA"),
    ("{msh}\rMSA|AA|AUTRE\r", "AA", "fail", "MSA-2 « AUTRE » au lieu de"),
    ("{msh}\rMSA|CA|{id}\r", "CA", "fail", "acquittement de transport"),
    ("{msh}\rMSA|AE|{id}|non\r", "AE", "fail", ": AE"),
    ("{msh}\rMSA|ZZ|{id}\r", "-", "fail", "pas un acquittement"),
], ids=["crlf", "lf", "separator", "other-id", "transport", "error", "unknown"])
def test_what_an_acknowledgement_says(
    store: Store, journal: Journal, reply: str, status: str, outcome: str, told: str
) -> None:
    with answering(lambda id: reply.format(msh=MSH, id=id).encode()) as address:
        subscribe(store, address)
        store.create()
        [entry] = eventually(lambda: journal(**OUT))
        assert (entry["response"]["status"], entry["outcome"]) == (status, outcome)
        assert told in entry["note"]
        if status != "-":
            assert eventually(lambda: waiting(store) == [])


async def test_a_start_takes_up_what_waited(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(http_port=0, https_port=0, smtp_port=0, mllp_port=0, data=tmp_path)
    asked = Annonces((), (Abonnement("un", f"mllp://127.0.0.1:{port}"),))

    async def run(act: Callable[[app.Running], Any]) -> None:
        running = await app.start(settings)
        try:
            await act(running)
        finally:
            await running.stop()

    async def before(running: app.Running) -> None:
        tenant = await running.sandbox.tenants.get("un")
        tenant.settings["rniv"] = as_setting(asked)
        await running.sandbox.tenants.save(tenant)
        place = running.ready["mllp"]
        sender = Pam(place["host"], place["port"], "un")
        assert said(await asyncio.to_thread(sender.send, "A28", pid()))[0] == "AA"

    async def after(_: app.Running) -> None:
        async with asyncio.timeout(60):
            while not back.received:
                await asyncio.sleep(0.02)

    await run(before)
    back = Vendor(port=port)
    try:
        await run(after)
        assert events(back) == ["A28"]
    finally:
        await asyncio.to_thread(back.close)

