"""`socle people …` against a running sandbox, and its generator without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.population.generating.directory import professionals, structures
from services.population.generating.patients import patients
from services.population.importing import csv_files, csv_writing
from tests.conftest import Server

People = Callable[..., Result]
FILE = "nom_naissance;prenoms;sexe;date_naissance\nCOMMANDE;ZOE;F;1960-01-01\n"


@pytest.fixture
def people(server: Server, tenant: str) -> People:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(
            app, ["people", *words, "--url", server.url, "--tenant", tenant]
        )
        assert result.exit_code == code, result.output
        return result

    return run


def test_people_are_added_listed_changed_and_deleted(people: People, api: httpx.Client) -> None:
    words = ("nom_naissance=Commande", "prenoms=Zoé Anne", "sexe=f", "date_naissance=31/1/1960")
    stored = json.loads(people("add", "patients", *words, "dmp.status=none", "--json").output)
    assert stored["date_naissance"] == "1960-01-31"
    assert stored["dmp"]["status"] == "none"
    number = stored["matricule"] + stored["cle"]
    assert f"{number}  COMMANDE  ZOE ANNE  1960-01-31" in people(
        "list", "patients", "--q", "commande").output
    assert "NOUVEAU" in people("change", "patients", number, "nom_naissance=Nouveau").output
    assert api.get(f"/sandbox/patients/{number}").json()["nom_naissance"] == "NOUVEAU"
    assert f"retiré : patient {stored['id']}" in people("delete", "patients", number).output
    assert "Refusé (404)" in people("delete", "patients", number, code=1).output


def test_every_kind_has_a_line(people: People) -> None:
    assert "899900000011  EXEMPLAIRE  Claire  medecin-exemplaire" in people(
        "list", "professionals").output
    assert "1990200016  PHARMACIE DU SOCLE" in people("list", "structures").output
    assert "PER  claire.exemplaire@medecin" in people("list", "mailboxes").output
    assert "socle-demo  Logiciel" in people("list", "clients").output
    assert json.loads(people("list", "clients", "--json").output)["total"] == 3
    added = people("add", "professionals", "nom=Commande", "prenom=Zoé", "rpps=99900000012")
    assert "La clé 2 du RPPS 99900000012 est fausse : 1 attendu." in added.output
    effects = people("delete", "professionals", "899900000045")
    assert "changé : patient opposante-solange" in effects.output
    assert '"removed"' in people("delete", "professionals", "899900000052", "--json").output


@pytest.mark.parametrize(("words", "said"), [
    (("add", "patient"), "« patient » : attendu patients"),
    (("add", "patients", "couleur=bleu"), "Membre inconnu : couleur."),
    (("add", "patients", "dmp.minor=peut-être"), "dmp.minor : peut-être"),
    (("add", "patients", "nom_naissance=R2D2", "prenoms=Z", "sexe=F", "date_naissance=1960-01-01"),
     "nom_naissance : Attendu"),
    (("import", "absent.csv", "--kind", "patients"), "illisible"),
    (("import", "fichier.txt"), "attendu .csv"), (("import", "fichier.csv"), "« fichier »"),
    (("generate", "--kind", "clients"), "Attendu : --kind"),
    (("generate", "--kind", "structures"), "sans --skip"),
])
def test_what_is_wrong_is_said(people: People, words: tuple[str, ...], said: str) -> None:
    assert said in people(*words, code=1).output


def test_a_file_is_imported_by_its_name(people: People, api: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_text(FILE, "utf-8-sig")
    assert people("import", str(file), "--check").output == "patients : 1\n"
    assert api.get("/sandbox/patients", params={"q": "commande"}).json()["total"] == 0
    assert people("import", str(file)).output == "patients : 1\n"
    assert api.get("/sandbox/patients", params={"q": "commande"}).json()["total"] == 1
    file.write_text(f"{FILE};;X;\n", "utf-8")
    refused = people("import", str(file), code=1).output
    assert "ligne 3, sexe : Attendu" in refused
    assert "rien n'est ajouté" in refused


def test_a_bundle_is_imported(people: People, tmp_path: Path) -> None:
    file = tmp_path / "gens.json"
    file.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": {
        "resourceType": "Organization", "name": "CABINET"}}, {"resource": {
            "resourceType": "Basic"}}]}))
    assert people("import", str(file)).output == (
        "structures : 1\n1 : resourceType : Basic n'est pas repris.\n"
    )
    assert '"added"' in people("import", str(file), "--json").output
    file.write_text("{")
    assert "illisible" in people("import", str(file), code=1).output


def test_a_running_sandbox_is_filled(people: People) -> None:
    assert people("generate", "--count", "5", "--seed", "3").output == "patients : 5\n"
    filled = people("generate", "--count", "2", "--kind", "professionals")
    assert "professionnels : 2" in filled.output


def written(*words: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "services.cli", "people", "generate", *words],
        capture_output=True, text=True, check=True, timeout=60,
    )
    assert run.stderr == ""
    return run.stdout


@pytest.mark.parametrize(("kind", "stream"), [
    ("patients", patients), ("professionals", professionals), ("structures", structures),
])
def test_people_are_written_without_a_sandbox(kind: str, stream: Any) -> None:
    words = ("--kind", kind, "--count", "3", "--seed", "6", "--skip", "2")
    lines = written(*words, "--format", "ndjson").splitlines()
    people = stream(6, 2)
    assert [json.loads(line) for line in lines] == [next(people) for _ in range(3)]


@pytest.mark.parametrize("kind", ["structures", "professionals", "patients"])
def test_a_written_file_can_be_read(kind: str) -> None:
    stream = {"patients": patients, "professionals": professionals, "structures": structures}
    source = stream[kind](6)
    everyone = [next(source) for _ in range(600)]
    text = "".join(csv_writing.write(kind, everyone))
    rows = csv_files.read(kind, text)
    assert len(rows) == 600
    for row, members in zip(rows, everyone, strict=True):
        read = dict(row.members)
        for place in read.get("structures", ()):
            place.pop("id_nat")
        assert read == {name: value for name, value in members.items() if value != ""}


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = f"{sys.executable} -m services.cli people generate --count 200000 --format ndjson"
    run = subprocess.run(
        f"{command} | head -n 1", shell=True, capture_output=True, text=True, check=True,
        timeout=60,
    )
    assert run.stdout.count("\n") == 1
    assert run.stderr == ""
