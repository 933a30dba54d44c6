"""Scenario files: what is shipped is complete, what is wrong is refused with its place."""

from __future__ import annotations

import pytest

from services.scenarios import DEMO, ScenarioInvalid, available
from services.scenarios.actions import ACTIONS
from services.scenarios.conditions import CONDITIONS, NEEDS
from services.scenarios.definition import load, parse
from services.scenarios.stage import Stage

STEP = """
title = "t"
purpose = "p"
[actors.medecin]
title = "Médecin"
profession = "10"
[[steps]]
name = "un"
title = "fait"
actor = "medecin"
action = "log_in"
transaction = "x"
transaction_name = "X"
sends = "s"
expects = "e"
[steps.expect]
fait = true
"""


@pytest.mark.parametrize("name", available())
def test_shipped_scenario_names_what_exists(name: str) -> None:
    for step in load(name).steps:
        assert step.action in ACTIONS
        assert not step.when or step.when in CONDITIONS
        assert set(step.needs) <= set(NEEDS) <= set(Stage.__slots__)
        assert step.sends
        assert step.expects
        assert step.transaction_name


def test_demo_is_shipped() -> None:
    assert DEMO in available()


def test_step_reads_as_written() -> None:
    step = parse("essai", STEP).steps[0]

    assert (step.name, step.actor, step.action) == ("un", "medecin", "log_in")
    assert step.expectations[0].fact == "fait"


@pytest.mark.parametrize(("text", "place"), [
    ("title = ", "essai : Invalid value"),
    (STEP.replace('purpose = "p"', ""), "purpose"),
    (STEP.replace('sends = "s"', ""), "sends"),
    (STEP.replace('actor = "medecin"', 'actor = "autre"'), "un : acteur autre"),
    (STEP.replace("fait = true", ""), "un : rien n'est vérifié"),
    (STEP + STEP[STEP.index("[[steps]]"):], "étape un en double"),
    ("steps = []\n" + STEP[:STEP.index("[[steps]]")], "aucune étape"),
])
def test_faults_are_named(text: str, place: str) -> None:
    with pytest.raises(ScenarioInvalid, match=place):
        parse("essai", text)


def test_unknown_scenario() -> None:
    with pytest.raises(ScenarioInvalid, match="Scénario inconnu : absent"):
        load("absent")
