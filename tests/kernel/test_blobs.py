"""Blobs in a directory: byte-identical, found by their key only, purged by tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.kernel import blobs as module
from services.kernel.blobs import Blobs, open_blobs
from services.kernel.database import StorageFailure
from services.settings import InvalidSettings, load


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs("", tmp_path / "blobs")


async def test_what_is_put_is_found(blobs: Blobs) -> None:
    for content in (b"", b"document", bytes(range(256)) * 8192):
        key = await blobs.put("a~0", content)
        assert key.startswith("a~0/")
        assert await blobs.get(key) == content
        assert await blobs.put("a~0", content) == key


async def test_a_purge_is_of_one_key(blobs: Blobs) -> None:
    kept = [await blobs.put(key, b"document") for key in ("a~00", "ab~0", "a~1")]
    gone = await blobs.put("a~0", b"document")
    await blobs.purge("a~0")
    await blobs.purge("nothing~0")
    with pytest.raises(KeyError):
        await blobs.get(gone)
    assert [await blobs.get(key) for key in kept] == [b"document"] * 3


@pytest.mark.parametrize("key", [
    "", "/", "a~0", "../../../etc/passwd", "/etc/passwd", "a~0/../../secret", "a~0/%2e%2e/secret",
    "a~0/aa/bb/" + "c" * 63, "a~0/aa/bb/" + "c" * 64 + "/..", "a~0/aa/bb/" + "C" * 64,
    "a~0/aa/bb/" + "c" * 64 + "\0", "é~0/aa/bb/" + "c" * 64, "a~0/" + "x" * 10_000,
    "a~0/aa/bb/" + "c" * 64,
])
async def test_a_forged_key_finds_nothing(blobs: Blobs, tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    await blobs.put("a~0", b"document")
    with pytest.raises(KeyError):
        await blobs.get(key)


async def test_what_is_not_synced_is_not_stored(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_sync", fails)
    with pytest.raises(StorageFailure, match="No space left"):
        await blobs.put("a~0", b"document")


@pytest.mark.parametrize("url", [
    "https://bucket/prefix", "s3:bucket", "s3://", "s3://B/x", "s3://bucket/../x", "file:///tmp",
    "s3://bucket/a//b", "s3://bucket/a b", "s3://user:secret@bucket/x",
])
def test_an_address_that_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(InvalidSettings, match="blobs_url"):
        load(blobs_url=url)
