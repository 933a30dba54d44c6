"""The public CI-SIS documents, read in place where the reference material stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden(shared: Path) -> Callable[[str], bytes]:
    """The bytes of a public document by its file name."""
    return lambda name: (shared / "data" / "examples" / "cda" / name).read_bytes()
