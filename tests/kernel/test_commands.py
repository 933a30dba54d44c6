"""`socle fault`, `answers`, `tenant` and `settings` mirror the control API."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from services import cli
from tests.conftest import Server


class Socle:
    """The command line, on one sandbox."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, *words: str, status: int = 0) -> str:
        result = CliRunner().invoke(cli.app, [*words, "--url", self._url])
        assert result.exit_code == status, result.output
        return result.output

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def socle(server: Server) -> Socle:
    return Socle(server.url)


def test_a_fault_from_beginning_to_end(socle: Socle, tenant: str, api: httpx.Client) -> None:
    space = ("--tenant", tenant)
    id = socle("fault", "add", "dmp", "status", "503", "--first", "2", *space).strip()
    socle("fault", "add", "dmp", "error", "storage", "--transaction", "ITI-67", *space)
    assert api.get("/dmp/fhir/metadata").status_code == 503
    listed = socle("fault", "list", *space).splitlines()
    assert listed[0] == f"{id} dmp status 503 1/2"
    assert listed[1].endswith("dmp ITI-67 error storage 0")
    assert [each["fired"] for each in socle.json("fault", "list", *space)["faults"]] == [1, 0]
    socle("fault", "remove", id, *space)
    assert len(socle("fault", "list", *space).splitlines()) == 1
    socle("fault", "remove", *space)
    assert socle("fault", "list", *space) == ""


def test_an_unknown_error_is_refused_with_those_that_are_known(
    socle: Socle, tenant: str
) -> None:
    said = socle("fault", "add", "mssante", "error", "rien", "--tenant", tenant, status=1)
    assert "« rien » n'est pas une erreur du service mssante." in said
    assert "bal" in said


def test_answers_from_beginning_to_end(socle: Socle, tenant: str, api: httpx.Client) -> None:
    space = ("--tenant", tenant)
    id = socle("answers", "add", "dmp", "dmp.metadata", "storage", "real", *space).strip()
    assert [api.get("/dmp/fhir/metadata").status_code for _ in range(2)] == [503, 200]
    assert socle("answers", "list", *space).strip() == f"{id} dmp dmp.metadata 2/2 : storage, real"
    socle("answers", "remove", id, *space)
    assert socle.json("answers", "list", *space) == {"answers": []}


def test_a_tenant_from_beginning_to_end(socle: Socle, tenant: str) -> None:
    made = socle.json(
        "tenant", "create", tenant, "--strict", "--seed", "7", "--freeze", "2026-01-01T00:00:00Z"
    )
    assert (made["settings"]["strict"], made["settings"]["seed"]) == (True, 7)
    assert made["clock"]["frozen"]
    assert socle.json("tenant", "show", tenant) == made
    assert tenant in socle("tenant", "list")
    assert len(socle.json("tenant", "secret", tenant)["secret"]) > 40
    socle("tenant", "create", tenant, status=1)
    socle("tenant", "delete", tenant)
    assert tenant not in [each["name"] for each in socle.json("tenant", "list")["tenants"]]


def test_settings_are_read_and_changed(socle: Socle, tenant: str) -> None:
    space = ("--tenant", tenant)
    for words, strict, seed in (
        ((), False, None), (("--strict", "--seed", "1"), True, 1), (("--no-strict",), False, 1),
        (("--no-seed",), False, None),
    ):
        found = socle.json("settings", *words, *space)
        assert (found["strict"], found["seed"]) == (strict, seed)
