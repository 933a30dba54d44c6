"""The project's promises about its own shape."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("services", "ins", "pro_sante_connect", "mssante", "dmp")
SHARED = ("kernel", "soap", "fhir", "cda", "population")
ASSEMBLY = {
    "services/app.py", "services/catalog.py", "services/cli.py", "services/client.py",
    "services/commands/certificates.py", "services/commands/ciba.py", "services/commands/codes.py",
    "services/commands/cards.py", "services/commands/datamatrix.py",
    "services/commands/faults.py", "services/commands/ins.py", "services/commands/journal.py",
    "services/commands/keys.py", "services/commands/people.py", "services/commands/platines.py",
    "services/commands/rniv.py", "services/commands/tenants.py",
    "services/commands/validation.py", "services/control.py", "services/installation.py",
    "services/workers.py",
}
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
    if "/data/" not in path.as_posix() and "/versions/" not in path.as_posix()
)
ALLOWED_FILES = {
    "__init__.py", "README.md", "domain.py", "store.py", "errors.py", "codes.py", "seed.py",
    "control.py", "py.typed",
}
ALLOWED_FOLDERS = {"wire", "fhir", "rules", "domain", "data", "templates", "__pycache__"}
AREAS = {"activation", "confiance", "delegation", "proxy", "rniv"}
"""Folders for a part of a service that is a component of its own in reality (decision 0016)."""
SERVICES = (
    "ins", "ins/rniv", "pro_sante_connect", "mssante", "dmp", "services/e_prescription",
    "services/apcv",
)
FORBIDDEN = re.compile(
    r"datetime\.now|datetime\.utcnow|date\.today|time\.time\(|time\.monotonic|(?<!ids\.)uuid4\(\)|uuid1\("
    r"|\bimport random\b|\bimport secrets\b|\bimport uuid\b|os\.urandom|\bimport time\b"
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def owner(module: str) -> str:
    """The service or shared part that a dotted module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "services" and len(parts) > 1 else parts[0]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            if node.module == "services":
                found |= {f"services.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_service_imports_another(path: Path) -> None:
    if relative(path) in ASSEMBLY:
        return
    here = owner(relative(path).removesuffix(".py").replace("/", "."))
    allowed = {here, "services"} | {f"services.{name}" for name in SHARED}
    if here == "services.kernel":
        allowed = {here, "services.settings"}
    foreign = {owner(name) for name in imports(path)} - allowed
    assert not foreign, f"{relative(path)} imports {foreign}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_domains_know_no_framework(path: Path) -> None:
    if path.name != "domain.py" and path.parent.name != "domain":
        return
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
    }
    assert not names & {"fastapi", "starlette", "sqlalchemy", "lxml", "aiosmtpd", "httpx"}


def test_file_sizes() -> None:
    sizes = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert not {name: size for name, size in sizes.items() if size > 400}
    ordered = sorted(sizes.values())
    assert statistics.median(ordered) <= 100
    assert ordered[int(len(ordered) * 0.9)] <= 250


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_time_and_chance_come_from_the_kernel(path: Path) -> None:
    if relative(path) in ("services/kernel/clock.py", "services/kernel/ids.py"):
        return
    hits = [line for line in path.read_text().splitlines() if FORBIDDEN.search(line)]
    assert not hits, f"{relative(path)}: {hits}"


@pytest.mark.parametrize("service", SERVICES)
def test_services_have_one_shape(service: str) -> None:
    folder = ROOT / service
    names = {path.name for path in folder.iterdir()}
    files = {name for name in names if (folder / name).is_file()}
    assert {"__init__.py", "README.md"} <= files
    assert not files - ALLOWED_FILES
    assert not names - files - ALLOWED_FOLDERS - AREAS


def test_fhir_models_stay_off_the_server() -> None:
    """fhir.resources builds and judges; it is never imported by what serves."""
    users = {
        relative(path) for path in SOURCES
        if re.search(r"^\s*(from|import) fhir\.resources", path.read_text(), re.MULTILINE)
    }
    assert not users


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_is_left_unfinished(path: Path) -> None:
    assert not re.search(r"TODO|FIXME|NotImplementedError|TEMPORARY", path.read_text())
