"""A full disk: a clear refusal, nothing acknowledged, nothing corrupted, and it goes on after."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.scenarios.login import access_token
from tests.databases import sqlite_only
from tests.dmp.messages import DOCTOR, Cda, lot, new_oid
from tests.mssante.conftest import DOCTOR_BOX, HEAD, Client, submit

SIZE = 24 * 1024 * 1024
KIBIBYTE = 1024
UNLIMITED = resource.RLIM_INFINITY


@dataclass(slots=True)
class Up:
    """A `socle up` of its own, with its data in `data`."""

    process: subprocess.Popen[bytes]
    ready: dict[str, Any]
    token: str = ""

    def __post_init__(self) -> None:
        self.token = access_token(self.ready["http"], "default", DOCTOR)

    def call(self, method: str, path: str, content: object = None) -> httpx.Response:
        media_type = "json" if path.startswith("/sandbox") else "fhir+json"
        return httpx.request(
            method, self.ready["http"] + path, trust_env=False, timeout=30,
            content=None if content is None else orjson.dumps(content), headers={
                "Content-Type": f"application/{media_type}",
                "Authorization": f"Bearer {self.token}",
            },
        )

    def deposit(self, kibibytes: int) -> tuple[httpx.Response, bytes]:
        oid = new_oid()
        content = Cda(oid, body=oid * (kibibytes * KIBIBYTE // len(oid))).encode()
        return self.call("POST", "/dmp/fhir", lot(content, oid)), content

    def mailbox(self) -> Client:
        client = Client("127.0.0.1", self.ready["smtp"]["port"], timeout=30)
        client.ehlo()
        return client.secured(self.ready["ca"]).opened(DOCTOR_BOX, self.token)


@contextmanager
def up(data: Path, ready: Path) -> Iterator[Up]:
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli", "up", "--data", str(data), "--http-port", "0",
         "--https-port", "0", "--smtp-port", "0", "--only", "psc,dmp,mssante",
         "--ready-file", str(ready)],
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, "socle up ended"
            assert time.monotonic() < until, "socle up is not ready"
            time.sleep(0.05)
        yield Up(process, orjson.loads(ready.read_bytes()))
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


@dataclass(slots=True)
class Disk:
    """A place for data whose space can be taken away and given back."""

    data: Path
    fill: Callable[[Up], None]
    free: Callable[[Up], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of some MiB."""
    place = tmp_path / "disque"
    place.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("a small file system cannot be mounted here (no right to)")
    ballast = place / "ballast"

    def fill(_: Up) -> None:
        with ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    try:
        yield Disk(place / "donnees", fill, lambda _: ballast.unlink())
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def limited_files(tmp_path: Path) -> Disk:
    """Any directory, and a process that may write no file."""

    def allow(size: int) -> Callable[[Up], None]:
        return lambda one: resource.prlimit(
            one.process.pid, resource.RLIMIT_FSIZE, (size, UNLIMITED)
        ) and None

    return Disk(tmp_path / "donnees", allow(0), allow(UNLIMITED))


@sqlite_only  # another database is on another disk
@pytest.mark.parametrize("kind", [
    "limited_files", pytest.param("small_disk", marks=pytest.mark.foreign),
])
def test_a_full_disk(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    disk: Disk = request.getfixturevalue(kind)
    stored: dict[str, bytes] = {}

    def keep(answer: httpx.Response, content: bytes) -> None:
        assert answer.status_code == 200, answer.text
        located = answer.json()["entry"][1]["response"]["location"]
        stored[located.rpartition("/")[2]] = content

    def check(one: Up) -> None:
        for id, content in stored.items():
            assert one.call("GET", f"/dmp/fhir/Binary/{id}").content == content

    with up(disk.data, tmp_path / "ready") as one, ExitStack() as opened:
        for kibibytes in (4, 900):
            keep(*one.deposit(kibibytes))
        client = opened.enter_context(closing(one.mailbox()))
        assert submit(client, HEAD, DOCTOR_BOX).startswith("250 ")
        disk.fill(one)
        for kibibytes in (1, 1200, 1):
            answer, _ = one.deposit(kibibytes)
            assert answer.status_code == 503, answer.text
            [issue] = answer.json()["issue"]
            assert (issue["code"], issue["details"]["coding"][0]["code"]) == (
                "transient", "storage"
            )
        assert submit(client, HEAD, DOCTOR_BOX).startswith("452 4.3.1 ")
        refused = one.call("PUT", "/sandbox/settings", {"strict": False})
        assert (refused.status_code, refused.json()["erreur"]["code"]) == (503, "storage")
        # What needs no space goes on, and says what it could not note.
        check(one)
        health = one.call("GET", "/health").json()
        assert health["status"] == "ready"
        until = time.monotonic() + 120
        while not health["journal"]["lost"] and time.monotonic() < until:
            time.sleep(0.1)
            health = one.call("GET", "/health").json()
        assert health["journal"]["lost"] > 0
        disk.free(one)
        check(one)
        keep(*one.deposit(500))
        assert submit(client, HEAD, DOCTOR_BOX).startswith("250 ")
        [newest] = one.call("GET", "/sandbox/journal?limit=1").json()["entries"]
        assert newest["transaction"] == "smtp.DATA"
        raw = one.call("GET", newest["request"]["raw"]).content
        assert raw.endswith(HEAD + b".\r\n")
    with up(disk.data, tmp_path / "ready") as one:
        check(one)
        box = one.call("GET", f"/sandbox/mailboxes/{DOCTOR_BOX}/messages").json()["messages"]
        assert len(box) == 2
        documents = one.call("GET", "/dmp/fhir/DocumentReference?patient.identifier="
                             "urn:oid:1.2.250.1.213.1.4.10|279035121518989&status=current")
        assert documents.json()["total"] == len(stored)
    base = sqlite3.connect(disk.data / "socle.sqlite")
    assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    base.close()
    assert not list((disk.data / "blobs").rglob("*#*"))
