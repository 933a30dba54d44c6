"""Every rule has an example that it accepts and one that it refuses, in the suite as a whole.

Each worker notes what its rules found; when a whole run ends well, the controlling process compares
that with the register.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalogues import is_whole

FOLDER = "SOCLE_TEST_EXAMPLES"
ACCEPTED, REFUSED = "accepted", "refused"


def prepare(config: pytest.Config) -> None:
    """Give the workers one folder to write to."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="socle-examples-")


def watch(patch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(rule, accepted or refused) of every check from now on."""
    from services.kernel.rules import Finding, Rule

    seen: set[tuple[str, str]] = set()
    findings = Rule.findings

    def watched(rule: Rule, subject: object) -> Iterator[Finding]:
        outcome = ACCEPTED
        for finding in findings(rule, subject):
            outcome = REFUSED
            seen.add((rule.id, outcome))
            yield finding
        seen.add((rule.id, outcome))

    patch.setattr(Rule, "findings", watched)
    return seen


def write(seen: set[tuple[str, str]]) -> None:
    """What one worker saw."""
    (Path(os.environ[FOLDER]) / f"{os.getpid()}.json").write_text(json.dumps(sorted(seen)))


def judge(session: pytest.Session) -> None:
    """Fail a whole run in which a rule was never broken, or never kept."""
    if hasattr(session.config, "workerinput") or not is_whole(session):
        return
    seen = {
        tuple(each) for path in Path(os.environ[FOLDER]).glob("*.json")
        for each in json.loads(path.read_text())
    }
    missing = missing_examples(seen)
    if missing:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for rule, outcome in missing:
            reporter.write_line(f"rule without an example that is {outcome}: {rule}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def missing_examples(seen: set[tuple[str, ...]]) -> list[tuple[str, str]]:
    """What the register asks for and nothing showed."""
    from services import catalog
    from services.kernel.requirements import register

    rules = [each.requirement.id for each in register(catalog.load().values()) if each.checked]
    every = [(rule, outcome) for rule in rules for outcome in (ACCEPTED, REFUSED)]
    return [each for each in every if each not in seen]
