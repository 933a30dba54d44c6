"""A relying party reduced to its requests, with every parameter open to a test's hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc import jws

from pro_sante_connect.codes import CONNECT, REALM
from tests.conftest import Server

DOCTOR = "899900000011"
PHARMACIST = "899900000029"
REDIRECT = "http://127.0.0.1:9099/retour"
DEMO = ("socle-demo", "socle-demo")
EXACT = ("socle-exact", "socle-exact")
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def callback(answer: httpx.Response) -> dict[str, str]:
    """Parameters of a redirect to the client."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, keep_blank_values=True))


def claims(token: str) -> dict[str, Any]:
    """The payload of a JWT, unverified."""
    import json

    content: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return content


def hidden(page: httpx.Response, name: str = "request") -> str:
    """The value of a hidden field."""
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found.group(1)


@dataclass(slots=True)
class RelyingParty:
    """`api` keeps cookies, as a browser does; back-channel calls go through `back`."""

    api: httpx.Client
    back: httpx.Client

    @property
    def issuer(self) -> str:
        return str(self.api.base_url).rstrip("/") + REALM

    def authorize(self, **changes: str | None) -> httpx.Response:
        """The usual request; None takes a parameter away."""
        usual = {
            "response_type": "code", "client_id": DEMO[0], "redirect_uri": REDIRECT,
            "scope": "openid scope_all", "acr_values": "eidas1", "state": "état/1+&",
            "nonce": "n" * 43, "login_hint": DOCTOR,
        }
        wanted = {name: value for name, value in (usual | changes).items() if value is not None}
        return self.api.get("/psc/auth", params=wanted)

    def code(self, **changes: str | None) -> str:
        return callback(self.authorize(**changes))["code"]

    def token(self, auth: tuple[str, str] | None = DEMO, **form: str) -> httpx.Response:
        return self.back.post(f"{CONNECT}/token", data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)

    def redeem(self, code: str, auth: tuple[str, str] | None = DEMO, **form: str) -> httpx.Response:
        usual = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token(auth, **(usual | form))

    def refresh(self, token: str, auth: tuple[str, str] = DEMO, **form: str) -> httpx.Response:
        return self.token(auth, grant_type="refresh_token", refresh_token=token, **form)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """The answer of a whole log-in."""
        answer = self.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def userinfo(self, token: str, method: str = "GET") -> httpx.Response:
        return self.back.request(
            method, f"{CONNECT}/userinfo", headers={"Authorization": f"Bearer {token}"}
        )

    def introspect(self, token: str, auth: tuple[str, str] = EXACT) -> httpx.Response:
        return self.back.post(f"{CONNECT}/token/introspect", data={"token": token}, auth=auth)

    def logout(self, method: str = "GET", **parameters: str) -> httpx.Response:
        if method == "GET":
            return self.api.get(f"{CONNECT}/logout", params=parameters)
        return self.api.post(f"{CONNECT}/logout", data=parameters)

    def ecps(self, mode: str, id_nat: str | None = None) -> None:
        wanted = {"mode": mode} if id_nat is None else {"mode": mode, "id_nat": id_nat}
        answer = self.api.put("/sandbox/ecps", json=wanted)
        assert answer.status_code == 200, answer.text

    def strict(self) -> None:
        assert self.api.put("/sandbox/settings", json={"strict": True}).status_code == 200

    def at(self, seconds: float) -> None:
        """Freeze the tenant's clock that long after the start of the story."""
        moment = (START + timedelta(seconds=seconds)).isoformat()
        assert self.api.put("/sandbox/clock", json={"freeze": moment}).status_code == 200

    def press(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Press a button of a page."""
        form = {"request": hidden(page), "action": action} | fields
        return self.api.post("/psc/auth/login", data=form)


@pytest.fixture
def psc(api: httpx.Client, server: Server) -> Iterator[RelyingParty]:
    with httpx.Client(base_url=api.base_url, timeout=30, trust_env=False) as back:
        yield RelyingParty(api, back)
