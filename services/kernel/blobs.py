"""Blobs: documents and mails, byte-identical, content-addressed, durable once `put` returns."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from pathlib import Path

from obstore.exceptions import NotFoundError
from obstore.store import LocalStore

LARGE = 1024 * 1024
"""Above this size, hashing leaves the event loop."""


class Blobs:
    """A directory of blobs. The key is `<tenant key>/<2>/<2>/<sha256>`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._store = LocalStore(prefix=root, mkdir=True)

    async def put(self, tenant_key: str, content: bytes) -> str:
        """Store; the key. Durable on return: file and directory are synced."""
        large = len(content) > LARGE
        digest = await asyncio.to_thread(_digest, content) if large else _digest(content)
        key = f"{tenant_key}/{digest[:2]}/{digest[2:4]}/{digest}"
        await self._store.put_async(key, content)
        await asyncio.get_running_loop().run_in_executor(None, _sync, self._root / key)
        return key

    async def get(self, key: str) -> bytes:
        """The bytes. Raises KeyError when there is no such blob."""
        try:
            answer = await self._store.get_async(key)
        except (NotFoundError, FileNotFoundError) as error:
            raise KeyError(key) from error
        return bytes(await answer.bytes_async())

    def purge(self, tenant_key: str) -> None:
        """Remove every blob of a tenant's old epoch."""
        shutil.rmtree(self._root / tenant_key, ignore_errors=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sync(path: Path) -> None:
    # The object store writes and renames but does not sync; a crash of the machine would lose it.
    for place in (path, path.parent, path.parent.parent, path.parent.parent.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
