"""The oracle: npm oidc-provider and Socle answer alike, or a reason is written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Server
from tests.oracle import running
from tests.oracle.differences import WHY, explained
from tests.oracle.exchanges import PARTS
from tests.oracle.page import PAGE, written


@pytest.mark.foreign
def test_every_difference_has_its_reason(server: Server, tmp_path: Path) -> None:
    if running.missing():
        pytest.skip(running.missing())
    here = running.ours(server.url, server.sandbox.endpoints["https"], tmp_path)
    with running.peer(server.ca, server.url, tmp_path) as there:
        answers = running.played(here, there)
    different = {each for each, (ours, theirs) in answers.items() if ours != theirs}
    assert different == set(explained())
    assert written(answers) == PAGE.read_text(), "python scripts/compare_providers.py"


def test_reasons_are_of_exchanges_that_are_played() -> None:
    played = {(part, name) for part, plays in PARTS.items() for name in plays}
    assert set(explained()) <= played
    assert len(explained()) == sum(len(those) for those in WHY.values()), "one reason for each"
