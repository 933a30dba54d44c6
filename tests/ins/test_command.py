"""`socle identities --service ins`: to obtain this answer, use this identity."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from ins.seed import FAUTES, REQUESTS, jeux
from ins.wire.faults import FORMES
from services import cli
from tests.conftest import Server


def test_every_row_is_told(server: Server) -> None:
    said = CliRunner().invoke(cli.app, ["identities", "--service", "ins", "--url", server.url])
    assert said.exit_code == 0, said.output
    assert "Pour obtenir cette réponse, cette identité (production | cnda)" in said.output
    for jeu in jeux():
        traits = ", ".join(filter(None, (
            jeu.nom_naissance, jeu.prenom, jeu.sexe, jeu.date_naissance, jeu.lieu_naissance,
        )))
        row = f"  {jeu.production} | {jeu.cnda:8}  {traits}"
        assert any(line.startswith(row) for line in said.output.splitlines()), row
    assert len(REQUESTS) >= 14
    assert {code for code, _ in FAUTES} == set(FORMES)
    assert all(f"  {code:9}  {how}" in said.output.splitlines() for code, how in FAUTES)


def test_as_json_and_of_another_service(server: Server) -> None:
    told = CliRunner().invoke(
        cli.app, ["identities", "--service", "ins", "--json", "--url", server.url]
    )
    content = json.loads(told.output)
    assert len(content["requests"]) == len(list(jeux()))
    assert [each["code"] for each in content["faults"]] == [code for code, _ in FAUTES]
    assert content["patients"]
    of_dmp = CliRunner().invoke(cli.app, ["identities", "--service", "dmp", "--url", server.url])
    assert of_dmp.output.startswith("DMP (dmp)")
    wrong = CliRunner().invoke(cli.app, ["identities", "--service", "x", "--url", server.url])
    assert (wrong.exit_code, "Service inconnu : x" in wrong.output) == (1, True)
