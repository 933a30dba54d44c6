"""The wheel stands alone: the five packages with their data, and nothing of the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = {"services", "ins", "pro_sante_connect", "mssante", "dmp"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content of the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "content")
    return folder / "content"


def test_wheel_holds_the_packages_and_nothing_else(installed: Path) -> None:
    entries = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert entries == PACKAGES
    assert {path.parent.name for path in installed.glob("*/py.typed")} == PACKAGES
    assert not list(installed.rglob("test_*"))


def test_wheel_serves_without_the_repository(installed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    run = subprocess.run(
        [sys.executable, "-m", "services.cli", "routes", "--json"],
        cwd=installed, env=environment, check=True, capture_output=True, text=True, timeout=60,
    )
    places = [Path(route["place"].rpartition(":")[0]) for route in json.loads(run.stdout)]
    assert places
    assert not [place for place in places if place.is_absolute()], "imported from elsewhere"
