"""A FHIR read, with tenant, cached token check and journal, beside two peers on the same bytes.

A bare Starlette `Response` route, which knows neither tenants nor tokens nor a journal, and the
FHIR server of npm `@asymmetrik/node-fhir-server-core` with a service that has its one resource in
memory, without authentication. The npm peer is installed into `var/`, where nothing is committed.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks.load import Row, cpu_per_request, free_port, held, peer, sandbox, spent_and_served
from services.scenarios import DEMO, run
from services.scenarios.login import access_token

REQUESTS, ROUNDS, LIMIT = 4000, 5, 2.0
NODE_REQUESTS, NODE_LIMIT, NODE_PACKAGE = 2000, 4.0, "@asymmetrik/node-fhir-server-core@2.2.5"
NODE_FOLDER = Path(__file__).parent.parent / "var" / "benchmarks" / "node"
TENANT = "mesure"
STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
CONTENT = sys.stdin.buffer.read()
async def read(request):
    return Response(CONTENT, media_type="application/fhir+json")
app = Starlette(routes=[Route("/DocumentReference/{id}", read)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, lifespan="off",
            log_level="warning", ws="none")
"""
NODE = """
const { initialize, resolveSchema } = require("@asymmetrik/node-fhir-server-core");
const stored = JSON.parse(require("fs").readFileSync(0));
const DocumentReference = resolveSchema("4_0_1", "documentreference");
const service = { searchById: async () => new DocumentReference(stored) };
initialize({
  logging: { level: "error" },
  profiles: { DocumentReference: { service, versions: ["4_0_1"] } },
}).listen(Number(process.argv[2]), "127.0.0.1");
"""


def measure() -> list[Row]:
    """CPU ≤ 2 × that of the bare route; ≥ 4 × the throughput of the npm server."""
    with sandbox() as ready:
        url, headers = _document(str(ready["http"]))
        content = httpx.get(url, headers=headers, trust_env=False).content
        ours = (int(str(ready["pid"])), url, headers)
        path = f"DocumentReference/{urlsplit(url).path.rpartition('/')[2]}"
        with _starlette(content) as (pid, port):
            bare = cpu_per_request({
                "peer": (pid, f"http://127.0.0.1:{port}/{path}", {}), "socle": ours,
            }, REQUESTS, ROUNDS)
        ratio = bare["socle"] / bare["peer"]
        rows = [
            ("FHIR read, CPU ÷ bare Starlette route", f"{ratio:.2f}", f"≤ {LIMIT:.0f}",
             held(ratio <= LIMIT)),
            ("… ours, CPU per request", f"{bare['socle']:.0f} µs", "", ""),
            ("… peer, CPU per request", f"{bare['peer']:.0f} µs", "", ""),
        ]
        if not _installed():
            return [*rows, ("FHIR read, npm peer", "npm could not install it", "", "")]
        with _node(content) as (pid, port):
            node = spent_and_served({
                "peer": (pid, f"http://127.0.0.1:{port}/4_0_1/{path}", {}), "socle": ours,
            }, NODE_REQUESTS, ROUNDS)
    faster = node["socle"][1] / node["peer"][1]
    return [
        *rows,
        ("FHIR read, answers per second ÷ npm node-fhir-server-core", f"{faster:.1f}",
         f"≥ {NODE_LIMIT:.0f}", held(faster >= NODE_LIMIT)),
        ("… ours", f"{node['socle'][1]:.0f}/s", "", ""),
        ("… peer", f"{node['peer'][1]:.0f}/s", "", ""),
        ("… CPU per request, peer ÷ ours", f"{node['peer'][0] / node['socle'][0]:.1f}", "", ""),
    ]


def _document(base: str) -> tuple[str, dict[str, str]]:
    """The address of a document that the journey filed, and what to ask for it with."""
    run(DEMO, url=base, tenant=TENANT, document=None, report=lambda step: None)
    identities = httpx.get(f"{base}/sandbox/identities", trust_env=False).json()
    doctor = identities["professionals"][0]["id_nat"]
    # The clock stands still so that the token outlives the run.
    httpx.put(f"{base}/t/{TENANT}/sandbox/clock", trust_env=False,
              json={"freeze": "2026-01-01T00:00:00Z"})
    headers = {"Authorization": f"Bearer {access_token(base, TENANT, doctor)}"}
    documents = f"{base}/t/{TENANT}/dmp/fhir/DocumentReference"
    found = httpx.get(
        documents, headers=headers, trust_env=False,
        params={"patient.identifier": "urn:oid:1.2.250.1.213.1.4.10|279035121518989",
                "status": "current"},
    ).json()
    return f"{documents}/{found['entry'][0]['resource']['id']}", headers


@contextlib.contextmanager
def _starlette(content: bytes) -> Iterator[tuple[int, int]]:
    port = free_port()
    with peer([sys.executable, "-c", STARLETTE, str(port)], port, content) as pid:
        yield pid, port


@contextlib.contextmanager
def _node(content: bytes) -> Iterator[tuple[int, int]]:
    port = free_port()
    script = NODE_FOLDER / "peer.cjs"
    script.write_text(NODE)
    with peer(["node", str(script), str(port)], port, content, NODE_FOLDER) as pid:
        yield pid, port


def _installed() -> bool:
    """Whether the npm peer is there, installed now if it can be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    if not (NODE_FOLDER / "node_modules" / "@asymmetrik").is_dir():
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        (NODE_FOLDER / "package.json").write_text('{"private":true}')
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", NODE_PACKAGE],
            cwd=NODE_FOLDER, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    return (NODE_FOLDER / "node_modules" / "@asymmetrik").is_dir()
