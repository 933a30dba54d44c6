"""The page of the 48 cases names tests that exist, and every case has a test or a reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "pro-sante-connect-cases.md"
BOUND = ROOT / "tests" / "security" / "test_bound_tokens.py"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(\w+)::(\w+)`")
NUMBER = re.compile(r"test_t?(\d\d)_(?:t(\d\d)_)?")


def rows() -> dict[int, str]:
    return {int(number): tests for number, _, tests in ROW.findall(PAGE.read_text())}


def functions() -> set[tuple[str, str]]:
    """(module, test) of this folder, and of the one about all services."""
    return {
        (path.stem, node.name)
        for path in (*Path(__file__).parent.glob("test_*.py"), BOUND)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_of_the_48_cases_has_tests_or_a_reason() -> None:
    assert list(rows()) == list(range(1, 49))
    for tests in rows().values():
        assert NAMED.search(tests) or tests.startswith("Not there: ")


def test_the_tests_of_the_page_exist() -> None:
    named = {each for tests in rows().values() for each in NAMED.findall(tests)}
    assert named <= functions()


def test_the_clients_of_the_page_are_tests() -> None:
    named = set(re.findall(r"`tests/clients/(\w+\.py)`", PAGE.read_text()))
    folder = ROOT / "tests" / "clients"
    assert named == {each.name for each in folder.glob("test_o*.py")}


def test_a_test_that_has_a_number_is_of_a_case_that_is_there() -> None:
    there = {number for number, tests in rows().items() if NAMED.search(tests)}
    numbered = {
        int(number) for _, name in functions() if (found := NUMBER.match(name))
        for number in found.groups() if number
    }
    assert numbered <= there
