"""`socle validate` and `socle packages`, and the page that explains the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from services.cli import app
from services.fhir.validation.issues import TEXTS
from tests.fhir.validation.test_fidelity import INS, patient
from tests.fhir.validation.test_hostile import definition, package

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "reference" / "validation.md"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments])
    return result.exit_code, result.output


def written(folder: Path, name: str, content: Any) -> str:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return str(file)


def test_the_shape_that_scripts_rely_on(tmp_path: Path) -> None:
    good = written(tmp_path, "good.json", patient())
    bad = written(tmp_path, "bad.json", patient() | {"gender": "other"})
    code, output = run("validate", "--json", good, bad)
    assert code == 1
    first, second = orjson.loads(output)
    assert first["file"] == good
    assert first["profiles"] == [f"{INS}|2.2.0"]
    assert not [each for each in first["issues"] if each["severity"] == "error"]
    assert first["verdict"] == {"strict": True, "lenient": True}
    error = next(each for each in second["issues"] if each["severity"] == "error")
    assert error["expression"] == ["Patient.gender"]
    assert second["verdict"] == {"strict": False, "lenient": True}


def test_lines_for_people(tmp_path: Path) -> None:
    code, output = run("validate", written(tmp_path, "p.json", patient() | {"surnom": "x"}))
    assert code == 1
    assert "erreur element.unknown Patient.surnom : Élément inconnu : « surnom »." in output
    code, output = run("validate", written(tmp_path, "p.json", patient()))
    assert (code, "conforme" in output) == (0, True)


def test_a_profile_may_be_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path, "p.json", {"resourceType": "Patient"})
    assert run("validate", file)[0] == 0
    assert run("validate", "--profile", INS, file)[0] == 1
    assert run("validate", "--profile", INS, "--structure", file)[0] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"3"])
def test_a_file_that_is_no_resource(tmp_path: Path, content: bytes) -> None:
    code, output = run("validate", "--json", written(tmp_path, "p.json", content))
    assert code == 1
    assert orjson.loads(output)[0]["issues"][0]["severity"] == "error"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert run("validate", str(tmp_path / "absent.json"))[0] == 1


def test_an_added_package_serves_at_once(tmp_path: Path) -> None:
    profile = definition(
        "p", "Patient", {"id": "Patient.active", "path": "Patient.active", "min": 1, "max": "1"},
    )
    file = written(tmp_path, "p.json", {
        "resourceType": "Patient", "meta": {"profile": [profile["url"]]},
    })
    here = ["--data", str(tmp_path)]
    assert run("validate", *here, file)[0] == 0, "the profile is not known yet"
    tgz = written(tmp_path, "p.tgz", package(profile=profile))
    code, output = run("packages", "add", tgz, *here, "--json")
    assert (code, orjson.loads(output)["entries"]) == (0, 1)
    assert run("validate", *here, file)[0] == 1
    listed = orjson.loads(run("packages", "list", *here, "--json")[1])
    assert len([each for each in listed if each["shipped"]]) == 13
    assert run("packages", "remove", "essai", *here)[0] == 0
    assert run("packages", "remove", "essai", *here)[0] == 1
    assert run("validate", *here, file)[0] == 0


def test_a_bad_package_is_refused_in_a_sentence(tmp_path: Path) -> None:
    code, output = run("packages", "add", written(tmp_path, "p.tgz", b"x"), "--data", str(tmp_path))
    assert code == 2
    assert "Paquet refusé" in output


def test_every_rule_is_explained() -> None:
    page = PAGE.read_text()
    assert [each for each in TEXTS if f"| `{each}` |" not in page and each != "inv"] == []
    assert all(text.french and text.english for text in TEXTS.values())
