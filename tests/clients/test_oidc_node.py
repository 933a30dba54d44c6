"""npm openid-client, unmodified, against a running sandbox."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pro_sante_connect.codes import REALM
from tests.confiance import Software
from tests.conftest import Server

FOLDER = Path(__file__).parent / "node"
DOCTOR = "899900000011"


@pytest.mark.foreign
def test_openid_client_completes_the_code_flow(
    server: Server, tenant: str, journal: Callable[..., list[dict[str, Any]]]
) -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "openid-client").is_dir():
        pytest.skip("openid-client is not installed: scripts/setup-foreign")
    metadata = f"{server.url}/t/{tenant}{REALM}/.well-known/wallet-openid-configuration"
    run = subprocess.run(
        [node, FOLDER / "openid_client.mjs", metadata, DOCTOR],
        capture_output=True, text=True, timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "acr": "eidas1", "id_nat": DOCTOR, "expires_in": 120, "renewed": True, "live": True,
        "dead": False, "logged_out": True,
    }
    # The script renews its token at once, to see it renewed.
    assert {finding["rule"] for entry in journal(service="psc")
            for finding in entry["findings"]} == {"PSC-REFRESH-SONDAGE"}


@pytest.mark.foreign
def test_openid_client_exchanges_its_token_in_the_espace_de_confiance(software: Software) -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "openid-client").is_dir():
        pytest.skip("openid-client is not installed: scripts/setup-foreign")
    software.register()
    software.api.put("/sandbox/psc", json={"quirks": {"ciba_interval": 1}}).raise_for_status()
    base = str(software.secure().base_url).rstrip("/")
    run = subprocess.run(
        [node, FOLDER / "openid_client_edc.mjs", base, str(software.api.base_url).rstrip("/"),
         software.server.ca, software.folder / "edc-0.pem", DOCTOR],
        capture_output=True, text=True, timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "psc": DOCTOR, "api": DOCTOR, "expires_in": 14400, "live": True, "username": DOCTOR,
        "with_certificate": 200, "without": 401,
    }
