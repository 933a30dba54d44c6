"""Every command that a page shows runs, in order, and prints what the page says it prints.

Addresses become those of the worker's sandbox. `make demo` really runs; the other verbs of make are
resolved (`make -n`), since they run the tests, or install.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.pages import CARDS, PAGES, ROOT, relative

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not installed"
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PENDING = re.compile(r'"pending":\d+')
COMMANDS, OUTPUTS, SHOWN = "sh", ("text", "json"), ("toml", "python", "http")
NOT_HERE = {"docs/how-to/docker.md": "no Docker engine on the project's machines"}
WITHOUT = {"CHANGELOG.md", "docs/index.md", "docs/explanation/durability.md",
           "docs/explanation/pro-sante-connect-hop-by-hop.md",
           "docs/how-to/several-workers.md", "docs/how-to/postgresql.md"}
"""Pages of the guide that show no command."""

PRELUDE = r"""
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
curl() {
    local status=0
    command curl --silent --show-error --fail-with-body "$@" || status=$?
    [ $status = 0 ] || [ "${refused:-}$status" = yes22 ]
}
make() {
    local line
    line=$(command make --no-print-directory -n -C "$ROOT" "$@" | tail -n 1)
    case "$1" in demo) eval "${line#.venv/bin/}" ;; esac
}
socle() {
    case " $* " in
    *" up "*--ready-file*) exec socle "$@" ;; # in the background
    *" up "*)
        env socle "$@" --host 127.0.0.1 --memory --http-port 0 --https-port 0 --smtp-port 0 \
            --ready-file up.json &
        until [ -s up.json ]; do kill -0 $!; sleep 0.05; done
        kill $!
        rm up.json ;;
    *) command socle "$@" ;;
    esac
}
"""


def blocks(page: str) -> list[tuple[str, str]]:
    """Kind and content of each fenced block; a kind that nobody checks is an error."""
    found = FENCE.findall(page)
    assert page.count("```") == 2 * len(found), "a fence is not closed"
    unknown = {kind for kind, _ in found} - {COMMANDS, *OUTPUTS, *SHOWN}
    assert not unknown, f"blocks that no test reads: {unknown}"
    return found


def play(page: str, sandbox: Any, folder: Path) -> str:
    """Run the page's commands as one script; what they printed. Raises AssertionError."""
    found = blocks(page)
    script = "".join(
        content.replace("# refused\n", "refused=yes\n") + "refused=\n"
        for kind, content in found if kind == COMMANDS
    )
    host, port = sandbox.smtp
    secure = sandbox.sandbox.endpoints["https"]
    for shown, real in (("http://127.0.0.1:8080", sandbox.url), ("var/pki/ca.pem", sandbox.ca),
                        ("https://127.0.0.1:8443", secure),
                        (".localhost:8443", f".localhost:{secure.rpartition(':')[2]}"),
                        ("smtp://127.0.0.1:2587", f"smtp://{host}:{port}")):
        script = script.replace(shown, real)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {name: value for name, value in os.environ.items()
                   if not name.lower().endswith("_proxy") and not name.startswith("SOCLE_")}
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", PRELUDE + script], cwd=folder, capture_output=True,
        text=True, timeout=300, check=False,  # one took 63 s on a busy machine
        env={**environment, "PATH": path, "SOCLE_URL": sandbox.url, "ROOT": str(ROOT)},
    )
    said = run.stdout + run.stderr
    assert run.returncode == 0, said[-3000:]
    assert "Traceback" not in said, said[-3000:]
    # A page shows a quiet server: this one may still be writing exchanges of an earlier test.
    printed = PENDING.sub('"pending":0', run.stdout)
    for kind, content in found:
        missing = [line for line in content.splitlines() if line not in printed]
        assert kind not in OUTPUTS or not missing, f"not printed: {missing}\n{said[-3000:]}"
    return run.stdout


@pytest.fixture
def sandbox(server: Any) -> Iterator[Any]:
    """The worker's sandbox, its default tenant as new before and after."""
    for _ in "before", "after":
        with httpx.Client(base_url=f"{server.url}/sandbox", trust_env=False) as control:
            for method, path, body in (
                ("POST", "/reset", {}), ("PUT", "/settings", {"strict": False}),
                ("PUT", "/ecps", {"mode": "auto"}), ("PUT", "/clock", {"resume": True}),
            ):
                control.request(method, path, json=body).raise_for_status()
        if _ == "before":
            yield server


@pytest.mark.parametrize("page", [*PAGES, *CARDS], ids=relative)
def test_the_commands_of_a_page_run(page: Path, sandbox: Any, tmp_path: Path) -> None:
    text, name = page.read_text("utf-8"), relative(page)
    kinds = [kind for kind, _ in blocks(text)]
    if name in NOT_HERE:
        pytest.skip(NOT_HERE[name])
    if page in PAGES:
        assert (COMMANDS in kinds) is (name not in WITHOUT), "list it in WITHOUT, or take it out"
    if COMMANDS in kinds:
        play(text, sandbox, tmp_path)


@pytest.mark.parametrize("page", [
    "```sh\nfalse\n```\n", "```sh\nsocle nonsense\n```\n", "```sh\nsocle up --nonsense\n```\n",
    "```sh\ncurl http://127.0.0.1:8080/absent\n```\n", "```sh\nmake nonsense\n```\n",
    "```sh\necho a\n```\n```text\nb\n```\n", "```\nsocle reset\n```\n", "```sh\necho a\n",
    "```sh\n# refused\ncurl http://127.0.0.1:8080/absent\nfalse\n```\n",
    "```sh\n# refused\ntrue\n```\n```sh\ncurl http://127.0.0.1:8080/absent\n```\n",
])
def test_a_page_that_is_wrong_fails(page: str, sandbox: Any, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        play(page, sandbox, tmp_path)


def test_a_page_that_is_right_prints(sandbox: Any, tmp_path: Path) -> None:
    page = "```sh\ncurl http://127.0.0.1:8080/health\nmake up\n```\n```json\n\"ready\"\n```\n"
    assert '"status":"ready"' in play(page, sandbox, tmp_path)
