"""Programs that others wrote: curl and swaks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Server
from tests.mssante.conftest import DOCTOR, DOCTOR_BOX, PHARMACY_BOX, mail

pytestmark = pytest.mark.foreign


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.parametrize("options", [["--sasl-ir"], []])
@pytest.mark.parametrize("linesep", ["\n", "\r\n"])
def test_curl_submits_with_a_bearer(
    server: Server, port: int, token: Any, inbox: Any, tmp_path: Path, options: list[str],
    linesep: str,
) -> None:
    message = mail(Subject="par curl")
    path = tmp_path / "mail.eml"
    path.write_bytes(message.as_bytes(policy=message.policy.clone(linesep=linesep)))
    subprocess.run([
        program("curl"), "--silent", "--show-error", "--ssl-reqd", "--cacert", server.ca,
        f"smtp://127.0.0.1:{port}", "--user", DOCTOR_BOX, "--oauth2-bearer", token(DOCTOR),
        "--mail-from", DOCTOR_BOX, "--mail-rcpt", PHARMACY_BOX, "--upload-file", str(path),
        *options,
    ], check=True, timeout=30)
    assert inbox()[0]["subject"] == "par curl"


def test_curl_with_a_bad_token_fails(server: Server, port: int, tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(mail().as_bytes())
    refused = subprocess.run([
        program("curl"), "--silent", "--ssl-reqd", "--cacert", server.ca,
        f"smtp://127.0.0.1:{port}", "--user", DOCTOR_BOX, "--oauth2-bearer", "x.y.z",
        "--mail-from", DOCTOR_BOX, "--mail-rcpt", PHARMACY_BOX, "--upload-file", str(path),
    ], check=False, timeout=30)
    assert refused.returncode == 67


def test_swaks_verifies_the_server_and_is_told_to_authenticate(server: Server, port: int) -> None:
    """swaks has no XOAUTH2: it goes as far as one can without a token."""
    done = subprocess.run([
        program("swaks"), "--server", "127.0.0.1", "--port", str(port), "--tls", "--tls-verify",
        "--tls-ca-path", server.ca, "--from", DOCTOR_BOX, "--to", PHARMACY_BOX,
    ], check=False, timeout=30, capture_output=True, text=True)
    if "TLS not available" in done.stderr:
        pytest.skip("swaks has no TLS here (libnet-ssleay-perl)")
    assert "TLS started" in done.stdout
    assert "250-AUTH OAUTHBEARER XOAUTH2" in done.stdout
    assert "<~* 530 5.7.0 Authentifiez-vous" in done.stdout
    assert done.returncode == 23  # "error sending MAIL"
