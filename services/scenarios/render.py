"""What a person reads: one paragraph per step, in French, plain text."""

from __future__ import annotations

from services.scenarios.results import Outcome, ScenarioResult, StepResult

WORDS: dict[Outcome, str] = {
    "pass": "vérifié", "fail": "ÉCHEC", "skip": "non tenté", "omit": "sans objet",
    "wait": "en attente", "error": "ERREUR",
}
MARKS: dict[Outcome, str] = {
    "pass": "✓", "fail": "✗", "skip": "·", "omit": "·", "wait": "…", "error": "!",
}


def line(step: StepResult) -> str:
    """Who, what, official transaction name, outcome; then the notes and what was not verified."""
    what = f" [{step.transaction} · {step.transaction_name}]" if step.transaction else ""
    who = f"{step.who} : " if step.who else ""
    lines = [f"{MARKS[step.outcome]} {who}{step.title}{what} : {WORDS[step.outcome]}"]
    lines += [f"    {note}" for note in step.notes]
    lines += [
        f"    {check.fact} : attendu {_shown(check.expected)}, trouvé {_shown(check.found)}"
        for check in step.checks if not check.verified
    ]
    if step.findings and step.outcome != "skip":
        lines.append(f"    {len(step.findings)} constat(s) dans le journal")
    return "\n".join(lines)


def summary(result: ScenarioResult) -> str:
    """The last line of a run."""
    verified = sum(step.outcome == "pass" for step in result.steps)
    return f"{result.title} : {WORDS[result.outcome]} ({verified}/{len(result.steps)} étapes)"


def _shown(value: object) -> str:
    if value is None:
        return "rien"
    if isinstance(value, list):
        return " ou ".join(_shown(each) for each in value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value)
