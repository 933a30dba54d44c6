"""The reference pages are what the declarations say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_reference_pages_are_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_docs.py", "--check"],
        capture_output=True, text=True, check=False, timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
