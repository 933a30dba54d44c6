"""print_findings: what the journal holds on this run's exchanges."""

from __future__ import annotations

from services.kernel.typography import count
from services.scenarios.definition import Step
from services.scenarios.results import Finding
from services.scenarios.stage import Facts, Stage

SEVERITIES = {"error": "erreur", "warning": "avertissement", "information": "remarque"}


def print_findings(stage: Stage, step: Step) -> Facts:
    """Facts: echanges (exchanges of the run), journalises (each is in the journal)."""
    entries = [stage.vendor.control("GET", f"/journal/{id}") for id in stage.played]
    seen: dict[tuple[str, str], list[Finding]] = {}
    for transaction, finding in stage.observed:
        seen.setdefault((transaction, finding.rule), []).append(finding)
    found = count(len(stage.observed), "constat")
    stage.say(f"{count(len(entries), 'échange')} dans le journal, {found}.")
    for (transaction, rule), findings in seen.items():
        one, times = findings[0], f" ({len(findings)} fois)" if len(findings) > 1 else ""
        stage.say(f"{transaction} · {SEVERITIES[one.severity]} {rule} : {one.message}{times}")
        stage.say(f"    où : {one.at} ; attendu : {one.expected} ; trouvé : {one.found}")
    journalled = [entry["id"] for entry in entries] == stage.played
    return {"echanges": len(entries), "journalises": journalled}
