"""`socle codes`, which needs no running sandbox."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from services import cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["codes", *arguments])


def read(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_lists_are_found_by_part_of_a_name() -> None:
    found = read("xdsclasscode")["lists"]
    assert [each["oid"] for each in found] == ["1.2.250.1.213.1.1.5.462"]
    assert found[0]["shipped"] == found[0]["published"] == 11
    assert "JDV-J06-XdsClassCode-CISIS|0.1.0" in run("xdsclasscode").stdout
    assert len(read()["lists"]) > 900
    assert read("no such list") == {"lists": []}


def test_a_list_shows_its_codes() -> None:
    whole = read("--list", "JDV_J06")
    assert len(whole["codes"]) == 11
    (synthese,) = read("synth", "--list", "1.2.250.1.213.1.1.5.462")["codes"]
    assert (synthese["code"], synthese["state"]) == ("11", "active")
    shown = run("--list", "JDV_J06").stdout.splitlines()
    assert shown[0].endswith("(complète, 11 codes)")
    assert len(shown) == 12


def test_a_closed_code_says_since_when() -> None:
    assert "fermé le 2020-05-29" in run("drass", "--list", "TRE_G08").stdout


def test_an_unknown_list_is_an_error() -> None:
    result = run("--list", "nothing")
    assert result.exit_code == 1
    assert "Liste inconnue : nothing." in result.output
