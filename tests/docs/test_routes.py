"""`socle routes` leads from every code and address to the line that declares it."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.docs.pages import ROOT

DECLARATION = re.compile(
    r"@(?:transaction|operation)\(|\w+ = (?:Transaction|definitions|validation)\("
)
SHARED = ("services/fhir/api/routes.py", "services/fhir/validating.py")
"""What answers the APIs that are declared as a whole."""
BEGINNINGS = {
    "ITI-68": "dmp/fhir/iti_68_retrieve.py:@transaction(",
    "smtp.DATA": "mssante/wire/smtp_data.py:SMTP_DATA = Transaction(",
    "ins.operation": "ins/fhir/definitions.py:operation = definitions(",
    "rniv.operation": "ins/rniv/fhir/definitions.py:definition = definitions(",
    "apcv.operation": "services/apcv/fhir/definitions.py:definition = definitions(",
    "dmp.validate": "dmp/fhir/validate.py:validate = validation(",
}


def test_every_route_leads_to_its_declaration() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "services.cli", "routes", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )
    found = {}
    for route in json.loads(run.stdout):
        path, _, number = route["place"].rpartition(":")
        line = (ROOT / path).read_text("utf-8").splitlines()[int(number) - 1]
        found[route["code"]] = f"{path}:{line}"
        assert path in SHARED or DECLARATION.match(line), route
    assert {code: found[code][:len(line)] for code, line in BEGINNINGS.items()} == BEGINNINGS
