"""What a person reads: a few lines per step, in French, plain text, 100 columns at most."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from unicodedata import category

from services.kernel.typography import count
from services.scenarios.results import Outcome, ScenarioResult, StepResult

WORDS: dict[Outcome, str] = {
    "pass": "vérifié", "fail": "ÉCHEC", "skip": "non tenté", "omit": "sans objet",
    "wait": "en attente", "error": "ERREUR",
}
MARKS: dict[Outcome, str] = {
    "pass": "✓", "fail": "✗", "skip": "·", "omit": "·", "wait": "…", "error": "!",
}
WIDTH = 100
NOTE_LENGTH = 600
"""Characters of a note: a document may have a title without an end."""
UNSEEN = ("Cc", "Cf", "Cs")
"""Unicode categories that a terminal obeys instead of showing."""


def line(step: StepResult) -> str:
    """Outcome and what; who and the official transaction; notes, and what was not verified."""
    lines = [f"{MARKS[step.outcome]} {_capital(step.title)} : {WORDS[step.outcome]}"]
    if step.transaction:
        lines.append(f"    {step.who} · {step.transaction} · {step.transaction_name}")
    lines += [f"    {note}" for note in step.notes]
    lines += [
        f"    {check.fact} : attendu {_shown(check.expected)}, trouvé {_shown(check.found)}"
        for check in step.checks if not check.verified
    ]
    if step.findings and step.outcome != "skip":
        lines.append(f"    {count(len(step.findings), 'constat')} dans le journal")
    return "\n".join(map(_wrapped, lines))


def summary(result: ScenarioResult) -> str:
    """The last lines of a run: how many steps were verified, and which failed."""
    outcome = f"{result.title} : {WORDS[result.outcome]}"
    if not result.begun:
        return f"{outcome}, rien n'a été joué"
    counts = Counter(step.outcome for step in result.steps)
    lines = [f"{outcome} ({counts['pass']}/{len(result.steps)} étapes)"]
    lines += [
        f"  {MARKS[step.outcome]} {_capital(step.title)} : {WORDS[step.outcome]}"
        for step in result.steps if step.outcome in ("fail", "error")
    ]
    if counts["skip"]:
        plural = "s" if counts["skip"] > 1 else ""
        lines.append(f"  {MARKS['skip']} {counts['skip']} étape{plural} non tentée{plural}")
    return "\n".join(map(_wrapped, lines))


def farewell(url: str, tenant: str) -> str:
    """Where to look after a run. url: "" when the sandbox was of the run only."""
    if url:
        place = f"{url.rstrip('/')}/" + ("" if tenant == "default" else f"t/{tenant}/")
        return f"Les échanges, octet par octet, et leurs constats : {place}"
    return ("Ce bac à sable est arrêté. Pour en garder un et y lire les échanges : socle up, puis\n"
            "socle demo --url http://127.0.0.1:8080")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrapped(text: str) -> str:
    """Lines of WIDTH columns, those that follow further in; nothing that moves a terminal."""
    margin = " " * (len(text) - len(text.lstrip()))
    clipped = text.strip()[:NOTE_LENGTH]
    visible = "".join("�" if category(each) in UNSEEN else each for each in clipped)
    more = "…" if len(text.strip()) > NOTE_LENGTH else ""
    return "\n".join(wrap(
        visible + more, WIDTH, initial_indent=margin, subsequent_indent=f"{margin}  ",
        break_on_hyphens=False,
    ))


def _shown(value: object) -> str:
    if value is None:
        return "rien"
    if value == "*":
        return "une valeur"
    if isinstance(value, list):
        return " ou ".join(_shown(each) for each in value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    return str(value)
