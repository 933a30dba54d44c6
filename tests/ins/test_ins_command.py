"""`socle ins …` does what `/sandbox/ins` does."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services import cli
from tests.ins.lps import ZOE, report, search


@pytest.fixture
def socle(api: httpx.Client, tenant: str) -> Any:
    url = str(api.base_url).partition("/t/")[0]

    def run(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(cli.app, ["ins", *words, "--url", url, "--tenant", tenant])
        assert result.exit_code == status, result.output
        return result.output

    return run


def test_the_mode(socle: Any, api: httpx.Client) -> None:
    socle("mode", "cnda")
    assert json.loads(socle("mode", "--json"))["mode"] == "cnda"
    assert report(search(api, "HOUILLES", "PIERRE", "M", "1993-01-27")) == "insi_102"
    socle("mode", "autre", status=1)
    assert "cnda" in socle("mode")


def test_lots_and_fr_core(socle: Any, api: httpx.Client) -> None:
    socle("lot", "--delay", "5", "--again", "7", "--minimum", "2", "--maximum", "3")
    socle("fr-core", "main")
    found = api.get("/sandbox/ins/settings").json()
    assert [found[name] for name in (
        "delai_lot", "nouveau_delai", "lot_minimum", "lot_maximum", "fr_core",
    )] == [5, 7, 2, 3, "main"]
    assert json.loads(socle("lot", "--json"))["lot_minimum"] == 2
    socle("lot", "--minimum", "4", status=1)
    refused = api.put("/sandbox/ins/settings", json={"lot_maximum": 1})
    assert (refused.status_code, refused.json()["erreur"]["code"]) == (422, "lot")
    assert api.get("/sandbox/ins/settings").json() == found


def test_the_shape_of_answers(socle: Any, api: httpx.Client) -> None:
    assert b"<env:Body" in search(api, *ZOE).content
    assert "forme : fichier" in socle("shape", "fichier")
    assert b"<env:Body" not in search(api, *ZOE).content
    assert report(search(api, *ZOE)) == "00"
    socle("shape", "autre", status=1)
    unknown = api.put("/sandbox/ins/settings", json={"forme": "autre"}).json()["erreur"]
    assert unknown["details"][0]["message"] == "Attendu : 'direct' ou 'fichier'."


def test_separators_are_equal_on_demand(socle: Any, api: httpx.Client) -> None:
    asked = ("D ARTAGNAN DE L'HERAULT", "PIERRE ALAIN", "M", "2001-06-17")
    assert report(search(api, *asked)) == "01"
    socle("equivalence", "--yes")
    assert report(search(api, *asked)) == "00"
    assert "equivalence : oui" in socle("equivalence")
    socle("equivalence", "--no")
    assert report(search(api, *asked)) == "01"


def test_injections(socle: Any, api: httpx.Client) -> None:
    assert socle("inject", "REP_CR01", "--nom", "ADRUN", "--times", "2").strip()
    assert report(search(api, *ZOE)) == "01"
    assert socle("injections") == "REP_CR01 ADRUN 1/2\n"
    assert json.loads(socle("injections", "--json"))["injections"][0]["servies"] == 1
    socle("injections", "--clear")
    assert socle("injections") == ""
    assert "REP_CR01" in socle("inject", "AUTRE", status=1)
    assert json.loads(socle("inject", "REP_CR02", "--json"))["reponse"] == "REP_CR02"


def test_sequences(socle: Any, api: httpx.Client) -> None:
    search(api, "HOUILLES", "PIERRE", "M", "1993-01-27")
    assert socle("sequences") == (
        "HOUILLES M 1993-01-27 (10B0152872) : PIERRE → 01 ; manque : chacun des autres prénoms "
        "seul, puis tous ensemble, s'il y en a\n"
    )
    assert json.loads(socle("sequences", "--json"))["sequences"][0]["fini"] is False
