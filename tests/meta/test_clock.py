"""The tenant's clock ends its tokens, on every transaction, and no other tenant's."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from services import catalog
from services.kernel.transactions import Transaction

# Guarded by a client's secret, a session's cookie or a token got by exchange: tested on their own.
CLIENTS_OWN = {
    "psc.introspect", "psc.token", "psc.revoke", "psc.proxy_send", "psc.proxy_disconnect",
    "psc.signsessiondata",
}
HTTP = [each for service in catalog.load().values() for each in service.transactions
        if each.handler is not None and each.code not in CLIENTS_OWN]


def status(api: httpx.Client, each: Transaction, token: str = "") -> int:
    method, _, path = each.routes[0].partition(" ")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = None
    if each.consumes:
        headers["Content-Type"], content = each.consumes[0], b"{}"
    path = path.replace("{", "").replace("}", "")
    return api.request(method, path, headers=headers, content=content).status_code


@pytest.fixture
def guarded(api: httpx.Client) -> list[Transaction]:
    """Transactions that refuse a call without a token for that reason."""
    found = [each for each in HTTP if status(api, each) == 401]
    assert {"psc.userinfo", "ITI-65", "ITI-67", "ITI-68"} <= {each.code for each in found}
    return found


def test_a_token_lives_as_long_as_the_tenants_clock_says(
    api: httpx.Client, guarded: list[Transaction], token: Callable[..., str]
) -> None:
    mine = token()
    assert not [each.code for each in guarded if status(api, each, mine) == 401]
    api.put("/sandbox/clock", json={"shift_seconds": 86_400}).raise_for_status()
    assert not [each.code for each in guarded if status(api, each, mine) != 401]
    api.put("/sandbox/clock", json={"resume": True}).raise_for_status()
    assert not [each.code for each in guarded if status(api, each, mine) == 401]


def test_a_frozen_clock_keeps_a_token_alive_and_a_reset_ends_it(
    api: httpx.Client, guarded: list[Transaction], token: Callable[..., str]
) -> None:
    api.put("/sandbox/clock", json={"freeze": "2031-01-01T00:00:00Z"}).raise_for_status()
    mine = token()
    assert not [each.code for each in guarded if status(api, each, mine) == 401]
    api.post("/sandbox/reset", json={}).raise_for_status()
    assert not [each.code for each in guarded if status(api, each, mine) != 401]


def test_the_clock_of_one_tenant_is_not_anothers(
    api: httpx.Client, token: Callable[..., str], tenant: str, guarded: list[Transaction]
) -> None:
    neighbour = httpx.URL(str(api.base_url).replace(tenant, f"{tenant}-voisin"))
    mine = token()
    with httpx.Client(base_url=neighbour, trust_env=False) as other:
        other.put("/sandbox/clock", json={"shift_seconds": 86_400}).raise_for_status()
        assert not [each.code for each in guarded if status(other, each, mine) != 401]
    assert not [each.code for each in guarded if status(api, each, mine) == 401]
