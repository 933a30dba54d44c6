"""Blobs: documents and mails, byte-identical, content-addressed, durable once `put` returns.

They are kept in the data directory, or in an S3 bucket (`SOCLE_BLOBS_URL`), which several processes
may share.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from services.kernel.database import StorageFailure

LARGE = 1024 * 1024
"""Above this size, hashing leaves the event loop."""
KEY = re.compile(r"[a-z0-9-]+~[0-9]+/[0-9a-f]{2}/([0-9a-f]{2}/)?[0-9a-f]{64}")
"""With one more level, as the first installations wrote them."""
S3_SECONDS = timedelta(seconds=20)
"""All attempts of one call; a request that needs the bucket then gets its 503."""


class Blobs:
    """Blobs in an object store. The key is `<tenant key>/<2>/<sha256>`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, tenant_key: str, content: bytes) -> str:
        """Store; the key. Durable on return. Raises StorageFailure, and then nothing is kept."""
        large = len(content) > LARGE
        digest = await asyncio.to_thread(_digest, content) if large else _digest(content)
        key = f"{tenant_key}/{digest[:2]}/{digest}"
        try:
            await self._keep(key, content)
        except (BaseError, OSError) as error:
            raise StorageFailure(_first_line(error)) from error
        return key

    async def get(self, key: str) -> bytes:
        """The bytes. Raises KeyError when there is no such blob, StorageFailure."""
        if not KEY.fullmatch(key):
            raise KeyError(key)
        try:
            answer = await self._store.get_async(key)
            return bytes(await answer.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise KeyError(key) from error
        except (BaseError, OSError) as error:
            raise StorageFailure(_first_line(error)) from error

    async def purge(self, tenant_key: str) -> None:
        """Remove every blob of a tenant's old epoch."""
        async for page in self._store.list(tenant_key):
            await self._store.delete_async([each["path"] for each in page])

    async def _keep(self, key: str, content: bytes) -> None:
        await self._store.put_async(key, content, use_multipart=False)


class DirectoryBlobs(Blobs):
    """Blobs in files, synced, each written by one call of a thread."""

    def __init__(self, root: Path) -> None:
        super().__init__(LocalStore(prefix=root, mkdir=True))
        self._root = root

    async def purge(self, tenant_key: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._root / tenant_key, ignore_errors=True)

    async def _keep(self, key: str, content: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, _write, str(self._root), key, content)


def open_blobs(url: str, directory: Path) -> Blobs:
    """Of this bucket (`s3://bucket/prefix`), or of the directory when there is no address.

    Endpoint, region and keys of S3 are those of the environment (`AWS_ENDPOINT_URL`…).
    """
    if not url:
        return DirectoryBlobs(directory)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return Blobs(S3Store(
        bucket, prefix=prefix.strip("/") or None,
        client_options={"allow_http": True, "connect_timeout": "3s", "timeout": "15s"},
        retry_config={"max_retries": 2, "retry_timeout": S3_SECONDS},
    ))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _write(root: str, key: str, content: bytes) -> None:
    """A file that is complete and on disk, or none."""
    directory, _, name = f"{root}/{key}".rpartition("/")
    partial = f"{directory}/.{name}.{os.getpid()}-{threading.get_ident()}"
    try:
        _create(partial, content)
    except FileNotFoundError:
        _make(root, key.split("/")[:-1])
        _create(partial, content)
    os.replace(partial, f"{directory}/{name}")
    _sync(directory)


def _create(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest):]
        os.fsync(descriptor)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _make(root: str, names: Sequence[str]) -> None:
    """These directories, one in the other, on disk."""
    for name in names:
        with contextlib.suppress(FileExistsError):
            os.mkdir(f"{root}/{name}")
        _sync(root)
        root = f"{root}/{name}"


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
