"""The shipped lists: one archive, an index, one member per list (scripts/make_terminologies.py)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from services.terminologies.domain import About


@dataclass(frozen=True, slots=True)
class Archive:
    """abouts: every list, the versions of one list one after the other, the newest last; systems:
    other names of code systems (`urn:oid:…` and old addresses) → URL."""

    abouts: tuple[About, ...]
    systems: Mapping[str, str]
    content: zipfile.ZipFile

    @classmethod
    def shipped(cls) -> Archive:
        """The archive of this package, in memory."""
        packed = files("services.terminologies").joinpath("data", "lists.zip").read_bytes()
        content = zipfile.ZipFile(io.BytesIO(packed))
        index = orjson.loads(content.read("index.json"))
        abouts = tuple(About(**row | {"open": frozenset(row["open"])}) for row in index["lists"])
        return cls(abouts, index["systems"], content)

    def read(self, number: int) -> dict[str, Any]:
        """{"codes": {system: {code: label}}, "closed": {code: [since, until]}} of one list."""
        read: dict[str, Any] = orjson.loads(self.content.read(f"{number:04}.json"))
        return read
