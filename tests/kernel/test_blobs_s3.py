"""Blobs in a bucket, over a real S3 API: deposits, mails, purge after a reset, S3 down."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvloop

from services import app
from services.kernel.blobs import Blobs, open_blobs
from services.kernel.database import StorageFailure
from services.scenarios.login import access_token
from services.settings import Settings
from tests.dmp.conftest import Dmp
from tests.dmp.messages import Cda, lot, new_oid
from tests.mssante.conftest import DOCTOR_BOX, HEAD, Client, submit
from tests.s3_server import BLOBS_URL, BUCKET, PREFIX, S3

pytestmark = pytest.mark.foreign


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with pytest.MonkeyPatch.context() as patch:
        server = S3()
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server
        server.close()


@pytest.fixture(scope="module")
def running(s3: S3) -> Iterator[app.Running]:
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    wanted = Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, blobs_url=BLOBS_URL
    )
    started = asyncio.run_coroutine_threadsafe(app.start(wanted), loop).result(60)
    yield started
    asyncio.run_coroutine_threadsafe(started.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def api(running: app.Running, tenant: str) -> Iterator[httpx.Client]:
    base = f"{running.sandbox.public_url}/t/{tenant}"
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def token(running: app.Running, tenant: str) -> Callable[..., str]:
    return lambda id_nat: access_token(running.sandbox.public_url, tenant, id_nat)


@pytest.fixture
def dmp(api: httpx.Client, token: Callable[..., str]) -> Dmp:
    return Dmp(api, token)


def until(condition: Callable[[], Any]) -> None:
    limit = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.1)


def document(kibibytes: int) -> tuple[bytes, dict[str, Any]]:
    oid = new_oid()
    content = Cda(oid, body="A" * kibibytes * 1024).encode()
    return content, lot(content, oid)


@pytest.mark.parametrize("kibibytes", [1, 900, 12_000])
def test_a_document_is_read_as_it_was_deposited(
    dmp: Dmp, s3: S3, tenant: str, kibibytes: int
) -> None:
    content, body = document(kibibytes)
    id = dmp.deposit(body)
    assert dmp.get(f"Binary/{id}").content == content
    [key] = [each for each in s3.listed() if each.startswith(f"{PREFIX}/{tenant}~0/")]
    assert key.endswith(hashlib.sha256(content).hexdigest())
    assert len(dmp.documents()) == 1


def test_a_mail_is_read_as_it_was_sent(
    running: app.Running, api: httpx.Client, token: Callable[..., str]
) -> None:
    client = Client("127.0.0.1", running.sandbox.endpoints["smtp"]["port"], timeout=30)
    client.ehlo()
    client.secured(str(running.sandbox.pki.ca)).opened(DOCTOR_BOX, token("899900000011"))
    assert submit(client, HEAD, DOCTOR_BOX).startswith("250 ")
    client.close()
    box = f"/sandbox/mailboxes/{DOCTOR_BOX}/messages"
    [message] = api.get(box).json()["messages"]
    assert api.get(f"{box}/{message['id']}/raw").content == HEAD


def test_a_reset_removes_the_tenants_own(dmp: Dmp, s3: S3, tenant: str) -> None:
    dmp.deposit(document(1)[1])
    neighbours = [key for key in s3.listed() if f"{tenant}~0/" not in key]
    dmp.api.post("/sandbox/reset", json={}).raise_for_status()
    until(lambda: not [key for key in s3.listed() if f"/{tenant}~0/" in key])
    assert [key for key in s3.listed() if f"{tenant}~" not in key] == neighbours


def test_a_bucket_that_does_not_answer(dmp: Dmp, s3: S3) -> None:
    content, body = document(1)
    id = dmp.deposit(body)
    s3.stop()
    try:
        refused = dmp.refused(dmp.post(document(2)[1]), 503, "storage")
        assert refused["code"] == "transient"
        dmp.refused(dmp.get(f"Binary/{id}"), 503, "storage")
        assert len(dmp.documents()) == 1
    finally:
        s3.start()
    assert dmp.get(f"Binary/{id}").content == content
    dmp.deposit(document(2)[1])
    assert len(dmp.documents()) == 2


async def test_a_bucket_that_does_not_exist(s3: S3) -> None:
    nowhere = open_blobs("s3://inconnu", s3)  # type: ignore[arg-type]
    with pytest.raises(StorageFailure):
        await nowhere.put("a~0", b"document")


async def test_a_purge_is_of_one_key(s3: S3) -> None:
    blobs: Blobs = open_blobs(f"s3://{BUCKET}/autre/", s3)  # type: ignore[arg-type]
    kept = [await blobs.put(key, b"document") for key in ("a~00", "ab~0", "a~1")]
    gone = [await blobs.put("a~0", str(n).encode()) for n in range(5)]
    await blobs.purge("a~0")
    await blobs.purge("nothing~0")
    for key in gone:
        with pytest.raises(KeyError):
            await blobs.get(key)
    assert [await blobs.get(key) for key in kept] == [b"document"] * 3
