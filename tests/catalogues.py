"""Every error of every catalogue is obtained over the wire by the suite as a whole.

The server fixture of each worker notes the errors that exchanges were refused with; when a whole
run ends well, the controlling process compares them with the catalogues.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

Obtained = tuple[str, str, str]
FOLDER = "SOCLE_TEST_CATALOGUES"
WHOLE = ("", "not browser", "not foreign and not browser")
"""What `make test` selects."""


def prepare(config: pytest.Config) -> None:
    """Give the workers one folder to write to."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="socle-catalogues-")


def write(obtained: set[Obtained]) -> None:
    """What one worker saw."""
    path = Path(os.environ[FOLDER]) / f"{os.getpid()}.json"
    path.write_text(json.dumps(sorted(obtained)))


def judge(session: pytest.Session) -> None:
    """Fail a whole run in which an error of a catalogue was never obtained."""
    config = session.config
    if hasattr(config, "workerinput") or not is_whole(session):
        return
    obtained = {
        tuple(each) for path in Path(os.environ[FOLDER]).glob("*.json")
        for each in json.loads(path.read_text())
    }
    missing = missing_errors(obtained)
    if missing:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        for service, code, label in missing:
            reporter.write_line(f"error never obtained over the wire: {service} {code} ({label})")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def missing_errors(obtained: set[tuple[str, ...]]) -> list[Obtained]:
    """Catalogue entries that nothing obtained."""
    from services import catalog

    every = [(service.id, error.code, error.label)
             for service in catalog.load().values() for error in service.errors]
    return [each for each in every if each not in obtained]


def is_whole(session: pytest.Session) -> bool:
    """Whether everything was run, and ended well."""
    config = session.config
    options = config.option
    last_failed = getattr(options, "lf", False)
    everything = not (options.keyword or options.collectonly or last_failed)
    paths = config.args == config.getini("testpaths") or not config.invocation_params.args
    return session.exitstatus == 0 and everything and paths and options.markexpr in WHOLE
