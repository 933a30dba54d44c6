"""The locks are complete, consistent, and name no place to download from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
LEVELS = {"core": ("build",), "dev": ("build", "dev"), "foreign": ("build", "dev", "foreign")}
LOCKED = re.compile(
    r"^([a-z0-9-]+)==(\S+)(?: ; .*)? \\\n((?:    --hash=sha256:.*\n?)+)", re.MULTILINE
)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0].replace(".", "-").lower() for each in requirements}


def locked(level: str) -> dict[str, str]:
    """Name → version; every line of the file belongs to a hashed requirement."""
    text = (ROOT / "requirements" / f"{level}.lock").read_text("utf-8")
    assert not LOCKED.sub("", text).strip()
    return {name: version for name, version, _ in LOCKED.findall(text)}


@pytest.mark.parametrize("level", LEVELS)
def test_every_dependency_is_locked(level: str) -> None:
    wanted = names(project()["project"]["dependencies"])
    for group in LEVELS[level]:
        wanted |= names(project()["dependency-groups"][group])
    assert not wanted - locked(level).keys()


def test_smaller_locks_are_parts_of_larger_ones() -> None:
    assert locked("core").items() <= locked("dev").items() <= locked("foreign").items()


@pytest.mark.parametrize("path", [
    *sorted((ROOT / "requirements").glob("*.lock")), ROOT / "pyproject.toml",
    ROOT / "tests" / "clients" / "node" / "package-lock.json",
], ids=lambda path: path.name)
def test_no_registry_is_recorded(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"index-url|find-links|\"resolved\"|files\.|registry|\.(whl|tgz)", text)


def test_every_dependency_is_explained() -> None:
    record = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text("utf-8").lower()
    groups = project()["dependency-groups"]
    wanted = names([*project()["project"]["dependencies"], *groups["dev"], *groups["foreign"]])
    assert not {name for name in wanted if name not in record.replace(".", "-")}


def test_the_core_has_nothing_unused() -> None:
    by_name_only = {"httptools"}  # uvicorn loads it
    other_names = {"OpenSSL": "pyopenssl", "PIL": "pillow", "zxingcpp": "zxing_cpp"}
    packages = ("services", "ins", "pro_sante_connect", "mssante", "dmp")
    sources = [path.read_text("utf-8") for each in packages for path in (ROOT / each).rglob("*.py")]
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", "\n".join(sources), re.MULTILINE))
    imported |= {other_names[name] for name in imported & other_names.keys()}
    wanted = {name.replace("-", "_") for name in names(project()["project"]["dependencies"])}
    assert not wanted - imported - by_name_only
