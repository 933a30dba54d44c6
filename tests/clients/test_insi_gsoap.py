"""gSOAP (C++), generated from our WSDL by wsdl2h and soapcpp2, over mutual TLS."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Endpoint

pytestmark = pytest.mark.foreign
CLIENT = Path(__file__).parent / "cpp" / "insi_gsoap.cpp"
SHARE = Path("/usr/share/gsoap")
DATES = SHARE / "custom" / "struct_timeval.c"
OPENSSL = Path("/usr/include/openssl/ssl.h")


def run(folder: Path, *words: str | Path) -> str:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_t19_gsoap_generated_from_the_wsdl(
    insi: Endpoint, tmp_path: Path, journal: Callable[..., list[dict[str, Any]]]
) -> None:
    for program in ("wsdl2h", "soapcpp2", "g++"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: scripts/setup-foreign")
    if not (DATES.exists() and OPENSSL.exists()):
        pytest.skip("libgsoap-dev, libssl-dev are not installed: scripts/setup-foreign")
    run(tmp_path, "wsdl2h", "-o", "insi.h", insi.wsdl)
    run(tmp_path, "soapcpp2", "-2", "-j", "-C", "-x", f"-I{SHARE / 'import'}", "insi.h")
    run(tmp_path, "g++", "-O0", "-DWITH_OPENSSL", "-I.", f"-I{SHARE}", "-o", "insi", CLIENT,
        "soapC.cpp", "soapICIRServiceBindingProxy.cpp", DATES, "-lgsoapssl++", "-lssl",
        "-lcrypto", "-lz")
    said = run(tmp_path, tmp_path / "insi", insi.address, insi.ca, insi.identity, insi.emetteur,
               "LSN17NF23FW0", "FAKE-IDAM")
    assert said.splitlines() == [
        "00 2751263220749 ZOE", "01", "desir_550 Numéro d'autorisation du logiciel inconnu.",
    ]
    entries = journal(service="ins", transaction="WS_INS2")
    # It writes mustUnderstand on every block of its header, which ours understand.
    assert [[each["rule"] for each in one["findings"]] for one in entries] == [
        ["INS-IDAM-INCONNU"], [], [],
    ]
