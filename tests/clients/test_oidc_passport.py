"""npm passport, unmodified, as the relying party of a web application: both of its strategies."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import DOCTOR, Person

pytestmark = pytest.mark.foreign
FOLDER = Path(__file__).parent / "node"
STRATEGIES = ("classic", "modern")
# passport-openidconnect draws 20 characters; openid-client's strategy trusts PKCE alone.
HABITS = {"classic": {"PSC-PKCE", "PSC-NONCE-COURT"}, "modern": {"PSC-STATE", "PSC-NONCE"}}


@pytest.fixture
def application(metadata: str) -> Iterator[str]:
    """Its address."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "passport").is_dir():
        pytest.skip("passport is not installed: scripts/setup-foreign")
    process = subprocess.Popen(
        [node, "--no-deprecation", FOLDER / "passport_app.mjs", metadata],
        stdout=subprocess.PIPE, text=True,
    )
    with process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_log_in_renewal_and_log_out(
    application: str, person: Person, findings: Callable[[], dict[str, int]], strategy: str,
    api: httpx.Client,
) -> None:
    seen = person.log_in(f"{application}/login/{strategy}")
    assert seen.status_code == 200, seen.text
    claims = seen.json()
    assert (claims["SubjectNameID"], claims["acr"]) == (DOCTOR, "eidas1")
    assert claims["SubjectRefPro"]["exercices"][0]["codeProfession"] == "10"
    assert set(findings()) == HABITS[strategy]

    assert person.open(f"{application}/renew").json() == {"renewed": 120}
    again = person.open(f"{application}/login/{strategy}")
    assert "Est-ce bien vous" in again.text
    assert person.press(again, "continue").json()["SubjectNameID"] == DOCTOR

    assert person.open(f"{application}/logout").json() == {"back": True}
    assert "Qui se connecte" in person.open(f"{application}/login/{strategy}").text
    assert set(findings()) == HABITS[strategy] | {"PSC-REFRESH-SONDAGE"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_refusal_reaches_the_application(
    application: str, person: Person, strategy: str
) -> None:
    page = person.open(f"{application}/login/{strategy}")
    seen = person.press(page, "refuse")
    assert seen.status_code == 401
    assert seen.json() == {"refused": "The user denied the request"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_code_that_comes_back_late_is_an_error_of_the_application(
    application: str, person: Person, api: httpx.Client, strategy: str
) -> None:
    page = person.open(f"{application}/login/{strategy}")
    api.post("/sandbox/answers", json={
        "service": "psc", "transaction": "psc.token", "answers": ["invalid_grant"],
    }).raise_for_status()
    seen = person.press(page, "accept", id_nat=DOCTOR)
    assert seen.status_code == 500
