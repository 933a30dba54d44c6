"""Every error of every catalogue can be asked for, on every transaction, in its dialect."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services import catalog
from services.kernel.errors import CatalogueError
from services.kernel.transactions import Service, Transaction

SERVICES = catalog.load()
HTTP = [(service, each) for service in SERVICES.values() for each in service.transactions
        if each.handler is not None]
ERRORS = [(service, error) for service in SERVICES.values() for error in service.errors
          if not error.smtp]


def call(api: httpx.Client, each: Transaction) -> httpx.Response:
    """A call that means nothing: faults come before any parsing."""
    method, _, path = each.routes[0].partition(" ")
    headers = {"Content-Type": f'application/soap+xml; action="{each.action}"'}
    return api.request(
        method, path.replace("{", "").replace("}", ""), headers=headers if each.action else None
    )


def ask(api: httpx.Client, service: Service, **wanted: object) -> str:
    answer = api.post("/sandbox/faults", json={"service": service.id, **wanted})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize(("service", "each"), HTTP, ids=[f"{s.id}-{t.code}" for s, t in HTTP])
def test_every_transaction_can_be_struck(
    api: httpx.Client, service: Service, each: Transaction
) -> None:
    fault = ask(api, service, transaction=each.code, kind="status", value=507)
    answer = call(api, each)
    assert (answer.status_code, answer.headers["x-sandbox-fault"]) == (507, fault)
    [entry] = api.get("/sandbox/journal").json()["entries"]
    assert entry["transaction"] == each.code
    assert entry["note"].startswith("panne simulée : statut 507")


@pytest.mark.parametrize(
    ("service", "error"), ERRORS, ids=[f"{s.id}-{e.code}-{n}" for n, (s, e) in enumerate(ERRORS)]
)
def test_every_error_can_be_asked_for(
    api: httpx.Client, service: Service, error: CatalogueError
) -> None:
    plain = next(each for each in service.transactions
                 if each.handler is not None and not each.places_refusals)
    ask(api, service, transaction=plain.code, kind="error", value=f"{error.code} {error.label}")
    answer = call(api, plain)
    assert answer.status_code == error.status
    [entry] = api.get("/sandbox/journal").json()["entries"]
    assert entry["error"] == {"code": error.code, "label": error.label}
    assert error.code in answer.text


def test_an_error_of_the_authorization_endpoint_is_redirected(api: httpx.Client) -> None:
    [client] = [each for each in api.get("/sandbox/identities").json()["clients"]
                if each["client_id"] == "socle-demo"]
    ask(api, SERVICES["psc"], transaction="psc.auth", kind="error", value="access_denied", first=1)
    request = {
        "client_id": client["client_id"], "redirect_uri": "http://localhost:9/retour",
        "response_type": "code", "scope": "openid scope_all", "state": "s", "nonce": "n",
        "acr_values": "eidas1",
    }
    answer = api.get("/psc/auth", params=request)
    assert answer.status_code == 302
    callback = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (callback["error"], callback["state"]) == (["access_denied"], ["s"])
    entry = api.get("/sandbox/journal").json()["entries"][0]
    assert entry["note"].startswith("panne simulée : erreur access_denied ; Refus redirigé")
    assert api.get("/psc/auth", params=request).status_code == 200


def test_a_status_of_the_authorization_endpoint_is_a_page(api: httpx.Client) -> None:
    ask(api, SERVICES["psc"], transaction="psc.auth", kind="status", value=502)
    answer = api.get("/psc/auth")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")


def test_a_fault_for_one_professional_knows_the_token(
    api: httpx.Client, token: Callable[[str], str]
) -> None:
    doctor, pharmacist = token("899900000011"), token("899900000029")
    ask(api, SERVICES["psc"], transaction="psc.userinfo", kind="status", value=503,
        id_nat="899900000029")
    path = "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo"
    statuses = [
        api.get(path, headers={"Authorization": f"Bearer {each}"}).status_code
        for each in (doctor, pharmacist)
    ]
    assert statuses == [200, 503]
