from __future__ import annotations

from services.scenarios.render import WIDTH, farewell, line, summary
from services.scenarios.results import (
    OPENING,
    Check,
    Finding,
    ScenarioResult,
    StepResult,
    worst,
)

FINDING = Finding("R-1", "error", "x", "a", "b", "Un constat.", "essai")


def step(outcome: str = "pass", **more: object) -> StepResult:
    return StepResult(
        "un", "le médecin dépose", "medecin", "Claire EXEMPLAIRE", "ITI-65", "Alimentation",
        outcome, **more,  # type: ignore[arg-type]
    )


def test_line_says_who_what_transaction_and_outcome() -> None:
    assert line(step()).splitlines() == [
        "✓ Le médecin dépose : vérifié", "    Claire EXEMPLAIRE · ITI-65 · Alimentation",
    ]


def test_line_shows_notes_findings_and_what_was_not_verified() -> None:
    text = line(step(
        "fail", notes=("Refusé.", "    où : x"), findings=(FINDING,),
        checks=(Check("status", 201, 403, False), Check("a", 1, 1, True),
                Check("b", ["x", "y"], None, False), Check("c", "*", False, False)),
    ))

    assert text.splitlines()[2:] == [
        "    Refusé.", "        où : x", "    status : attendu 201, trouvé 403",
        "    b : attendu x ou y, trouvé rien", "    c : attendu une valeur, trouvé non",
        "    1 constat dans le journal",
    ]
    assert text.startswith("✗ Le médecin dépose : ÉCHEC")


def test_no_line_is_wider_than_a_terminal() -> None:
    text = line(step(notes=("mot " * 100, "mot-" * 90, "    " + "où " * 90)))

    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.splitlines()[3].startswith("      mot")


def test_what_a_document_says_is_clipped_and_moves_no_terminal() -> None:
    text = line(step(notes=("\x1b[31mrouge\x9b2J\u202e fin\ttab\n" + "x" * 5000,)))

    assert "�[31mrouge�2J� fin�tab" in text
    assert len(text) < 1000


def test_summary_counts_verified_steps_and_names_those_that_failed() -> None:
    result = ScenarioResult("d", "Le parcours", "fail", (
        step(), step("fail"), step("error"), step("skip"), step("skip"),
    ))

    assert summary(result).splitlines() == [
        "Le parcours : ÉCHEC (1/5 étapes)", "  ✗ Le médecin dépose : ÉCHEC",
        "  ! Le médecin dépose : ERREUR", "  · 2 étapes non tentées",
    ]


def test_summary_of_a_run_that_could_not_begin() -> None:
    opening = StepResult(OPENING, "préparation", "", "", "", "", "error", ("Illisible.",))
    result = ScenarioResult("d", "Le parcours", "error", (opening,))

    assert line(opening) == "! Préparation : ERREUR\n    Illisible."
    assert summary(result) == "Le parcours : ERREUR, rien n'a été joué"


def test_farewell_says_where_the_exchanges_are() -> None:
    assert farewell("http://a:1/", "essai").endswith("http://a:1/t/essai/")
    assert farewell("http://a:1", "default").endswith("http://a:1/")
    assert "socle up" in farewell("", "default")


def test_worst_outcome() -> None:
    assert worst(["pass", "omit"]) == "pass"
    assert worst(["pass", "skip"]) == "skip"
    assert worst(["skip", "fail", "pass"]) == "fail"
    assert worst(["fail", "error"]) == "error"
    assert worst([]) == "error"
