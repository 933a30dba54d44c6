"""A deposit (ITI-65), beside its irreducible parts run bare in one process.

Irreducible: reading the JSON, decoding base64, one hardened parse of the CDA, the two hashes that
the registry and the store need, one durable commit.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import statistics
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from lxml import etree

from benchmarks.load import Row, cpu_seconds, sandbox
from services.scenarios import DEMO, run
from services.scenarios.login import access_token

DEPOSITS, ROUNDS, KIBIBYTES, LIMIT = 60, 5, 64, 2.5
TENANT = "depot"


def measure() -> list[Row]:
    """CPU per deposit ≤ 2.5 × that of its parts, same bodies, rounds in turn."""
    with sandbox() as ready:
        base = str(ready["http"])
        model, token = _model(base)
        ours, bare = [], []
        number = 0
        for each_round in range(ROUNDS + 1):
            bodies = [_body(model, number + step) for step in range(DEPOSITS)]
            number += DEPOSITS
            before = cpu_seconds(int(str(ready["pid"])))
            _post(base, token, bodies)
            spent = cpu_seconds(int(str(ready["pid"]))) - before
            alone = _bare(bodies)
            if each_round:
                ours.append(spent / DEPOSITS * 1e6)
                bare.append(alone / DEPOSITS * 1e6)
    ratio = statistics.median(ours) / statistics.median(bare)
    held = "yes" if ratio <= LIMIT else "**no**"
    return [
        (f"deposit of {KIBIBYTES} KiB, CPU ÷ its irreducible parts", f"{ratio:.2f}",
         f"≤ {LIMIT}", held),
        ("… ours, CPU per deposit", f"{statistics.median(ours):.0f} µs", "", ""),
        ("… parts, CPU per deposit", f"{statistics.median(bare):.0f} µs", "", ""),
    ]


def _model(base: str) -> tuple[dict[str, Any], str]:
    """The accepted deposit of the journey, and the doctor's token under a clock that stands."""
    run(DEMO, url=base, tenant=TENANT, document=None, report=lambda step: None)
    with httpx.Client(base_url=f"{base}/t/{TENANT}/sandbox", trust_env=False) as control:
        [entry] = control.get("/journal", params={"transaction": "ITI-65"}).json()["entries"]
        raw = control.get(f"/journal/{entry['id']}/request").content
        identities = control.get("/identities").json()
        control.put("/clock", json={"freeze": "2027-01-01T00:00:00Z"})
    token = access_token(base, TENANT, identities["professionals"][0]["id_nat"])
    model: dict[str, Any] = orjson.loads(raw.partition(b"\r\n\r\n")[2])
    return model, token


def _body(model: dict[str, Any], number: int) -> bytes:
    """The same lot with another document of the wanted size, hash and size told truly."""
    bundle = orjson.loads(orjson.dumps(model))
    of_type = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    binary, fiche = of_type["Binary"], of_type["DocumentReference"]
    content = base64.b64decode(binary["data"])
    padding = "x" * (KIBIBYTES * 1024 - len(content) - 32)
    content = content.rstrip() + f"<!-- {number:09d} {padding} -->".encode()
    binary["data"] = base64.b64encode(content).decode()
    fiche["masterIdentifier"]["value"] = f"urn:oid:2.25.9{number}"
    attachment = fiche["content"][0]["attachment"]
    attachment["size"] = len(content)
    attachment["hash"] = base64.b64encode(hashlib.sha1(content).digest()).decode()
    return orjson.dumps(bundle)


def _post(base: str, token: str, bodies: list[bytes]) -> None:
    parts = urlsplit(base)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    for body in bodies:
        connection.request("POST", f"/t/{TENANT}/dmp/fhir", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"deposit refused: {answer.status} {content[:500]!r}")
    connection.close()


def _bare(bodies: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(Path(directory) / "x.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE document (id TEXT PRIMARY KEY, content BLOB)")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        before = time.process_time()
        for number, body in enumerate(bodies):
            bundle = orjson.loads(body)
            data = next(entry["resource"]["data"] for entry in bundle["entry"]
                        if entry["resource"]["resourceType"] == "Binary")
            content = base64.b64decode(data, validate=True)
            etree.fromstring(content, parser)
            digest = hashlib.sha1(content).hexdigest() + hashlib.sha256(content).hexdigest()
            database.execute("INSERT INTO document VALUES (?, ?)", (f"{number}{digest}", content))
        spent = time.process_time() - before
        database.close()
    return spent
