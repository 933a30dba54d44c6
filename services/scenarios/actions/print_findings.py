"""print_findings: what the journal holds on this run's exchanges."""

from __future__ import annotations

from collections import Counter

from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage

SEVERITIES = {"error": "erreur", "warning": "avertissement", "information": "information"}


def print_findings(stage: Stage, step: Step) -> Facts:
    """Facts: echanges (exchanges of the run), journalises (each is in the journal)."""
    entries = [stage.vendor.control("GET", f"/journal/{id}") for id in stage.played]
    seen = Counter(
        (transaction, finding.severity, finding.rule, finding.message)
        for transaction, finding in stage.observed
    )
    stage.say(f"{len(entries)} échanges dans le journal, {seen.total()} constat(s).")
    for (transaction, severity, rule, message), count in seen.items():
        times = f" ({count} fois)" if count > 1 else ""
        stage.say(f"{transaction} · {SEVERITIES.get(severity, severity)} {rule} : {message}{times}")
    journalled = [entry["id"] for entry in entries] == stage.played
    return {"echanges": len(entries), "journalises": journalled}
