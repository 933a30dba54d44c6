"""What a run found: outcomes, verified facts, findings. `to_json` gives the public shapes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["pass", "fail", "skip", "omit", "wait", "error"]
"""fail: the service did not do what was expected; error: the run itself could not go on;
skip: could not be tried because of an earlier step."""

OPENING = "ouverture"
"""Name of the only step of a run that could not begin."""

WORST: tuple[Outcome, ...] = ("error", "fail", "wait", "skip", "pass", "omit")


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation, verified or not."""

    fact: str
    expected: object
    found: object
    verified: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement that an exchange broke, as the journal has it."""

    rule: str
    severity: str
    at: str
    expected: str
    found: str
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step played. who: the person; notes: French sentences; exchanges: journal ids."""

    name: str
    title: str
    actor: str
    who: str
    transaction: str
    transaction_name: str
    outcome: Outcome
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`findings` is their number; their contents are in the journal, under `exchanges`."""
        return {
            "name": self.name, "title": self.title, "actor": self.actor, "who": self.who,
            "transaction": self.transaction, "transaction_name": self.transaction_name,
            "outcome": self.outcome, "findings": len(self.findings), "notes": list(self.notes),
            "checks": [
                {"fact": c.fact, "expected": c.expected, "found": c.found, "verified": c.verified}
                for c in self.checks
            ],
            "exchanges": list(self.exchanges),
        }


@dataclass(frozen=True, slots=True)
class DocumentUsed:
    """The document carried through the scenario. file: as given, or "" when composed."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario played."""

    name: str
    title: str
    outcome: Outcome
    steps: tuple[StepResult, ...]
    document: DocumentUsed | None = None

    @property
    def begun(self) -> bool:
        """Whether a step of the story was played."""
        return any(step.name != OPENING for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """The shape of `socle demo --json`."""
        document = self.document and {"file": self.document.file, "sha256": self.document.sha256}
        return {
            "name": self.name, "outcome": self.outcome, "document": document,
            "steps": [step.to_json() for step in self.steps],
        }


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a whole: pass only if every step passed or did not apply."""
    return min(outcomes, key=WORST.index, default="error")
