"""Declarations, routes, service cards and documentation say the same thing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from services import catalog
from services.kernel.transactions import Service, Transaction

ROOT = Path(__file__).parent.parent.parent
SERVICES = catalog.load()
TRANSACTIONS = [(service, each) for service in SERVICES.values() for each in service.transactions]
ROUTE = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE|SMTP|MLLP) [^`\s]+)`")


def card(service: Service) -> str:
    folder = ROOT / catalog.MODULES[service.id].replace(".", "/")
    return (folder / "README.md").read_text()


def test_every_service_of_the_catalog_loads() -> None:
    assert list(SERVICES) == list(catalog.MODULES)
    assert all(key == service.id for key, service in SERVICES.items())


def test_a_part_of_the_services_can_be_chosen() -> None:
    assert list(catalog.load("dmp, psc")) == ["psc", "dmp"]
    with pytest.raises(catalog.UnknownService, match="ins"):
        catalog.load("nothing")


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.id)
def test_the_card_lists_exactly_the_declared_routes(service: Service) -> None:
    declared = {route for each in service.transactions for route in each.routes}
    told = set(ROUTE.findall(card(service)))
    declared_places = {route.split("?")[0] for route in declared}
    assert declared_places <= {route.split("?")[0] for route in told}
    foreign = {route for route in told if route.split("?")[0] not in declared_places}
    own = tuple(service.prefixes)
    assert not {route for route in foreign if route.partition(" ")[2].startswith(own)}


@pytest.mark.parametrize(
    ("service", "each"), TRANSACTIONS, ids=[f"{s.id}-{t.code}" for s, t in TRANSACTIONS]
)
def test_a_transaction_is_fully_declared(service: Service, each: Transaction) -> None:
    assert each.code in card(service)
    assert each.name
    assert each.spec
    assert each.fidelity in ("official", "derived", "default")
    for route in each.routes:
        method, _, path = route.partition(" ")
        if method in ("SMTP", "MLLP"):
            assert each.handler is None
            continue
        assert any(path == p or path.startswith(p + "/") for p in service.prefixes), route
    if each.handler is not None:
        assert Path(each.place.rpartition(":")[0]).is_relative_to(ROOT)


def test_codes_are_unique() -> None:
    codes = [(service.id, each.code) for service, each in TRANSACTIONS]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.id)
def test_errors_are_sourced(service: Service) -> None:
    assert service.errors
    for error in service.errors:
        assert error.label
        assert error.source
        assert error.when


def imported(script: str, *modules: str) -> list[str]:
    """Which of these modules the script imports in a Python of its own."""
    answer = subprocess.run(
        [sys.executable, "-c",
         f"import sys\n{script}\nprint(*(m for m in {modules} if m in sys.modules))"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )
    return answer.stdout.split()


def test_the_server_imports_nothing_heavy() -> None:
    assert imported(
        "import services.app, services.control, services.catalog; services.catalog.load()",
        "fhir.resources", "alembic", "authlib", "rich", "email_validator", "pydantic.v1",
        "asyncpg", "hypothesis", "PIL", "zxingcpp",
    ) == []


def test_the_help_imports_no_server() -> None:
    assert imported(
        "import services.cli", "fastapi", "sqlalchemy", "httpx", "lxml", "orjson"
    ) == []


def test_a_command_imports_no_other_command_line() -> None:
    assert imported(
        "import services.cli; sys.argv = ['socle', 'journal', '--url', 'http://127.0.0.1:1']\n"
        "try: services.cli.main()\n"
        "except SystemExit: pass\n"
        "else: raise RuntimeError('no error is told')",
        "httpx", "rich",
    ) == ["httpx"]
