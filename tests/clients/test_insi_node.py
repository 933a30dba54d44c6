"""npm soap, unmodified, generated from our WSDL, against a running sandbox by mutual TLS."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server

FOLDER = Path(__file__).parent / "node"


@pytest.mark.foreign
def test_t19_node_soap_searches_by_traits(
    server: Server, tenant: str, api: httpx.Client, journal: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "soap").is_dir():
        pytest.skip("soap is not installed: scripts/setup-foreign")
    made = api.post("/sandbox/certificates", json={
        "key": "ec", "cn": "INSI-AUTO", "ou": "10B0152872",
    }).json()
    identity = tmp_path / "identity.pem"
    identity.write_text(made["private_key"] + made["certificate"] + made["chain"])
    run = subprocess.run(
        [node, FOLDER / "insi_soap.mjs", f"{server.url}/t/{tenant}/ins/lps?wsdl",
         f"{server.sandbox.endpoints['https']}/t/{tenant}/ins/lps", server.ca, identity],
        capture_output=True, text=True, timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "zoe": {"NumIdentifiant": "2751263220749", "Cle": "74"}, "label": "OK",
        "nobody": {"CodeCR": "01", "LibelleCR": "Aucune identite trouvee"},
        "fault": [500, "desir_550"],
    }
    entries = journal(service="ins", transaction="WS_INS2")
    assert [each["findings"] for each in entries[1:]] == [[], []]
