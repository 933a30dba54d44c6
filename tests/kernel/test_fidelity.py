"""The mark of every answer: of its transaction, and for a refusal no better than its error's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services import catalog
from services.kernel import errors
from services.kernel.errors import least
from services.kernel.openapi import describe
from services.kernel.transactions import Service, Transaction
from tests.conftest import Server

SERVICES = catalog.load()
ROUTES = [
    (service, each, *route.split(" ", 1))
    for service in SERVICES.values() for each in service.transactions
    for route in each.routes if each.handler is not None
]


def test_the_least_official_mark_counts() -> None:
    assert least("official") == "official"
    assert least("official", "derived") == "derived"
    assert least("derived", "default", "official") == "default"


@pytest.mark.parametrize(
    ("service", "each", "method", "path"), ROUTES,
    ids=[f"{each.code}-{method}-{path}" for _, each, method, path in ROUTES],
)
def test_header_and_journal_carry_the_mark(
    api: httpx.Client, service: Service, each: Transaction, method: str, path: str
) -> None:
    said = {"Content-Type": f'application/soap+xml; action="{each.action}"'} if each.action else {}
    answer = api.request(method, path.replace("{", "").replace("}", ""), headers=said)
    entry: dict[str, Any] = api.get(
        f"/sandbox/journal/{answer.headers['x-sandbox-exchange']}"
    ).json()
    mark = answer.headers["x-sandbox-fidelity"]
    assert entry["fidelity"] == mark
    assert entry["transaction"] == each.code
    if entry["error"] is None:
        assert mark == each.fidelity
        return
    known = [*service.errors, *each.dialect.errors, *(v for v in vars(errors).values()
                                if isinstance(v, errors.CatalogueError))]
    marks = {least(each.fidelity, one.fidelity) for one in known
             if (one.code, one.label) == (entry["error"]["code"], entry["error"]["label"])}
    assert mark in marks


def test_what_is_no_transaction_is_our_choice(api: httpx.Client) -> None:
    assert api.get("/psc/nothing").headers["x-sandbox-fidelity"] == "default"


def test_a_simulated_failure_is_our_choice(api: httpx.Client) -> None:
    discovery = "/psc/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
    assert api.get(discovery).headers["x-sandbox-fidelity"] == "official"
    api.post("/sandbox/faults", json={"service": "psc", "kind": "status", "value": 503})
    answer = api.get(discovery)
    assert (answer.status_code, answer.headers["x-sandbox-fidelity"]) == (503, "default")


def test_mail_carries_the_mark_of_its_refusal(api: httpx.Client, server: Server) -> None:
    import smtplib

    with smtplib.SMTP(*server.smtp) as client:
        client.ehlo()
        peer = "{}:{}".format(*client.sock.getsockname())  # type: ignore[union-attr]
        client.docmd("MAIL FROM:<a@socle.mssante.fr>")
        client.quit()
    entries = httpx.get(
        f"{server.url}/sandbox/journal", params={"service": "mssante"}, trust_env=False
    ).json()["entries"]
    [entry] = [each for each in entries if each["peer"] == peer]
    transaction = next(each for each in SERVICES["mssante"].transactions
                       if each.code == entry["transaction"])
    refused = next(each for each in SERVICES["mssante"].errors
                   if each.code == entry["error"]["code"])
    assert entry["fidelity"] == least(transaction.fidelity, refused.fidelity)


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.id)
def test_openapi_shows_the_mark(service: Service) -> None:
    paths = describe(service)["paths"]
    for each in service.transactions:
        for route in each.routes if each.handler is not None else ():
            method, _, path = route.partition(" ")
            operation = paths[path.replace(":path}", "}")][method.lower()]
            assert f"({each.fidelity})" in operation["description"]
            if each.action:
                assert f"{each.code} : action {each.action}" in operation["description"]
                continue
            assert operation["x-sandbox-fidelity"] == each.fidelity
            assert all("X-Sandbox-Fidelity" in answer["headers"]
                       for status, answer in operation["responses"].items() if status != "422")
