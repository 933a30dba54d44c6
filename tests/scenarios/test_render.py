from __future__ import annotations

from services.scenarios.render import line, summary
from services.scenarios.results import Check, Finding, ScenarioResult, StepResult, worst

FINDING = Finding("R-1", "error", "x", "a", "b", "Un constat.", "essai")


def step(outcome: str = "pass", **more: object) -> StepResult:
    return StepResult(
        "un", "le médecin dépose", "medecin", "Claire EXEMPLAIRE", "ITI-65", "Alimentation",
        outcome, **more,  # type: ignore[arg-type]
    )


def test_line_says_who_what_transaction_and_outcome() -> None:
    assert line(step()) == (
        "✓ Claire EXEMPLAIRE : le médecin dépose [ITI-65 · Alimentation] : vérifié"
    )


def test_line_shows_notes_findings_and_what_was_not_verified() -> None:
    text = line(step(
        "fail", notes=("Refusé.",), findings=(FINDING,),
        checks=(Check("status", 201, 403, False), Check("a", 1, 1, True),
                Check("b", ["x", "y"], None, False)),
    ))

    assert text.splitlines()[1:] == [
        "    Refusé.", "    status : attendu 201, trouvé 403",
        "    b : attendu x ou y, trouvé rien",
        "    1 constat(s) dans le journal",
    ]
    assert text.startswith("✗")
    assert "ÉCHEC" in text


def test_summary_counts_verified_steps() -> None:
    result = ScenarioResult("d", "Le parcours", "fail", (step(), step("fail")))

    assert summary(result) == "Le parcours : ÉCHEC (1/2 étapes)"


def test_worst_outcome() -> None:
    assert worst(["pass", "omit"]) == "pass"
    assert worst(["pass", "skip"]) == "skip"
    assert worst(["skip", "fail", "pass"]) == "fail"
    assert worst(["fail", "error"]) == "error"
    assert worst([]) == "error"
