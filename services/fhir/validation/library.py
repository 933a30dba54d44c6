"""The definitions that are here: the packages shipped, and those added; found by canonical.

Several versions of one canonical stand side by side. A canonical with a version means that one;
without, or when that version is not here, the one of the asking package or of its dependencies is
meant, else the newest.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from services.fhir.validation.reduction import Json

SUFFIX = ".jsonl.gz"
CORE_PACKAGE = "hl7.fhir.r4.core#4.0.1"


class Found(NamedTuple):
    """A definition: the package that it stands in ("name#version") and its reduced form."""

    package: str
    source: Json


@dataclass(slots=True)
class Installed:
    """A reduced package, its lines not yet parsed."""

    name: str
    version: str
    dependencies: dict[str, str]
    licence: str
    index: list[list[str]]
    lines: list[bytes]
    shipped: bool
    parsed: dict[int, Json] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.name}#{self.version}"

    def entry(self, number: int) -> Json:
        """One definition, parsed when first asked for."""
        found = self.parsed.get(number)
        if found is None:
            found = self.parsed[number] = orjson.loads(self.lines[number])
        return found


def opened(content: bytes, *, shipped: bool) -> Installed:
    """A package from its lines. Raises ValueError, KeyError or TypeError for anything else."""
    first, *lines = content.split(b"\n")
    header: dict[str, Any] = orjson.loads(first)
    if len(lines) != len(header["index"]):
        raise ValueError("package cut short")
    return Installed(
        header["name"], header["version"], header["dependencies"], header["licence"],
        header["index"], lines, shipped,
    )


def shipped() -> list[Installed]:
    """The packages that come with Socle."""
    folder = files("services.fhir.validation") / "data"
    return [
        opened(gzip.decompress(each.read_bytes()), shipped=True)
        for each in sorted(folder.iterdir(), key=lambda one: one.name)
        if each.name.endswith(SUFFIX)
    ]


def added(folder: Path) -> list[Installed]:
    """The packages that the user added."""
    if not folder.is_dir():
        return []
    return [
        opened(gzip.decompress(each.read_bytes()), shipped=False)
        for each in sorted(folder.glob(f"*{SUFFIX}"))
    ]


class Library:
    """Every definition of some packages."""

    def __init__(self, packages: Iterable[Installed]) -> None:
        self.packages: dict[str, Installed] = {}
        self._index: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        for package in packages:
            if package.key in self.packages:
                continue
            self.packages[package.key] = package
            for number, (kind, url, version, *_) in enumerate(package.index):
                self._index.setdefault((kind, url), []).append((version, package.key, number))
        self._scopes: dict[str, tuple[str, ...]] = {}

    def find(self, kind: str, canonical: str, package: str = "") -> Found | None:
        """The definition that a canonical means for a package, or None."""
        url, _, version = canonical.partition("|")
        candidates = self._index.get((kind, url))
        if not candidates:
            return None
        same = [each for each in candidates if each[0] == version] if version else []
        _, key, number = self._nearest(same or candidates, package)
        return Found(key, self.packages[key].entry(number))

    def has_version(self, canonical: str) -> bool:
        """Whether the version that a canonical asks for is here; true when it asks for none."""
        url, _, version = canonical.partition("|")
        return not version or any(
            each[0] == version for each in self._index.get(("definition", url), ())
        )

    def definitions(self) -> Iterator[tuple[str, str, str, str]]:
        """(canonical with version, type, sort, package) of every definition."""
        for package in self.packages.values():
            for kind, url, version, rtype, sort in package.index:
                if kind == "definition":
                    yield f"{url}|{version}", rtype, sort, package.key

    def _nearest(
        self, candidates: list[tuple[str, str, int]], package: str
    ) -> tuple[str, str, int]:
        if len(candidates) == 1:
            return candidates[0]
        for key in self._scope(package) if package else ():
            for each in candidates:
                if each[1] == key:
                    return each
        return max(candidates, key=lambda each: newness(each[0]))

    def _scope(self, package: str) -> tuple[str, ...]:
        """The package, then those that it depends on, the nearest first; loops end."""
        if package not in self._scopes:
            ordered: dict[str, None] = {}
            todo = [package]
            while todo:
                key = todo.pop(0)
                if key in ordered or key not in self.packages:
                    continue
                ordered[key] = None
                todo += [
                    found for name, version in self.packages[key].dependencies.items()
                    if (found := self._dependency(name, version))
                ]
            self._scopes[package] = tuple(ordered)
        return self._scopes[package]

    def _dependency(self, name: str, version: str) -> str:
        """The package meant by a dependency: that version, else the nearest that is here."""
        exact = f"{name}#{version}"
        if exact in self.packages:
            return exact
        known = [each for each in self.packages.values() if each.name == name]
        same = [each for each in known if each.version.split(".")[:2] == version.split(".")[:2]]
        chosen = max(same or known, key=lambda each: newness(each.version), default=None)
        return chosen.key if chosen else ""

    def missing(self, package: Installed) -> list[str]:
        """Dependencies that are not here in the version asked for, "name#version"."""
        return [
            f"{name}#{version}" for name, version in package.dependencies.items()
            if f"{name}#{version}" not in self.packages
        ]


def newness(version: str) -> tuple[Any, ...]:
    """Order of versions: numbers by value, a pre-release before its release."""
    release, _, label = version.partition("-")
    numbers = tuple(
        (1, int(each), "") if each.isdigit() and len(each) < 15 else (0, 0, each)
        for each in release.split(".")
    )
    return numbers, label == "", label
