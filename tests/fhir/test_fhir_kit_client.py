"""npm fhir-kit-client, unmodified, on declared types."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fhir.conftest import Essai

FOLDER = Path(__file__).parent.parent / "clients" / "node"


@pytest.mark.foreign
def test_fhir_kit_client_works_through_every_interaction(essai: Essai) -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "fhir-kit-client").is_dir():
        pytest.skip("fhir-kit-client is not installed: scripts/setup-foreign")
    run = subprocess.run(
        [node, FOLDER / "fhir_kit_client.mjs", essai.base],
        capture_output=True, text=True, timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "fhirVersion": "4.0.1", "read": "Durand", "vread": "female", "history": 3,
        "transaction": ["201 Created", "201 Created"], "pages": 2, "modes": ["match", "include"],
        "gone": 410,
    }
