"""A FHIR read, with tenant, cached token check and journal, beside a bare Starlette route."""

from __future__ import annotations

import subprocess
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx

from benchmarks.load import Row, cpu_per_request, sandbox
from services.scenarios import DEMO, run
from services.scenarios.login import access_token

REQUESTS, ROUNDS, LIMIT = 4000, 5, 3.0
PEER_PORT = 18099
PEER = """
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


def measure() -> list[Row]:
    """CPU per request ≤ 3 × that of a bare Starlette `Response` route in the same run."""
    with sandbox() as ready:
        base = str(ready["http"])
        tenant = "mesure"
        run(DEMO, url=base, tenant=tenant, document=None, report=lambda step: None)
        identities = httpx.get(f"{base}/sandbox/identities", trust_env=False).json()
        doctor = identities["professionals"][0]["id_nat"]
        # The clock stands still so that the token outlives the run.
        httpx.put(f"{base}/t/{tenant}/sandbox/clock", trust_env=False,
                  json={"freeze": "2026-01-01T00:00:00Z"})
        headers = {"Authorization": f"Bearer {access_token(base, tenant, doctor)}"}
        found = httpx.get(
            f"{base}/t/{tenant}/dmp/fhir/DocumentReference", headers=headers, trust_env=False,
            params={"patient.identifier": "urn:oid:1.2.250.1.213.1.4.10|279035121518989",
                    "status": "current"},
        ).json()
        id = found["entry"][0]["resource"]["id"]
        url = f"{base}/t/{tenant}/dmp/fhir/DocumentReference/{id}"
        content = httpx.get(url, headers=headers, trust_env=False).content
        peer = _peer(content)
        try:
            spent = cpu_per_request({
                "peer": (peer.pid, f"http://127.0.0.1:{PEER_PORT}/DocumentReference/{id}", {}),
                "socle": (int(str(ready["pid"])), url, headers),
            }, REQUESTS, ROUNDS)
        finally:
            peer.terminate()
            peer.wait(20)
    ratio = spent["socle"] / spent["peer"]
    held = "yes" if ratio <= LIMIT else "**no**"
    return [
        ("FHIR read, CPU ÷ bare Starlette route", f"{ratio:.2f}", f"≤ {LIMIT:.0f}", held),
        ("… ours, CPU per request", f"{spent['socle']:.0f} µs", "", ""),
        ("… peer, CPU per request", f"{spent['peer']:.0f} µs", "", ""),
    ]


def _peer(content: bytes) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", PEER, str(PEER_PORT)], stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(content)
    process.stdin.close()
    for _ in range(500):
        try:
            connection = HTTPConnection(urlsplit("//127.0.0.1").hostname or "", PEER_PORT)
            connection.connect()
            connection.close()
            return process
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise SystemExit("the peer did not start")
