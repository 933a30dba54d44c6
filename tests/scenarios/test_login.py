"""`access_token`: the real code flow, and its refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from services.scenarios.login import LoginRefused, access_token


def identities(api: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/sandbox/identities").json()["professionals"]
    return found


def test_token_opens_the_services(server: Any, tenant: str, api: httpx.Client) -> None:
    for professional in identities(api)[:2]:
        token = access_token(server.url, tenant, professional["id_nat"])

        answer = api.get(
            "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.json()["SubjectNameID"] == professional["id_nat"]


@pytest.mark.parametrize(("mode", "reason"), [
    ("manual", "n'a pas redirigé"), ("refuse", "access_denied"),
])
def test_e_cps_that_does_not_accept(
    server: Any, tenant: str, api: httpx.Client, mode: str, reason: str
) -> None:
    api.put("/sandbox/ecps", json={"mode": mode})

    with pytest.raises(LoginRefused, match=reason):
        access_token(server.url, tenant, identities(api)[0]["id_nat"])


def test_unknown_professional(server: Any, tenant: str) -> None:
    with pytest.raises(LoginRefused):
        access_token(server.url, tenant, "899999999999")
