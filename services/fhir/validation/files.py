"""Resources and packages on the disk: read, added, listed, removed."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson

from services.fhir.validation.issues import Fault
from services.fhir.validation.library import (
    CORE_PACKAGE,
    SUFFIX,
    Installed,
    Library,
    added,
    shipped,
)
from services.fhir.validation.packages import read_package
from services.fhir.validation.reduction import Json, base_elements
from services.fhir.validation.validator import Report

FOLDER = "packages"
"""Directory of the packages added, in that of the data."""


def read(file: Path, most: int) -> Any:
    """A JSON file. Raises OSError, or ValueError (French)."""
    if file.stat().st_size > most:
        raise ValueError(f"fichier de plus de {most // (1024 * 1024)} Mio")
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ValueError(
            f"JSON illisible, ligne {error.lineno}, colonne {error.colno}"
        ) from error


def unreadable(reason: str) -> Report:
    """The report of what could not be read."""
    return Report((), (Fault("json.unreadable", "error", "", "", found=reason, structural=True),))


def add(data: bytes, home: Path) -> dict[str, Any]:
    """Reduce a published package and keep it. Raises PackageRefused or OSError."""
    package = read_package(data, core_elements())
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{package.name}-{package.version}{SUFFIX}"
    draft = target.with_suffix(".part")
    draft.write_bytes(gzip.compress(package.content, mtime=0))
    draft.replace(target)
    library = Library([*shipped(), *added(folder)])
    return {
        "name": package.name, "version": package.version, "licence": package.licence,
        "entries": package.entries, "dependencies": dict(package.dependencies),
        "missing": library.missing(library.packages[f"{package.name}#{package.version}"]),
        "warnings": [*package.warnings],
    }


def core_elements() -> dict[str, Json]:
    """Elements of the R4 types, which packages are reduced against."""
    core = next(each for each in shipped() if each.key == CORE_PACKAGE)
    numbers = [
        number for number, (kind, *_) in enumerate(core.index) if kind == "definition"
    ]
    return base_elements(
        entry for number in numbers
        if (entry := core.entry(number))["derivation"] != "constraint"
    )


def described(home: Path) -> list[dict[str, Any]]:
    """Every package that is here."""
    library = Library([*shipped(), *added(home / FOLDER)])
    return [
        {
            "name": each.name, "version": each.version, "licence": each.licence,
            "shipped": each.shipped, "entries": len(each.index),
            "dependencies": each.dependencies, "missing": library.missing(each),
        }
        for each in library.packages.values()
    ]


def remove(name: str, home: Path) -> list[str]:
    """Remove the added packages of a name, or of `name#version`; which ones."""
    gone: list[str] = []
    for package in added(home / FOLDER):
        if name in {package.name, package.key}:
            file_of(package, home).unlink(missing_ok=True)
            gone.append(package.key)
    return gone


def file_of(package: Installed, home: Path) -> Path:
    """Where an added package is kept."""
    return home / FOLDER / f"{package.name}-{package.version}{SUFFIX}"
