"""The FHIR validator: against the time orjson needs to parse, and with everything loaded.

Needs the official packages beside the checkout (`../shared`); without them, no rows.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.load import Row, rss_mebibytes
from services.fhir.validation import Library, Validator, shipped
from services.fhir.validation.walk import Walk

PACKAGES = Path(__file__).parent.parent.parent / "shared" / "data" / "profiles"
ROUNDS = 5
DOCUMENTS = 1000
LIMITS = {"structure": 30.0, "full": 200.0, "load": 1.5, "memory": 120.0, "bundle": 5.0}


def measure() -> list[Row]:
    """Ratios to orjson on the official examples; load, memory and a large Bundle."""
    resources = [each for _, _, each in examples()]
    if not resources:
        return []
    validator = Validator(Library(shipped()))
    texts = [orjson.dumps(each) for each in resources]
    for each in resources:
        validator.validate(each)
        validator.structure(each)
    parse = _best(orjson.loads, texts)
    structure, full = _best(validator.structure, resources), _best(validator.validate, resources)
    bundle = _bundle(validator, resources)
    load, memory = _alone()
    return [
        _row(f"validation: R4 structure of {len(texts)} official examples, × orjson",
             structure / parse, "structure", "×"),
        _row("validation: profiles and constraints of the same, × orjson", full / parse, "full",
             "×"),
        _row("validation: packages opened, every definition parsed and compiled", load, "load",
             " s"),
        _row("validation: memory that this adds", memory, "memory", " MiB"),
        _row(f"validation: a Bundle of {DOCUMENTS:,} DocumentReferences", bundle, "bundle", " s"),
    ]


def examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(package, file, resource) of the official examples."""
    for package in sorted(PACKAGES.glob("*.tgz")) if PACKAGES.is_dir() else ():
        with tarfile.open(fileobj=io.BytesIO(package.read_bytes())) as archive:
            for member in archive:
                if member.name.startswith("package/example/") and member.isfile():
                    content = archive.extractfile(member)
                    if content is not None:
                        yield (package.name.removesuffix(".tgz"), Path(member.name).name,
                               orjson.loads(content.read()))


def _best(run: Callable[[Any], Any], inputs: list[Any]) -> float:
    """Seconds of CPU for all inputs, the best of the rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for each in inputs:
            run(each)
        times.append(time.process_time() - started)
    return min(times)


def _bundle(validator: Validator, resources: list[dict[str, Any]]) -> float:
    one = next(each for each in resources if each["resourceType"] == "DocumentReference")
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{number:012d}", "resource": one}
        for number in range(DOCUMENTS)
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    times = []
    for _ in range(2):
        started = time.process_time()
        validator.validate(bundle)
        times.append(time.process_time() - started)
    return statistics.median(times)


def _alone() -> tuple[float, float]:
    """Seconds and MiB, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.validation"], capture_output=True, text=True, check=True,
    )
    load, memory = orjson.loads(done.stdout)
    return float(load), float(memory)


def everything_loaded() -> tuple[float, float]:
    """Open the packages, parse and compile every definition; (CPU seconds, MiB)."""
    before = rss_mebibytes(os.getpid())
    started = time.process_time()
    validator = Validator(Library(shipped()))
    for canonical, rtype, sort, _ in list(validator.library.definitions()):
        overlay = validator.overlays.find(canonical) if sort != "logical" else None
        if overlay is not None:
            empty = {"resourceType": rtype}
            validator.overlays.apply(overlay, empty, (rtype, "", -1), Walk(None, None))
    seconds = time.process_time() - started
    return seconds, rss_mebibytes(os.getpid()) - before


def _row(name: str, value: float, limit: str, unit: str) -> Row:
    most = LIMITS[limit]
    held = "yes" if value <= most else "no"
    return name, f"{value:.1f}{unit}", f"≤ {most:g}{unit}", held


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(everything_loaded()).decode())
