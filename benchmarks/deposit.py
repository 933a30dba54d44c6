"""A deposit (ITI-65), beside its irreducible parts run bare, and beside the code of its first days.

Irreducible, whatever serves it and however the rest is written: reading the JSON of the Bundle,
decoding the base64 of the document, one hardened parse of its XML, its two hashes (SHA-1 for the
registry, SHA-256 as its name), a file that is written and synced since documents are kept in files,
and one durable commit of the three rows that say it is there (fiche, lot, entry of the registry).
Bare: one after the other in one process, by the same standard library and drivers, without HTTP,
tenant, token, validation, rules, search indexes, answer or journal.

CPU of the server is per deposit, with eight clients as for the other measures; one client at a time
is told beside.
"""

from __future__ import annotations

import base64
import hashlib
import os
import sqlite3
import statistics
import subprocess
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import orjson
from lxml import etree

from benchmarks.load import CONNECTIONS, Row, cpu_seconds, held, post, sandbox
from services.scenarios import DEMO, run
from services.scenarios.login import access_token

DEPOSITS, ROUNDS, KIBIBYTES, LIMIT = 80, 7, 64, 2.5
FORMER, FORMER_LIMIT = "78024f2", 1.2
"""The commit whose write is the measure of later ones: before the FHIR machinery was complete."""
TENANT = "depot"
Server = tuple[int, str, dict[str, str], dict[str, Any]]
"""pid, URL, headers, and the Bundle that the journey deposited there."""


def measure() -> list[Row]:
    """CPU per deposit ≤ 2.5 × that of its parts, ≤ 1.2 × that of the former commit."""
    with tempfile.TemporaryDirectory() as directory, sandbox() as ready:
        servers = {"ours": _server(ready)}
        tree = _former(Path(directory))
        if tree is None:
            spent = _rounds(servers)
        else:
            with sandbox(tree=tree) as former:
                spent = _rounds({**servers, "former": _server(former)})
    medians = {name: statistics.median(values) for name, values in spent.items()}
    ratio = medians["ours"] / medians["parts"]
    rows = [
        (f"deposit of {KIBIBYTES} KiB, CPU ÷ its irreducible parts", f"{ratio:.2f}",
         f"≤ {LIMIT}", held(ratio <= LIMIT)),
        ("… ours, CPU per deposit", f"{medians['ours']:.0f} µs", "", ""),
        ("… ours, one client at a time", f"{medians['ours, alone']:.0f} µs", "", ""),
        ("… parts, CPU per deposit", f"{medians['parts']:.0f} µs", "", ""),
    ]
    if "former" not in medians:
        return [*rows, (f"deposit ÷ that of commit {FORMER}", "not in this clone", "", "")]
    growth = medians["ours"] / medians["former"]
    return [*rows, (
        f"deposit, CPU ÷ that of commit {FORMER}", f"{growth:.2f}", f"≤ {FORMER_LIMIT}",
        held(growth <= FORMER_LIMIT),
    )]


def _rounds(servers: dict[str, Server]) -> dict[str, list[float]]:
    """Microseconds of CPU per deposit of each round, in turn; the first round is dropped."""
    spent: dict[str, list[float]] = {}
    number = 0
    for each_round in range(ROUNDS + 1):
        for name, server in servers.items():
            for label, connections in ((name, CONNECTIONS), (f"{name}, alone", 1)):
                bodies = [_body(server[3], number + step) for step in range(DEPOSITS)]
                number += DEPOSITS
                cost = {label: _served(server, bodies, connections)}
                if label == "ours":
                    cost["parts"] = _bare(bodies)
                for each, seconds in cost.items() if each_round else ():
                    spent.setdefault(each, []).append(seconds / DEPOSITS * 1e6)
    return spent


def _served(server: Server, bodies: list[bytes], connections: int) -> float:
    pid, url, headers, _ = server
    before = cpu_seconds(pid)
    post(url, headers, bodies, connections)
    return cpu_seconds(pid) - before


def _server(ready: dict[str, object]) -> Server:
    base = str(ready["http"])
    model, token = _model(base)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    return int(str(ready["pid"])), f"{base}/t/{TENANT}/dmp/fhir", headers, model


def _former(directory: Path) -> Path | None:
    """That commit's files, None where the clone does not reach it."""
    packed = subprocess.run(
        ["git", "archive", FORMER], cwd=Path(__file__).parent.parent, capture_output=True,
        check=False,
    )
    if packed.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(directory, filter="data")
    return directory


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


def _bare(bodies: list[bytes]) -> float:
    """Seconds of CPU for the parts alone."""
    with tempfile.TemporaryDirectory() as directory:
        database = sqlite3.connect(Path(directory) / "x.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE resource (id TEXT PRIMARY KEY, content BLOB)")
        database.execute("CREATE TABLE document (id TEXT PRIMARY KEY, name TEXT, size INTEGER)")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        before = time.process_time()
        for number, body in enumerate(bodies):
            bundle = orjson.loads(body)
            of_type = {
                entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]
            }
            content = base64.b64decode(of_type["Binary"]["data"], validate=True)
            etree.fromstring(content, parser)
            hashlib.sha1(content).digest()
            name = hashlib.sha256(content).hexdigest()
            file = os.open(f"{directory}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(file, content)
            os.fsync(file)
            os.close(file)
            database.execute("BEGIN IMMEDIATE")
            for rtype in ("DocumentReference", "List"):
                database.execute(
                    "INSERT INTO resource VALUES (?, ?)",
                    (f"{rtype}/{number}", orjson.dumps(of_type[rtype])),
                )
            database.execute(
                "INSERT INTO document VALUES (?, ?, ?)", (str(number), name, len(content))
            )
            database.execute("COMMIT")
        spent = time.process_time() - before
        database.close()
    return spent
