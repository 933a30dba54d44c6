"""PHP's own SoapClient, generated from our WSDLs, over mutual TLS."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import Endpoint

pytestmark = pytest.mark.foreign
CLIENT = Path(__file__).parent / "php" / "insi_soap.php"


def test_t19_php_soap_client_searches_and_verifies(
    insi: Endpoint, journal: Callable[..., list[dict[str, Any]]], api: httpx.Client
) -> None:
    php = shutil.which("php")
    if php is None or "soap" not in subprocess.run(
        [php, "-m"], capture_output=True, text=True, timeout=30, check=False
    ).stdout.split():
        pytest.skip("php-cli, php-soap are not installed: scripts/setup-foreign")
    api.put("/sandbox/ins/settings", json={"delai_lot": 2, "nouveau_delai": 2}).raise_for_status()
    run = subprocess.run(
        [php, CLIENT, insi.wsdl, insi.address, insi.ca, insi.identity, insi.emetteur],
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    said = json.loads(run.stdout)
    assert said["zoe"] == {"NumIdentifiant": "2751263220749", "Cle": "74"}
    assert said["label"] == "OK"
    assert said["nobody"] == {"CodeCR": "01", "LibelleCR": "Aucune identite trouvee"}
    assert said["fault"] == [
        "Numéro d'autorisation du logiciel inconnu.",
        "L'accès par ce progiciel au service n'est pas autorisé. Contactez l'éditeur du progiciel "
        "ou votre responsable informatique.",
    ]
    assert said["verified"] == {"CodeCR": "00", "LibelleCR": "OK"}
    assert (said["left"]["CodeCR"], said["waits"]["CodeCR"]) == ("00", "02")
    assert said["lot"] == ["00", "01"]
    entries = journal(service="ins", transaction="WS_INS2")
    assert [[each["rule"] for each in one["findings"]] for one in entries] == [
        ["INS-IDAM-INCONNU"], [], [],
    ]
    [verified] = journal(service="ins", transaction="WS_INS3")
    assert verified["findings"] == []
