"""Play a scenario: each step's action, then its expectations, then what the journal found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from services.cda import CdaUnreadable
from services.scenarios.actions import ACTIONS, Action
from services.scenarios.conditions import CONDITIONS, lacking
from services.scenarios.confiance import enter
from services.scenarios.definition import Expectation, Scenario, Step, load
from services.scenarios.documents.given import NotAFile, read_document
from services.scenarios.login import LoginRefused
from services.scenarios.results import (
    OPENING,
    Check,
    DocumentUsed,
    Finding,
    Outcome,
    ScenarioResult,
    StepResult,
    worst,
)
from services.scenarios.stage import NotOnStage, Person, Stage
from services.scenarios.vendor import SandboxUnreachable, open_vendor

Report = Callable[[StepResult], None]

UNABLE = (SandboxUnreachable, httpx.TransportError, OSError)
"""The run could not go on: nothing is proven about the service."""


def run(
    name: str, *, url: str, tenant: str, document: Path | None = None,
    report: Report = lambda step: None,
) -> ScenarioResult:
    """Play a shipped scenario against a running sandbox; `report` gets each step as it ends.

    Raises ScenarioInvalid for an unknown name.
    """
    scenario = load(name)
    try:
        read = read_document(document) if document else None
    except (CdaUnreadable, NotAFile) as error:
        return _not_begun(scenario, f"Document illisible, {document} : {error}.", report)
    try:
        vendor = open_vendor(url, tenant)
    except UNABLE as error:
        return _not_begun(scenario, str(error), report)
    with closing(vendor):
        try:
            enter(vendor)
            cast = _cast(scenario, vendor.control("GET", "/identities"))
        except UNABLE as error:
            return _not_begun(scenario, str(error), report)
        stage = Stage(vendor, scenario, cast, document=read)
        return play(scenario, stage, report)


def play(
    scenario: Scenario, stage: Stage, report: Report, actions: Mapping[str, Action] = ACTIONS
) -> ScenarioResult:
    """Every step in order; a step whose `when` does not hold is not part of the story."""
    steps: list[StepResult] = []
    for step in scenario.steps:
        if step.when and not CONDITIONS[step.when](stage):
            continue
        result = _play_step(step, stage, actions)
        steps.append(result)
        report(result)
    carried = stage.document
    return ScenarioResult(
        scenario.name, scenario.title, worst(step.outcome for step in steps), tuple(steps),
        DocumentUsed(carried.file, carried.sha256) if carried else None,
    )


def _play_step(step: Step, stage: Stage, actions: Mapping[str, Action]) -> StepResult:
    missing = lacking(stage, step)
    if missing:
        return _result(step, stage, "skip", (f"Il manque : {', '.join(missing)}.",))
    stage.notes.clear()
    stage.findings.clear()
    stage.vendor.forget()
    checks: tuple[Check, ...] = ()
    outcome: Outcome = "error"
    try:
        facts = actions[step.action](stage, step)
        checks = tuple(_checks(step.expectations, facts, stage))
        stage.findings += _findings(stage)
        outcome = "pass" if all(check.verified for check in checks) else "fail"
    except LoginRefused as error:
        stage.say(f"Connexion refusée : {error}.")
        outcome = "fail"
    except (NotOnStage, *UNABLE) as error:
        stage.say(str(error))
    except (LookupError, TypeError, ValueError) as error:
        # An answer without the members that its specification has.
        stage.say(f"Réponse inattendue : {type(error).__name__} {error}")
    exchanges = stage.vendor.forget()
    stage.played += exchanges
    stage.observed += ((step.transaction, finding) for finding in stage.findings)
    return _result(
        step, stage, outcome, tuple(stage.notes), checks, tuple(stage.findings), exchanges
    )


def _result(step: Step, stage: Stage, outcome: Outcome, *rest: Any) -> StepResult:
    return StepResult(
        step.name, step.title, step.actor, stage.person(step).name, step.transaction,
        step.transaction_name, outcome, *rest,
    )


def _checks(
    expectations: tuple[Expectation, ...], facts: Mapping[str, object], stage: Stage
) -> Iterator[Check]:
    for expectation in expectations:
        expected = expectation.value
        if isinstance(expected, str) and expected.startswith("$"):
            expected = stage.look(expected)
        found = facts.get(expectation.fact)
        yield Check(expectation.fact, expected, found, _verified(expected, found))


def _verified(expected: object, found: object) -> bool:
    if expected == "*":
        return found not in (None, "", 0, False)
    if isinstance(expected, list):
        return found in expected
    return type(found) is type(expected) and found == expected


def _findings(stage: Stage) -> Iterator[Finding]:
    """What the journal has on the step's exchanges. Raises SandboxUnreachable."""
    for id in stage.vendor.exchanges:
        entry = stage.vendor.control("GET", f"/journal/{id}")
        for each in entry["findings"]:
            yield Finding(**{name: each[name] for name in Finding.__slots__})


def _cast(scenario: Scenario, identities: Mapping[str, Any]) -> dict[str, Person]:
    """For each actor the first professional of that profession."""
    cast = {}
    for actor in scenario.actors.values():
        found = next(
            (p for p in identities["professionals"] if p["profession"]["code"] == actor.profession),
            None,
        )
        if found is None:
            raise SandboxUnreachable(f"Aucun professionnel de profession {actor.profession}")
        cast[actor.id] = _person(found, identities)
    return cast


def _person(professional: Mapping[str, Any], identities: Mapping[str, Any]) -> Person:
    own = [m["address"] for m in professional["mailboxes"] if m["type"] == "PER"]
    structures = {structure["id"]: structure for structure in identities["structures"]}
    shared = [
        mailbox["address"] for place in professional["structures"]
        for mailbox in structures[place["id"]]["mailboxes"] if mailbox["type"] == "ORG"
    ]
    return Person(
        professional["id_nat"], professional["nom"], professional["prenom"],
        professional["profession"]["code"], professional["profession"]["label"],
        own[0] if own else "", shared[0] if shared else "",
    )


def _not_begun(scenario: Scenario, reason: str, report: Report) -> ScenarioResult:
    result = StepResult(OPENING, "préparation", "", "", "", "", "error", (reason,))
    report(result)
    return ScenarioResult(scenario.name, scenario.title, "error", (result,))
