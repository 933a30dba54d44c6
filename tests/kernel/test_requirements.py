"""The register by the control API and the command line, and the journal asked by requirement."""

from __future__ import annotations

import httpx
import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.conftest import Server

AUTH = "/psc/auth/realms/esante-wallet/protocol/openid-connect/auth"
QUERY = {
    "response_type": "code", "client_id": "socle-demo", "scope": "openid scope_all",
    "redirect_uri": "http://127.0.0.1:9/retour",
}


@pytest.fixture
def broken(api: httpx.Client) -> httpx.Client:
    """A tenant with one exchange that breaks EXI PSC 6, and one that keeps it."""
    first = api.get(AUTH, params={**QUERY, "state": "s"})
    second = api.get(AUTH, params={**QUERY, "acr_values": "eidas1"})
    assert {first.status_code, second.status_code} == {200}
    return api


def paths(api: httpx.Client, **query: str) -> list[bool]:
    """Newest first: whether each exchange found asked for a level."""
    entries = api.get("/sandbox/journal", params=query).json()["entries"]
    return ["acr_values" in each["request"]["path"] for each in entries]


def test_the_journal_is_asked_by_requirement_rule_and_severity(broken: httpx.Client) -> None:
    assert paths(broken, requirement="EXI PSC 6") == [False]
    assert paths(broken, requirement="exi psc 6", service="psc") == [False]
    assert paths(broken, rule="PSC-STATE") == [True]
    assert paths(broken, rule="PSC-PKCE") == [True, False]
    assert paths(broken, severity="error") == [False]
    assert paths(broken, severity="warning", requirement="PSC-PKCE") == []
    assert paths(broken, requirement="EXI PSC 6", rule="PSC-STATE") == []
    assert paths(broken, requirement="EXI PSC 6", transaction="psc.token") == []
    assert paths(broken, rule="PSC-PKCE", limit="1") == [True]
    [entry] = broken.get("/sandbox/journal", params={"rule": "PSC-STATE"}).json()["entries"]
    before = {"rule": "PSC-PKCE", "before": entry["id"]}
    assert paths(broken, **before) == [False]
    found = next(each for each in entry["findings"] if each["rule"] == "PSC-STATE")
    assert found["requirements"] == ["PSC-STATE"]


def test_what_is_not_a_requirement_is_told(api: httpx.Client) -> None:
    answer = api.get("/sandbox/journal", params={"requirement": "EXI PSC 999"})
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (404, "exigence")
    assert api.get("/sandbox/journal", params={"severity": "grave"}).status_code == 422
    assert api.get("/sandbox/journal", params={"rule": "nothing"}).json() == {"entries": []}


def test_the_register_says_all_of_a_requirement(broken: httpx.Client) -> None:
    [found] = broken.get("/sandbox/requirements", params={"requirement": "EXI SI 09"}).json()[
        "requirements"
    ]
    assert found == {
        "id": "EXI ID 26", "requirements": ["EXI SI 09", "EXI ID 26"], "service": "ins",
        "severity": "error", "message": "Une identité douteuse ou fictive n'appelle jamais INSi.",
        "documents": ["RNIV v2.0", "Guide d'implémentation INS v3.0"],
        "source": "RNIV v2.0, EXI SI 09 ; Guide d'implémentation INS v3.0, EXI ID 26",
        "fidelity": "official", "observable": "wire", "checked": True, "refuses": None,
        "exchanges": 0,
    }
    [ours] = broken.get("/sandbox/requirements", params={"requirement": "INS-NOM"}).json()[
        "requirements"
    ]
    assert (ours["fidelity"], ours["refuses"]) == ("derived", "insi_19")


def test_the_register_counts_the_exchanges_of_its_tenant(
    broken: httpx.Client, server: Server, tenant: str
) -> None:
    def counts(url: str) -> dict[str, int]:
        found = httpx.get(f"{url}/sandbox/requirements", trust_env=False).json()["requirements"]
        return {each["id"]: each["exchanges"] for each in found if each["exchanges"]}

    assert counts(f"{server.url}/t/{tenant}").items() >= {"EXI PSC 6": 1, "PSC-PKCE": 2}.items()
    assert counts(f"{server.url}/t/untouched") == {}


def test_the_register_is_filtered(api: httpx.Client) -> None:
    def found(**query: str) -> list[dict[str, str]]:
        answer = api.get("/sandbox/requirements", params=query)
        return list(answer.json()["requirements"])

    assert {each["service"] for each in found()} >= {"socle", "psc", "ins", "dmp", "mssante"}
    assert {each["service"] for each in found(service="dmp")} == {"dmp"}
    assert {each["severity"] for each in found(severity="information")} == {"information"}
    assert [each["id"] for each in found(service="socle")] == [
        "SOCLE-TLS-CERTIFICAT", "SOCLE-TLS-SERVEUR"
    ]
    assert found(requirement="nothing") == []


def test_commands(broken: httpx.Client, server: Server, tenant: str) -> None:
    def said(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--url", server.url, "--tenant", tenant])
        assert result.exit_code == 0, result.output
        return result.output

    assert said("journal", "--requirement", "EXI PSC 6").count("EXI PSC 6") == 1
    assert said("journal", "--severity", "error", "--rule", "PSC-NONCE") == ""
    line = said("requirements", "--requirement", "EXI PSC 6").split()
    assert line[:5] == ["psc", "1", "EXI", "PSC", "6"]
    assert '"exchanges": 1' in said("requirements", "--service", "psc", "--json")
