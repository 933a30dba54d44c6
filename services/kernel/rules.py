"""Rules: one observable requirement each. They return findings and never refuse by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from services.kernel.errors import CatalogueError, Refusal, together
from services.kernel.requirements import Observable, Requirement, Severity, Sources, cited

if TYPE_CHECKING:
    from services.kernel.exchange import Exchange

MOST = 100
"""Findings of one rule in one exchange, and breaches that one refusal tells: a hostile message
could break a rule without end."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a rule saw: `at` is a path in the message (FHIRPath, XPath, header, parameter)."""

    at: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement broken by one exchange, as the journal shows it.

    requirements: the official numbers of what the rule observes, or its own id.
    """

    rule: str
    severity: Severity
    at: str
    expected: str
    found: str
    message: str
    source: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Requirement):
    """A requirement that exchanges show, with its check.

    `check(subject)` yields a `Mismatch` per breach. `refuses`: the catalogue error that the real
    service answers, or None when it accepts.
    """

    check: Callable[[Any], Iterable[Mismatch]]
    refuses: CatalogueError | None = None
    told: tuple[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """Source and numbers, worked out once: findings are made on the hot path."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "told", (self.source, self.numbers))

    def findings(self, subject: object) -> Iterable[Finding]:
        """The breaches of one subject, the first `MOST` of them."""
        found: list[Finding] = []
        for mismatch in self.check(subject):
            found.append(self.finding(mismatch))
            if len(found) == MOST:
                break
        return found

    def finding(self, mismatch: Mismatch) -> Finding:
        """What the journal keeps of one breach."""
        source, numbers = self.told
        return Finding(
            self.id, self.severity, mismatch.at, mismatch.expected,
            _clip(mismatch.found), self.message, source, numbers,
        )


def rule(
    id: str,
    *,
    severity: Severity,
    message: str,
    source: Sources,
    refuses: CatalogueError | None = None,
    observable: Observable = "wire",
) -> Callable[[Callable[[Any], Iterable[Mismatch]]], Rule]:
    """Declare the decorated function as a requirement; its name becomes the Rule.

    `source`: `document.requires("EXI 1")`, `document.at("§2")`, `SOCLE`, or several of them.
    """

    def declare(check: Callable[[Any], Iterable[Mismatch]]) -> Rule:
        return Rule(
            id, severity, message, cited(source), observable, check=check, refuses=refuses
        )

    return declare


def rules_of(*modules: ModuleType) -> tuple[Rule, ...]:
    """The rules that these modules define, in order."""
    return tuple(v for module in modules for v in vars(module).values() if isinstance(v, Rule))


def observe(
    exchange: Exchange, rules: Iterable[Rule], subject: object, strict: CatalogueError | None = None
) -> None:
    """Run every rule on what was parsed and add the findings to the exchange.

    Then refuse if a broken rule refuses in reality, or, in a strict tenant, with `strict` when an
    error-level rule is broken: with the first of these breaches, and the others beside it.
    """
    refusals: list[Refusal] = []
    for each in rules:
        for finding in each.findings(subject):
            exchange.findings.append(finding)
            error = each.refuses
            if error is None and exchange.tenant.strict and each.severity == "error":
                error = strict
            if error is not None and len(refusals) < MOST:
                refusals.append(error(
                    each.message, at=finding.at, expected=finding.expected, found=finding.found
                ))
    if refusals:
        raise together(refusals)


def _clip(text: str, length: int = 300) -> str:
    return text if len(text) <= length else text[:length] + "…"
