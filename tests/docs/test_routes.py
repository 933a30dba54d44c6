"""`socle routes` leads from every code and address to the line that declares it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.docs.pages import ROOT


def test_every_route_leads_to_its_declaration() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "services.cli", "routes", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )
    routes = json.loads(run.stdout)
    assert {"ITI-65", "psc.token", "EP4", "smtp.DATA"} <= {route["code"] for route in routes}
    for route in routes:
        path, _, number = route["place"].rpartition(":")
        around = (ROOT / path).read_text("utf-8").splitlines()[int(number) - 1:][:40]
        assert "Transaction" in "".join(around) or f'"{route["code"]}"' in "\n".join(around), route
