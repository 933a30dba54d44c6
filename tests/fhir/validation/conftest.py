"""The validator of the shipped packages, and the official examples where they stand."""

from __future__ import annotations

import copy
import io
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.fhir.validation import Fault, Library, Validator, shipped
from services.terminologies import code_lists

Json = dict[str, Any]
Example = Callable[[str, str], Json]
SHARED = Path(__file__).parent.parent.parent.parent.parent / "shared"


@cache
def everything() -> Validator:
    """One for all tests of a process: it has no state but what it compiled."""
    return Validator(Library(shipped()), code_lists())


@pytest.fixture(scope="session")
def validator() -> Validator:
    return everything()


@cache
def members(package: Path) -> dict[str, bytes]:
    """Files of a published package."""
    with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as archive:
        return {
            member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive if member.isfile()
        }


def examples() -> Iterator[tuple[str, str, Json]]:
    """(package, file, resource) of every official example; none where the folder is absent."""
    for package in sorted((SHARED / "data" / "profiles").glob("*.tgz")):
        for name, content in sorted(members(package).items()):
            if name.startswith("package/example/") and name.endswith(".json"):
                yield package.name.removesuffix(".tgz"), Path(name).name, orjson.loads(content)


@pytest.fixture
def example(shared: Path) -> Example:
    """example(package, file): a fresh copy of an official example."""
    def read(package: str, file: str) -> Json:
        found = next((shared / "data" / "profiles").glob(f"{package}-*.tgz"))
        resource: Json = orjson.loads(members(found)[f"package/example/{file}.json"])
        return copy.deepcopy(resource)

    return read


def errors(faults: tuple[Fault, ...]) -> list[tuple[str, str]]:
    """(rule, place) of the errors."""
    return [(each.rule, each.at) for each in faults if each.severity == "error"]
