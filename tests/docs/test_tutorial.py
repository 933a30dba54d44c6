"""The tutorial's commands run, one after the other, and print what the page says they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"```(sh|text|json)\n(.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"


@pytest.mark.foreign
def test_tutorial_does_what_it_says(tmp_path: Path) -> None:
    from services import client

    page = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    blocks = BLOCK.findall(page)[1:]  # the first one starts the sandbox
    ready = tmp_path / "ready.json"
    up = [sys.executable, "-m", "services.cli", "up", "--memory", "--http-port", "0",
          "--smtp-port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(up, stdout=subprocess.DEVNULL) as process:
        try:
            url = client.wait_ready(process, ready)["http"]
            script = "".join(block for kind, block in blocks if kind == "sh")
            run = subprocess.run(
                ["bash", "-euc", script.replace(ADDRESS, url).replace("curl ", "curl -sS --fail ")],
                cwd=ROOT, env={**os.environ, "SOCLE_URL": url}, capture_output=True, text=True,
                timeout=120, check=False,
            )
        finally:
            process.terminate()
    if run.returncode != 0:
        pytest.fail(run.stdout[-2000:] + run.stderr[-2000:])
    for kind, block in blocks:
        if kind != "sh":
            assert not [line for line in block.splitlines() if line not in run.stdout]
