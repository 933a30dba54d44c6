"""The runner: outcomes, expectations, conditions, findings. Actions are fakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services.scenarios import DEMO, run
from services.scenarios.definition import Scenario, Step
from services.scenarios.login import LoginRefused
from services.scenarios.results import ScenarioResult, StepResult
from services.scenarios.runner import play
from services.scenarios.stage import Facts, NotOnStage, Stage
from services.scenarios.vendor import SandboxUnreachable

Scene = Callable[[str], tuple[Scenario, Stage]]

HEAD = """
title = "Essai"
purpose = "p"
[actors.medecin]
title = "Médecin"
profession = "10"
"""


def step_text(name: str, action: str, expect: str, **more: object) -> str:
    lines = [f"{key} = {value}" for key, value in more.items()]
    return "\n".join([
        "[[steps]]", f'name = "{name}"', 'title = "fait"', 'actor = "medecin"',
        f'action = "{action}"', 'transaction = "T1"', 'transaction_name = "Transaction"',
        'sends = "s"', 'expects = "e"', *lines, "[steps.expect]", expect, "",
    ])


def establish(stage: Stage, step: Step) -> Facts:
    stage.message_id = "<1@b>"
    stage.say("Établi.")
    return {"nombre": 2, "mot": "oui", "vrai": True, "vide": "", "id": "<1@b>"}


def call(stage: Stage, step: Step) -> Facts:
    stage.vendor.exchanges.append("0190")
    return {"vrai": True}


def raises(error: Exception) -> Callable[[Stage, Step], Facts]:
    def act(stage: Stage, step: Step) -> Facts:
        raise error

    return act


ACTIONS = {
    "establish": establish, "call": call,
    "refused": raises(LoginRefused("mode refuse")),
    "unreachable": raises(SandboxUnreachable("personne")),
    "not_on_stage": raises(NotOnStage("rien")),
    "odd_answer": raises(KeyError("entry")),
    "disconnected": raises(ConnectionResetError("coupé")),
}


def played(scene: Scene, *steps: str) -> ScenarioResult:
    scenario, stage = scene(HEAD + "".join(steps))
    seen: list[StepResult] = []
    result = play(scenario, stage, seen.append, ACTIONS)
    assert tuple(seen) == result.steps
    return result


@pytest.mark.parametrize(("expect", "outcome"), [
    ("nombre = 2", "pass"),
    ("nombre = 3", "fail"),
    ("nombre = true", "fail"),
    ("nombre = [1, 2]", "pass"),
    ("nombre = [1, 3]", "fail"),
    ('mot = "*"', "pass"),
    ('vide = "*"', "fail"),
    ('absent = "*"', "fail"),
    ("vrai = true", "pass"),
    ("vrai = 1", "fail"),
    ('id = "$message_id"', "pass"),
    ('id = "$cast.medecin.mailbox"', "fail"),
    ('id = "$location"', "fail"),
    ('id = "$nothing.there"', "error"),
    ("nombre = 2\nmot = \"non\"", "fail"),
])
def test_expectation(scene: Scene, expect: str, outcome: str) -> None:
    assert played(scene, step_text("un", "establish", expect)).outcome == outcome


@pytest.mark.parametrize(("action", "outcome", "note"), [
    ("refused", "fail", "Connexion refusée : mode refuse."),
    ("unreachable", "error", "personne"),
    ("not_on_stage", "error", "rien"),
    ("odd_answer", "error", "Réponse inattendue : KeyError 'entry'"),
    ("disconnected", "error", "coupé"),
])
def test_action_that_cannot_end(scene: Scene, action: str, outcome: str, note: str) -> None:
    result = played(scene, step_text("un", action, "vrai = true"))

    assert result.outcome == outcome
    assert result.steps[0].notes == (note,)


def test_step_without_what_it_needs_is_skipped(scene: Scene) -> None:
    result = played(
        scene, step_text("un", "unreachable", "vrai = true"),
        step_text("deux", "establish", "nombre = 2", needs='["message_id"]'),
    )

    assert [step.outcome for step in result.steps] == ["error", "skip"]
    assert result.outcome == "error"


def test_step_whose_condition_does_not_hold_is_not_part_of_the_story(scene: Scene) -> None:
    result = played(
        scene, step_text("un", "establish", "nombre = 2"),
        step_text("deux", "unreachable", "vrai = true", when='"authorisation_missing"'),
    )

    assert [step.name for step in result.steps] == ["un"]
    assert result.outcome == "pass"


def test_findings_of_the_step_s_exchanges_are_counted(scene: Scene) -> None:
    result = played(scene, step_text("un", "call", "vrai = true"))

    step = result.steps[0]
    assert step.exchanges == ("0190",)
    assert [finding.rule for finding in step.findings] == ["R-1"]
    assert step.to_json()["findings"] == 1
    assert result.outcome == "pass"


def test_json_shape(scene: Scene) -> None:
    content = played(scene, step_text("un", "establish", "nombre = 2")).to_json()

    assert content["outcome"] == "pass"
    assert content["document"] is None
    assert {"name", "transaction", "actor", "outcome", "findings"} <= content["steps"][0].keys()


def test_nobody_answers(tmp_path: Path) -> None:
    result = run(DEMO, url="http://127.0.0.1:9", tenant="default")

    assert result.outcome == "error"
    assert "Aucun bac à sable" in result.steps[0].notes[0]


def test_document_that_is_no_cda(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a/>")

    result = run(DEMO, url="http://127.0.0.1:9", tenant="default", document=path)

    assert result.outcome == "error"
    assert "ClinicalDocument" in result.steps[0].notes[0]


def test_document_that_is_not_there(tmp_path: Path) -> None:
    result = run(
        DEMO, url="http://127.0.0.1:9", tenant="default", document=tmp_path / "absent.xml"
    )

    assert result.outcome == "error"
    assert "absent.xml" in result.steps[0].notes[0]
