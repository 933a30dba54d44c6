"""The page of the nineteen cases names tests that exist, and every case has one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reference" / "ins-cases.md").read_text()
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)::(\w+)`")
NUMBER = re.compile(r"test_t(\d\d)_")


def functions() -> set[tuple[str, str]]:
    """(module, test) of this folder and of the foreign clients."""
    folder = Path(__file__).parent
    clients = (ROOT / "tests" / "clients").glob("test_insi_*.py")
    return {
        (path.stem, node.name)
        for path in (*folder.glob("test_*.py"), *folder.glob("rniv/test_*.py"), *clients)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_of_the_nineteen_cases_has_tests() -> None:
    rows = {int(number): tests for number, _, tests in ROW.findall(PAGE)}
    assert list(rows) == list(range(1, 20))
    assert all(NAMED.search(tests) for tests in rows.values())


def test_the_tests_of_the_page_exist() -> None:
    assert set(NAMED.findall(PAGE)) <= functions()


def test_a_number_is_of_a_case_that_names_its_module() -> None:
    rows = {int(number): tests for number, _, tests in ROW.findall(PAGE)}
    for module, name in functions():
        found = NUMBER.match(name)
        assert not found or f"`{module}::" in rows[int(found[1])], (module, name)
