"""The page of the ten cases names tests that exist, and every case has a test or a reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "reference" / "apcv-cases.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(\w+)::(\w+)`")


def test_each_of_the_ten_cases_has_tests_that_exist_or_a_reason() -> None:
    rows = {int(number): tests for number, _, tests in ROW.findall(PAGE.read_text("utf-8"))}
    functions = {
        (path.stem, node.name) for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert list(rows) == list(range(1, 11))
    named = {each for tests in rows.values() for each in NAMED.findall(tests)}
    assert named <= functions
    numbered = {each for each in functions if re.match(r"test_t\d\d_", each[1])}
    assert numbered <= named
    for tests in rows.values():
        assert NAMED.search(tests) or tests.startswith("Not there")
