"""JAX-WS (Debian's reference implementation), generated from our WSDL, over mutual TLS."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server

pytestmark = pytest.mark.foreign
CLIENT = Path(__file__).parent / "java" / "InsiJaxws.java"
TOOLS = Path("/usr/share/java/jaxws-tools.jar")


@pytest.fixture
def identity(api: httpx.Client, tmp_path: Path) -> dict[str, Any]:
    """A software certificate INSI-AUTO of the tenant, its PKCS#12 in `path`."""
    answer = api.post("/sandbox/certificates", json={"cn": "INSI-AUTO", "key": "rsa"})
    made: dict[str, Any] = answer.raise_for_status().json()
    path = tmp_path / "insi-auto.p12"
    path.write_bytes(base64.b64decode(made["pkcs12"]))
    return made | {"path": str(path)}


def needed(*programs: str) -> None:
    for each in programs:
        if shutil.which(each) is None:
            pytest.skip(f"{each} is not installed: scripts/setup-foreign")


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_t19_jax_ws_generated_from_the_wsdl(
    api: httpx.Client, server: Server, tenant: str, identity: dict[str, Any], tmp_path: Path
) -> None:
    needed("wsimport", "javac", "java")
    wsdl = f"{str(api.base_url).rstrip('/')}/ins/lps?wsdl"
    classes = tmp_path / "classes"
    classes.mkdir()
    run("wsimport", "-quiet", "-extension", "-XadditionalHeaders", "-d", str(classes), wsdl)
    path = f"{classes}:{TOOLS}"
    run("javac", "-cp", path, "-d", str(classes), str(CLIENT))
    said = run(
        "java", "-cp", path, "--add-opens", "java.base/java.lang=ALL-UNNAMED", "InsiJaxws", wsdl,
        f"{server.sandbox.endpoints['https']}/t/{tenant}/ins/lps", identity["path"],
        identity["pkcs12_password"], server.ca, identity["ou"], "LSN17NF23FW0", "FAKE-IDAM",
    )
    assert said.splitlines() == [
        "00 2751263220749 ZOE", "desir_550 Numéro d'autorisation du logiciel inconnu.",
    ]
    entries = api.get("/sandbox/journal", params={"service": "ins"}).json()["entries"]
    found = [each for each in entries if each["transaction"] == "WS_INS2"][-1]
    assert {each["rule"] for each in found["findings"]} == {"INS-SECURITE-INUTILE"}


def test_curl_with_a_pkcs12(
    api: httpx.Client, server: Server, tenant: str, identity: dict[str, Any], tmp_path: Path
) -> None:
    from tests.ins.lps import ZOE, Parts, bam, lps, traits

    needed("curl")
    ou = identity["ou"]
    message = tmp_path / "zoe.xml"
    message.write_bytes(Parts(body=traits(*ZOE), bam=bam(ou), lps=lps(emitter=ou)).xml())
    said = run(
        "curl", "-sS", "--noproxy", "*", "--cacert", server.ca, "--cert-type", "P12", "--cert",
        f"{identity['path']}:{identity['pkcs12_password']}", "--data-binary", f"@{message}",
        "-H", "Content-Type: application/soap+xml; charset=utf-8",
        f"{server.sandbox.endpoints['https']}/t/{tenant}/ins/lps",
    )
    assert "<NumIdentifiant>2751263220749</NumIdentifiant>" in said
    [entry] = api.get("/sandbox/journal", params={"service": "ins"}).json()["entries"]
    assert (entry["outcome"], entry["findings"]) == ("pass", [])
