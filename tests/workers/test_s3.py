"""Documents in a bucket that several workers share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.scenarios.login import access_token
from tests.dmp import messages
from tests.dmp.messages import DOCTOR, Cda
from tests.s3_server import BLOBS_URL, S3
from tests.workers.conftest import Starter

pytestmark = pytest.mark.foreign


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    server = S3()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


def test_what_one_worker_stores_the_other_reads(
    s3: S3, start: Starter, tenant: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("s3") / "data"
    running = start("--data", str(data), "--blobs-url", BLOBS_URL)
    headers = {
        "Authorization": f"Bearer {access_token(running.url, tenant, DOCTOR)}",
        "Content-Type": "application/fhir+json",
    }
    one, other = running.one_each(tenant)
    for writer, reader in ((one, other), (other, one)):
        oid = messages.new_oid()
        content = Cda(oid, body="A" * 900_000).encode()
        answer = writer.post("/dmp/fhir", json=messages.lot(content, oid), headers=headers)
        assert answer.status_code == 200, answer.text
        [location] = [
            entry["response"]["location"] for entry in answer.json()["entry"]
            if entry["response"].get("location", "").startswith("Binary/")
        ]
        for client in (reader, writer):
            assert client.get(f"/dmp/fhir/{location}", headers=headers).content == content
    assert len([key for key in s3.listed() if f"/{tenant}~0/" in key]) == 2
    assert running.stop() == 0
