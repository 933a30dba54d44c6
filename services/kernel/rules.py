"""Rules: one observable requirement each. They return findings and never refuse by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from services.kernel.errors import CatalogueError

if TYPE_CHECKING:
    from services.kernel.exchange import Exchange

Severity = Literal["error", "warning", "information"]

MOST = 100
"""Findings of one rule in one exchange: a hostile message could break it without end."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a rule saw: `at` is a path in the message (FHIRPath, XPath, header, parameter)."""

    at: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement broken by one exchange, as the journal shows it."""

    rule: str
    severity: Severity
    at: str
    expected: str
    found: str
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement: its id, the check, and whether the real service refuses.

    `check(subject)` yields a `Mismatch` per breach. `message` is French, one sentence.
    `refuses`: the catalogue error that the real service answers, or None when it accepts;
    `official`: whether the id is the official text's, or ours.
    """

    id: str
    severity: Severity
    message: str
    source: str
    check: Callable[[Any], Iterable[Mismatch]]
    refuses: CatalogueError | None = None
    official: bool = True

    def findings(self, subject: object) -> Iterator[Finding]:
        for mismatch in self.check(subject):
            yield Finding(
                self.id, self.severity, mismatch.at, mismatch.expected,
                _clip(mismatch.found), self.message, self.source,
            )


def rule(
    id: str,
    *,
    severity: Severity,
    message: str,
    source: str,
    refuses: CatalogueError | None = None,
    official: bool = True,
) -> Callable[[Callable[[Any], Iterable[Mismatch]]], Rule]:
    """Declare the decorated function as a requirement; its name becomes the Rule."""

    def declare(check: Callable[[Any], Iterable[Mismatch]]) -> Rule:
        return Rule(id, severity, message, source, check, refuses, official)

    return declare


def rules_of(*modules: ModuleType) -> tuple[Rule, ...]:
    """The rules that these modules define, in order."""
    return tuple(v for module in modules for v in vars(module).values() if isinstance(v, Rule))


def observe(
    exchange: Exchange, rules: Iterable[Rule], subject: object, strict: CatalogueError | None = None
) -> None:
    """Run every rule on what was parsed and add the findings to the exchange.

    Then refuse if a broken rule refuses in reality, or, in a strict tenant, with `strict` when an
    error-level rule is broken.
    """
    refusal = None
    for each in rules:
        for finding in islice(each.findings(subject), MOST):
            exchange.findings.append(finding)
            error = each.refuses
            if error is None and exchange.tenant.strict and each.severity == "error":
                error = strict
            if error is not None and refusal is None:
                refusal = error(
                    each.message, at=finding.at, expected=finding.expected, found=finding.found
                )
    if refusal is not None:
        raise refusal


def _clip(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[:length] + "…"
