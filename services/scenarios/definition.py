"""Scenarios as data: who does what, what is sent, what must be true afterwards.

One TOML file per scenario in `data/`; README.md says how to write one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

SUFFIX = ".toml"


class ScenarioInvalid(Exception):
    """The scenario's file does not say what it should; the message names the place."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone on stage. profession: TRE_G15 code; the first professional with it plays the part."""

    id: str
    title: str
    profession: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """A fact that the action establishes, and its expected value.

    A value is a literal, a list (one of), "*" (anything but nothing) or "$name.field", a value
    that the stage holds at that moment.
    """

    fact: str
    value: object


@dataclass(frozen=True, slots=True)
class Step:
    """One step. when: name of a stage condition without which it is not part of the story;
    needs: what must be on stage for the step to be tried (else it is skipped)."""

    name: str
    title: str
    actor: str
    action: str
    transaction: str
    transaction_name: str
    sends: str
    expects: str
    expectations: tuple[Expectation, ...]
    when: str = ""
    needs: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story. purpose: one French paragraph."""

    name: str
    title: str
    purpose: str
    actors: Mapping[str, Actor]
    steps: tuple[Step, ...]


def available() -> tuple[str, ...]:
    """Names of the scenarios that are shipped, sorted."""
    folder = files("services.scenarios") / "data"
    return tuple(sorted(
        each.name.removesuffix(SUFFIX) for each in folder.iterdir() if each.name.endswith(SUFFIX)
    ))


def load(name: str) -> Scenario:
    """A shipped scenario. Raises ScenarioInvalid when there is none of that name."""
    if name not in available():
        raise ScenarioInvalid(f"Scénario inconnu : {name}. Il y a : {', '.join(available())}")
    source = files("services.scenarios") / "data" / f"{name}{SUFFIX}"
    return parse(name, source.read_text("utf-8"))


def parse(name: str, text: str) -> Scenario:
    """A scenario from its text. Raises ScenarioInvalid with the place of the fault."""
    try:
        content = tomllib.loads(text)
        actors = {
            id: Actor(id, actor["title"], str(actor["profession"]))
            for id, actor in content["actors"].items()
        }
        scenario = Scenario(
            name, content["title"], content["purpose"], actors,
            tuple(_step(step) for step in content["steps"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise ScenarioInvalid(f"{name} : {error}") from error
    except KeyError as error:
        raise ScenarioInvalid(f"{name} : {error.args[0]} est absent") from error
    faults = list(_faults(scenario))
    if faults:
        raise ScenarioInvalid(f"{name} : {' ; '.join(faults)}")
    return scenario


def _step(content: Mapping[str, Any]) -> Step:
    return Step(
        name=content["name"], title=content["title"], actor=content["actor"],
        action=content["action"], transaction=content["transaction"],
        transaction_name=content["transaction_name"], sends=content["sends"],
        expects=content["expects"],
        expectations=tuple(Expectation(*pair) for pair in content["expect"].items()),
        when=content.get("when", ""), needs=tuple(content.get("needs", ())),
        arguments=content.get("with", {}),
    )


def _faults(scenario: Scenario) -> Iterator[str]:
    names = [step.name for step in scenario.steps]
    if not names:
        yield "aucune étape"
    yield from (f"étape {name} en double" for name in set(names) if names.count(name) > 1)
    for step in scenario.steps:
        if step.actor not in scenario.actors:
            yield f"étape {step.name} : acteur {step.actor} inconnu"
        if not step.expectations:
            yield f"étape {step.name} : rien n'est vérifié"
